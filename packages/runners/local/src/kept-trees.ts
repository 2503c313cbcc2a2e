/**
 * Kept trees: large inputs that stay laid out from one build to the next.
 *
 *     <directory>/<hash>/tree/         what sandboxes show, read-only
 *                       /looks         how all of it looked when it was right, as a hash
 *                       /bytes         the sizes of its files together
 *                       /again         there when more processes than that which made it have shown it
 *                       /users/<name>  a process that shows it, with the machine in front
 *
 * Laying out a tree of 500 MB takes longer than most commands that use it, and the next build would lay it out
 * again. A sandbox cannot write to what it is shown; whoever else does changes how a file looks, its change time
 * at least. So a tree that looks as it did is the tree that was laid out, and one that does not is made anew.
 *
 * Most trees are never asked for again: sources, which an edit replaces. They go first.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import { materializeTree, type ContentStore, type Digest } from "@ashlar/core";

import { isAlive, machine, removeTree } from "./scratch.ts";
import { lookAtTree } from "./tree-looks.ts";

/** Modification time of every input, in seconds since 1970. */
const inputTime = 1;

/** Bounds of what is kept of the others. */
export interface KeptLimits {
  /** Bytes of all files. */
  readonly bytes: number;
  /** Milliseconds without use. */
  readonly ageMs: number;
  /** The same of a tree that only the process has used which has laid it out. */
  readonly onceMs: number;
  /** Milliseconds since their last use in which they stay, whatever their size. */
  readonly busyMs: number;
}

const minuteMs = 60 * 1000;
const dayMs = 24 * 60 * minuteMs;

/** What is kept where nobody has said it. */
export const keptLimits: KeptLimits = {
  bytes: 5 * 1024 ** 3,
  ageMs: 14 * dayMs,
  onceMs: dayMs,
  busyMs: 10 * minuteMs,
};

/** A number of trees, and the sizes of their files together. */
export interface KeptTally {
  readonly count: number;
  readonly bytes: number;
}

/** A tree on the disk, which stays until it is released. */
export interface KeptTree {
  /** Absolute. */
  readonly directory: string;
  readonly release: () => void;
}

/** One that may have been changed since it was laid out. */
export interface LeftTree extends KeptTree {
  /** Looks at all of it: a few microseconds for each entry. */
  readonly isAsItWas: () => boolean;
}

/** A directory of trees, for any number of processes at once. */
export class KeptTrees {
  readonly #directory: string;
  readonly #limits: KeptLimits;

