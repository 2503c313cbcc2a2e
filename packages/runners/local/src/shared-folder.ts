/**
 * The shared folder: what a runner makes once and shows to many sandboxes, never to be changed by them.
 *
 *     <folder>/etc/              files of the system (`system-files.ts`)
 *     <folder>/trees/<digest>/   large input trees, unless they are kept elsewhere (`kept-trees.ts`)
 *
 * There until the runner is disposed of. A janitor, asleep on a pipe that only this process holds, removes the
 * folder when the process has ended without that.
 *
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";

import {
  BuildError,
  materializeTree,
  walkTree,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

import type { KeptTrees } from "./kept-trees.ts";
import { removeTree } from "./scratch.ts";
import { writeSystemFiles } from "./system-files.ts";
import { exceeds, type TreeSize } from "./tree-size.ts";

/** Entries of all trees that are kept while nobody uses them. */
const keptEntries = 200_000;

/** Laying out what is smaller takes a few hundredths of a second, and would fill the disk with what nobody needs again. */
const worthKeeping: TreeSize = { entries: 500, bytes: 8 * 1024 * 1024 };

/** Modification time of every input, in seconds since 1970. Times are not content, so all are equal. */
const inputTime = 1;

/** A tree on the disk. */
interface PreparedTree {
  readonly directory: string;
  readonly entries: number;
  /** Of one that stays for other builds: says that this one needs it no longer. */
  readonly release?: () => void;
  /** Of one that an earlier build has left: whether nobody has changed it. Looks only once. */
  readonly isAsItWas?: () => boolean;
}

/** Trees for the time of some work. */
export interface TreesInUse {
  /** In the order in which they were asked for. */
  readonly directories: readonly string[];
  /**
   * Whether nobody has changed one since it was laid out, which takes some milliseconds. If not, what has read them counts
   * for nothing, and whoever asks for them again gets them laid out anew. `undefined` where there is no doubt.
   */
  readonly areRight: (() => boolean) | undefined;
}

/** A directory of a runner. */
export class SharedFolder {
  readonly #directory: string;
  #janitor: ChildProcess | undefined;
  #etc: Promise<string> | undefined;
  /** The one that was used longest ago comes first. */
  readonly #trees = new Map<Digest, Promise<PreparedTree>>();
  readonly #users = new Map<Digest, number>();
  readonly #kept: KeptTrees | undefined;
  /** Those that somebody had changed. */
  readonly #changed = new Set<Digest>();
  #count = 0;

  /**
   * @param directory - Absolute, on the disk of the actions' directories; not there yet.
   * @param kept - Where trees stay for other builds, if they do.
   */
  constructor(directory: string, kept?: KeptTrees) {
    this.#directory = directory;
    this.#kept = kept;
  }

  /** How many trees were made so far. */
  get made(): number {
    return this.#count;
  }

