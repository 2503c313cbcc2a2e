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

import type { KeptTree, KeptTrees } from "./kept-trees.ts";
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
   * Gives work a directory that holds a tree, which no one changes. Several may use it at once.
   *
   * @throws {@link BuildError} `BLOB_LOST`.
   */
  async use<T>(
    trees: readonly Digest[],
    content: ContentStore,
    work: (directories: readonly string[]) => Promise<T>,
  ): Promise<T> {
    for (const tree of trees) this.#users.set(tree, (this.#users.get(tree) ?? 0) + 1);
    try {
      const directories: string[] = [];
      for (const tree of trees) directories.push(await this.#find(tree, content));
      return await work(directories);
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

  async #find(tree: Digest, content: ContentStore): Promise<string> {
    const known = this.#trees.get(tree);
    this.#trees.delete(tree);
    const prepared = known ?? this.#prepare(tree, content);
    this.#trees.set(tree, prepared);
    try {
      return (await prepared).directory;
    } catch (error) {
      this.#trees.delete(tree);
      throw error;
    }
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
  async #keep(tree: Digest, content: ContentStore): Promise<KeptTree | undefined> {
    if (this.#kept === undefined || !(await exceeds(content, tree, worthKeeping))) return undefined;
    try {
      return await this.#kept.open(tree, content);
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