  /** @param directory - Absolute. Made when it is needed. */
  constructor(directory: string, limits: KeptLimits = keptLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** The tree that an earlier build has laid out, if there is one. Nobody has looked yet whether somebody changed it. */
  find(tree: Digest): LeftTree | undefined {
    const place = this.#placeOf(tree);
    const known = enter(place);
    if (known === undefined) return undefined;
    noteAgain(place);
    return { ...known, isAsItWas: () => isAsItWas(place) };
  }

  /**
   * The tree, laid out now or in an earlier build.
   *
   * @throws {@link BuildError} `BLOB_LOST`.
   */
  async open(tree: Digest, content: ContentStore): Promise<KeptTree> {
    const place = this.#placeOf(tree);
    for (let isNew = false; ; isNew = true) {
      const known = enter(place);
      if (known !== undefined && isAsItWas(place)) {
        if (!isNew) noteAgain(place);
        return known;
      }
      known?.release();
      if (known !== undefined) await this.#discard(place);
      if (await this.#prepare(tree, content, place)) await this.evict();
    }
  }

  #placeOf(tree: Digest): string {
    return join(this.#directory, createHash("sha256").update(tree).digest("hex"));
  }

  /** Lays a tree out. False when somebody else was faster. */
  async #prepare(tree: Digest, content: ContentStore, place: string): Promise<boolean> {
    const draft = `${place}.part-${owner()}`;
    fs.mkdirSync(join(draft, "users"), { recursive: true });
    fs.mkdirSync(join(draft, "tree"));
    try {
      await materializeTree(content, tree, join(draft, "tree"), { mtime: inputTime });
      const { looks, bytes } = lookAtTree(join(draft, "tree"));
      fs.writeFileSync(join(draft, "looks"), looks);
      fs.writeFileSync(join(draft, "bytes"), String(bytes));
      fs.renameSync(draft, place);
      return true;
    } catch (error) {
      await removeTree(draft);
      if (fs.existsSync(place)) return false;
      throw error;
    }
  }

  /** Removes what is too old or too much: first those that were needed once, then the longest unused. */
  async evict(): Promise<{ readonly removed: KeptTally; readonly kept: KeptTally }> {
    const now = Date.now();
    const names = namesIn(this.#directory);
    const drafts = names.filter((name) => name.includes(".") && !isOwned(name.split("-").slice(1)));
    for (const name of drafts) await removeTree(join(this.#directory, name)).catch(() => {});
    const trees = names
      .filter((name) => !name.includes("."))
      .map((name) => holdingAt(join(this.#directory, name), now))
      .toSorted(
        (one, other) =>
          Number(other.isUsedAgain) - Number(one.isUsedAgain) || other.usedAt - one.usedAt,
      );
    let kept = nothing;
    let removed = nothing;
    for (const tree of trees) {
      const idleMs = now - tree.usedAt;
      const isTooMuch = kept.bytes + tree.bytes > this.#limits.bytes;
      const isTooOld = idleMs > (tree.isUsedAgain ? this.#limits.ageMs : this.#limits.onceMs);
      const mayGo = idleMs > this.#limits.busyMs && !hasUsers(tree.place);
      const isGone = (isTooMuch || isTooOld) && mayGo && (await this.#discard(tree.place));
      if (isGone) removed = plus(removed, tree);
      else kept = plus(kept, tree);
    }
    return { removed, kept };
  }

  /** Takes a tree out of the way, and removes it if nobody has begun to use it meanwhile. True if it is gone. */
  async #discard(place: string): Promise<boolean> {
    const gone = `${place}.gone-${owner()}`;
    try {
      fs.renameSync(place, gone);
    } catch {
      return false;
    }
    // Who has it, has it by its name: it goes back, unless there is another one by now.
    if (hasUsers(gone) && !fs.existsSync(place)) {
      fs.renameSync(gone, place);
      return false;
    }
    await removeTree(gone);
    return true;
  }
}

const nothing: KeptTally = { count: 0, bytes: 0 };

function plus({ count, bytes }: KeptTally, tree: { readonly bytes: number }): KeptTally {
  return { count: count + 1, bytes: bytes + tree.bytes };
}

/** A tree that is kept. */
interface Holding {
  readonly place: string;
  readonly bytes: number;
  /** In milliseconds since 1970. */
  readonly usedAt: number;
  readonly isUsedAgain: boolean;
}

function holdingAt(place: string, now: number): Holding {
  return {
    place,
    bytes: Number(textAt(join(place, "bytes")) ?? 0),
    usedAt: statOf(place)?.mtimeMs ?? now,
    isUsedAgain: statOf(join(place, "again")) !== undefined,
  };
}

/** Says that this process uses a tree. `undefined` when it is not there. */
function enter(place: string): KeptTree | undefined {
  const mark = join(place, "users", owner());
  try {
    fs.writeFileSync(mark, "");
    fs.utimesSync(place, new Date(), new Date());
  } catch {
    return undefined;
  }
  return { directory: join(place, "tree"), release: () => fs.rmSync(mark, { force: true }) };
}

function isAsItWas(place: string): boolean {
  try {
    return textAt(join(place, "looks")) === lookAtTree(join(place, "tree")).looks;
  } catch {
    return false;
  }
}

/** Says that somebody had it from an earlier process. */
function noteAgain(place: string): void {
  try {
    fs.writeFileSync(join(place, "again"), "");
  } catch {
    // Then it goes sooner than it might.
  }
}

/** A name that nobody else has: the machine, the process, and something random. */
function owner(): string {
  return `${machine}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/** Whether the process of such a name may still be there. On another machine that cannot be known. */
function isOwned([where, pid]: readonly string[]): boolean {
  return where !== machine || isAlive(Number(pid));
}

function hasUsers(place: string): boolean {
  const folder = join(place, "users");
  return namesIn(folder).some((name) => {
    const isRecent = Date.now() - (statOf(join(folder, name))?.mtimeMs ?? 0) < dayMs;
    return isOwned(name.split("-")) && isRecent;
  });
}

function statOf(path: string): fs.Stats | undefined {
  return fs.lstatSync(path, { throwIfNoEntry: false });
}

function textAt(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
