/**
 * Kept trees: large inputs that stay laid out from one build to the next.
 *
 *     <directory>/<hash>/tree/         what sandboxes show, read-only
 *                       /looks         how all of it looked when it was right, as a hash
 *                       /users/<name>  a process that shows it, with the machine in front
 *
 * Laying out a tree of 500 MB takes longer than most commands that use it, and the next build would lay it out
 * again. A sandbox cannot write to what it is shown; whoever else does changes how a file looks, its change time
 * at least. So a tree that looks as it did is the tree that was laid out, and one that does not is made anew.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import { materializeTree, type ContentStore, type Digest } from "@ashlar/core";

import { isAlive, machine, removeTree } from "./scratch.ts";

/** Modification time of every input, in seconds since 1970. */
const inputTime = 1;

/** Bounds of what is kept of the others. */
export interface KeptLimits {
  /** Bytes of all files. */
  readonly bytes: number;
  /** Milliseconds without use. */
  readonly ageMs: number;
  /** Milliseconds since their last use in which they stay, whatever their size. */
  readonly busyMs: number;
}

const hourMs = 60 * 60 * 1000;

const defaultLimits: KeptLimits = {
  bytes: 10 * 1024 ** 3,
  ageMs: 14 * 24 * hourMs,
  busyMs: hourMs,
};

/** A tree on the disk, which stays until it is released. */
export interface KeptTree {
  /** Absolute. */
  readonly directory: string;
  readonly release: () => void;
}

/** A directory of trees, for any number of processes at once. */
export class KeptTrees {
  readonly #directory: string;
  readonly #limits: KeptLimits;

  /** @param directory - Absolute. Made when it is needed. */
  constructor(directory: string, limits: KeptLimits = defaultLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /**
   * The tree, laid out now or in an earlier build.
   *
   * @throws {@link BuildError} `BLOB_LOST`.
   */
  async open(tree: Digest, content: ContentStore): Promise<KeptTree> {
    const place = join(this.#directory, createHash("sha256").update(tree).digest("hex"));
    for (;;) {
      const known = enter(place);
      if (known !== undefined && isAsItWas(place)) return known;
      known?.release();
      if (known !== undefined) await this.#discard(place);
      if (await this.#prepare(tree, content, place)) await this.#evict();
    }
  }

  /** Lays a tree out. False when somebody else was faster. */
  async #prepare(tree: Digest, content: ContentStore, place: string): Promise<boolean> {
    const draft = `${place}.part-${owner()}`;
    fs.mkdirSync(join(draft, "users"), { recursive: true });
    fs.mkdirSync(join(draft, "tree"));
    try {
      await materializeTree(content, tree, join(draft, "tree"), { mtime: inputTime });
      fs.writeFileSync(join(draft, "looks"), looksOf(join(draft, "tree")));
      fs.renameSync(draft, place);
      return true;
    } catch (error) {
      await removeTree(draft);
      if (fs.existsSync(place)) return false;
      throw error;
    }
  }

  /** Removes what is too old or too much, the longest unused first. */
  async #evict(): Promise<void> {
    const now = Date.now();
    const names = fs.readdirSync(this.#directory);
    const drafts = names.filter((name) => name.includes(".") && !isOwned(name.split("-").slice(1)));
    for (const name of drafts) await removeTree(join(this.#directory, name)).catch(() => {});
    const kept = names
      .filter((name) => !name.includes("."))
      .map((name) => join(this.#directory, name))
      .map((place) => ({ place, usedAt: statOf(place)?.mtimeMs ?? now, bytes: bytesOf(place) }))
      .toSorted((one, other) => other.usedAt - one.usedAt);
    let bytes = 0;
    for (const { place, usedAt, bytes: own } of kept) {
      bytes += own;
      const isTooMuch = bytes > this.#limits.bytes || now - usedAt > this.#limits.ageMs;
      if (isTooMuch && now - usedAt > this.#limits.busyMs && !hasUsers(place))
        await this.#discard(place);
    }
  }

  /** Takes a tree out of the way, and removes it if nobody has begun to use it meanwhile. */
  async #discard(place: string): Promise<void> {
    const gone = `${place}.gone-${owner()}`;
    try {
      fs.renameSync(place, gone);
    } catch {
      return;
    }
    // Who has it, has it by its name: it goes back, unless there is another one by now.
    if (hasUsers(gone) && !fs.existsSync(place)) fs.renameSync(gone, place);
    else await removeTree(gone);
  }
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
    return fs.readFileSync(join(place, "looks"), "utf8") === looksOf(join(place, "tree"));
  } catch {
    return false;
  }
}

/** How all entries of a directory look, in one hash. */
function looksOf(directory: string): string {
  const hash = createHash("sha256");
  const open = [directory];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      const { ino, size, mode, mtimeMs, ctimeMs } = fs.lstatSync(path);
      hash.update(
        `${path.slice(directory.length)}\0${ino} ${size} ${mode} ${mtimeMs} ${ctimeMs}\n`,
      );
      if (entry.isDirectory()) open.push(path);
    }
  }
  return hash.digest("hex");
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
    const isRecent = Date.now() - (statOf(join(folder, name))?.mtimeMs ?? 0) < 24 * hourMs;
    return isOwned(name.split("-")) && isRecent;
  });
}

function bytesOf(place: string): number {
  const open = [join(place, "tree")];
  let bytes = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const name of namesIn(folder)) {
      const stats = statOf(`${folder}/${name}`);
      if (stats?.isDirectory() === true) open.push(`${folder}/${name}`);
      else bytes += stats?.size ?? 0;
    }
  }
  return bytes;
}

function statOf(path: string): fs.Stats | undefined {
  return fs.lstatSync(path, { throwIfNoEntry: false });
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