  /** Directory of the files for `/etc`. */
  async etc(visible: readonly string[]): Promise<string> {
    return await (this.#etc ??= Promise.resolve().then(() => {
      const etc = join(this.#open(), "etc");
      mkdirSync(etc);
      writeSystemFiles(etc, visible);
      return etc;
    }));
  }

  /**
   * Gives work directories that hold trees, which no one changes. Several may use them at once. The work asks whether they
   * are right, before or after it has read them.
   *
   * @throws {@link BuildError} `BLOB_LOST`.
   */
  async use<T>(
    trees: readonly Digest[],
    content: ContentStore,
    work: (trees: TreesInUse) => Promise<T>,
  ): Promise<T> {
    for (const tree of trees) this.#users.set(tree, (this.#users.get(tree) ?? 0) + 1);
    try {
      const found: PreparedTree[] = [];
      for (const tree of trees) found.push(await this.#find(tree, content));
      const directories = found.map(({ directory }) => directory);
      const isDoubtful = found.some(({ isAsItWas }) => isAsItWas !== undefined);
      const areRight = (): boolean => {
        const wrong = found.filter(({ isAsItWas }) => isAsItWas?.() === false);
        for (const each of wrong) this.#giveUp(trees[found.indexOf(each)], each);
        return wrong.length === 0;
      };
      return await work({ directories, areRight: isDoubtful ? areRight : undefined });
    } finally {
      for (const tree of trees) {
        const users = (this.#users.get(tree) ?? 1) - 1;
        if (users === 0) this.#users.delete(tree);
        else this.#users.set(tree, users);
      }
      if (trees.length > 0) await this.#evict();
    }
  }

  /** Removes all. No action may be running. */
  async remove(): Promise<void> {
    this.#etc = undefined;
    for (const tree of this.#trees.values()) (await tree.catch(() => undefined))?.release?.();
    this.#trees.clear();
    const janitor = this.#janitor;
    this.#janitor = undefined;
    if (janitor === undefined) return;
    await removeTree(this.#directory);
    await new Promise<void>((resolve) => {
      if (janitor.exitCode !== null || janitor.signalCode !== null) return resolve();
      janitor.once("exit", () => resolve());
      janitor.ref();
      janitor.stdin?.end("gone\n");
    });
  }

  async #find(tree: Digest, content: ContentStore): Promise<PreparedTree> {
    const known = this.#trees.get(tree);
    this.#trees.delete(tree);
    const prepared = known ?? this.#prepare(tree, content);
    this.#trees.set(tree, prepared);
    try {
      return await prepared;
    } catch (error) {
      this.#trees.delete(tree);
      throw error;
    }
  }

  /** Takes a tree for none that somebody has changed. The next one is looked at before anybody gets it. */
  #giveUp(tree: Digest | undefined, { release }: PreparedTree): void {
    if (tree === undefined || this.#changed.has(tree)) return;
    this.#changed.add(tree);
    this.#trees.delete(tree);
    release?.();
  }

  async #prepare(tree: Digest, content: ContentStore): Promise<PreparedTree> {
    const kept = await this.#keep(tree, content);
    if (kept !== undefined) return { ...kept, entries: 0 };
    const number = this.#count++;
    const directory = join(this.#open(), "trees", String(number));
    const draft = `${directory}.part`;
    mkdirSync(draft, { recursive: true });
    try {
      let entries = 0;
      for await (const _ of walkTree(content, tree)) entries++;
      await materializeTree(content, tree, draft, { mtime: inputTime });
      await rename(draft, directory);
      return { directory, entries };
    } catch (error) {
      await removeTree(draft);
      throw error;
    }
  }

  /** The tree where it stays for other builds; `undefined` if it does not. */
  async #keep(
    tree: Digest,
    content: ContentStore,
  ): Promise<Omit<PreparedTree, "entries"> | undefined> {
    if (this.#kept === undefined || !(await exceeds(content, tree, worthKeeping))) return undefined;
    try {
      const left = this.#changed.has(tree) ? undefined : this.#kept.find(tree);
      if (left === undefined) return await this.#kept.open(tree, content);
      let isAsItWas: boolean | undefined;
      return { ...left, isAsItWas: () => (isAsItWas ??= left.isAsItWas()) };
    } catch (error) {
      // Where there is no room, or no right to write, trees are laid out as if none were kept.
      if (error instanceof BuildError) throw error;
      return undefined;
    }
  }

  /** Removes what nobody uses, the longest unused first, until the rest is not too much. */
  async #evict(): Promise<void> {
    const idle: { readonly tree: Digest; readonly prepared: PreparedTree }[] = [];
    let entries = 0;
    for (const [tree, promise] of this.#trees) {
      if (this.#users.has(tree)) continue;
      const prepared = await promise.catch(() => undefined);
      if (prepared === undefined) continue;
      idle.push({ tree, prepared });
      entries += prepared.entries;
    }
    for (const { tree, prepared } of idle) {
      if (entries <= keptEntries) return;
      if (this.#users.has(tree) || !this.#trees.delete(tree)) continue;
      entries -= prepared.entries;
      if (prepared.release === undefined) await removeTree(prepared.directory);
      else prepared.release();
    }
  }

  /** The directory, which is there from now on. */
  #open(): string {
    if (this.#janitor !== undefined && isThere(this.#directory)) return this.#directory;
    mkdirSync(this.#directory, { recursive: true });
    this.#janitor ??= startJanitor(this.#directory);
    return this.#directory;
  }
}

/** Sleeps until this process is gone, or says that it may go. */
function startJanitor(directory: string): ChildProcess {
  const script = 'trap "" HUP INT TERM; read -r _ || rm -rf -- "$1"';
  const child = spawn("/bin/sh", ["-c", script, "janitor", directory], {
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

function isThere(directory: string): boolean {
  return statSync(directory, { throwIfNoEntry: false }) !== undefined;
}
