/**
 * Snapshots: a directory on a disk becomes a tree in the store.
 *
 * Names, kinds, exec bits, link targets and bytes are taken; times, owners and other modes are not.
 * What cannot be in a tree is an error that names it: nothing is left out silently.
 *
 * @module
 */
import * as fs from "node:fs";
import { join, posix } from "node:path";

import type { DirectoryNode, FileNode, SymlinkNode } from "../artifact/directory.ts";
import type { SourceFilter } from "../artifact/handle.ts";
import { Breath } from "../base/breath.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import {
  fileNameNotUtf8,
  sourceChanged,
  sourceUnreadable,
  specialFile,
  symlinkLeaves,
} from "../errors/catalogue.ts";
import { writeDirectory } from "./directories.ts";
import type { Fingerprints } from "./fingerprints.ts";
import { IgnoreRules } from "./gitignore.ts";
import { compileGlobs, type GlobSet } from "./globs.ts";
import type { ContentStore } from "./store.ts";
import { maxTries, Taking, type TakenFile } from "./taking.ts";

/** What {@link snapshot} keeps to. */
export interface SnapshotOptions {
  /** Which entries belong. @defaultValue all of them */
  readonly filter?: SourceFilter;
  /**
   * Whether absolute and outward symbolic links are errors. Links are kept as they are otherwise.
   *
   * @defaultValue true
   */
  readonly checkLinks?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier snapshot saw: files that are unchanged since are not read again. */
  readonly known?: Fingerprints | undefined;
  /** Takes down what this snapshot sees. */
  readonly seen?: Fingerprints | undefined;
}

/**
 * Takes a directory into the store, and returns the digest of the tree.
 *
 * @param directory - Absolute.
 * @throws {@link BuildError} `SOURCE_UNREADABLE`, `SOURCE_CHANGED` when an entry vanishes or is written
 *   to meanwhile, `SPECIAL_FILE`, `FILE_NAME_NOT_UTF8`, `SYMLINK_LEAVES`, or an error of the store.
 */
export async function snapshot(
  content: ContentStore,
  directory: string,
  options: SnapshotOptions = {},
): Promise<Digest> {
  const { include, exclude, gitignore } = options.filter ?? {};
  const included = include && (await compileGlobs(include));
  const excluded = exclude && (await compileGlobs(exclude));
  const walk = new Walk(content, directory, options, included, excluded);
  const look = (path: string): void => options.seen?.other(path, lookAt(path));
  const rules = gitignore === true ? await IgnoreRules.above(directory, look) : undefined;
  return await walk.run(include === undefined, rules);
}

/** Takes one file into the store, as an entry of a directory. */
export async function snapshotFile(
  content: ContentStore,
  path: string,
  shown: string = path,
): Promise<{ readonly digest: Digest; readonly isExecutable: boolean }> {
  return await takeSeen(content, path, inspect(path, shown), shown);
}

/** Takes a file that has just been looked at. What is written to meanwhile is read again. */
async function takeSeen(
  content: ContentStore,
  path: string,
  seen: fs.Stats,
  shown: string = path,
): Promise<{ readonly digest: Digest; readonly isExecutable: boolean }> {
  for (let tries = 1, before = seen; ; tries++) {
    const digest = await readWhole(content, path, shown);
    const after = inspect(path, shown);
    const isSame = before.mtimeMs === after.mtimeMs && before.size === after.size;
    if (isSame) return { digest, isExecutable: isExecutable(after) };
    if (tries === maxTries) throw sourceChanged(shown, "it is being written to");
    before = after;
  }
}

/**
 * Takes a file of a directory.
 *
 * @returns How it looked before it was read, so that what is written later shows in the next look.
 */
export async function takeFile(
  taking: Taking,
  full: string,
): Promise<TakenFile & { readonly isExecutable: boolean }> {
  const small = takeSmall(taking, full);
  if (small !== undefined) return { ...small, isExecutable: isExecutable(small.stats) };
  const stats = inspect(full, full);
  return { ...(await takeSeen(taking.content, full, stats)), stats };
}

function takeSmall(taking: Taking, full: string): TakenFile | undefined {
  try {
    return taking.takeFile(full);
  } catch (error) {
    throw error instanceof BuildError ? error : unreadable(full, error);
  }
}

class Walk {
  readonly #taking: Taking;
  readonly #root: string;
  readonly #checkLinks: boolean;
  readonly #include: GlobSet | undefined;
  readonly #exclude: GlobSet | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #known: Fingerprints | undefined;
  readonly #seen: Fingerprints | undefined;
  readonly #breath = new Breath();

  constructor(
    content: ContentStore,
    root: string,
    options: SnapshotOptions,
    include: GlobSet | undefined,
    exclude: GlobSet | undefined,
  ) {
    this.#taking = new Taking(content);
    this.#root = root;
    this.#checkLinks = options.checkLinks ?? true;
    this.#include = include;
    this.#exclude = exclude;
    this.#signal = options.signal;
    this.#known = options.known;
    this.#seen = options.seen;
  }

  /** Takes the whole directory; `isIncluded` says that nothing has to match `include`. */
  async run(isIncluded: boolean, above: IgnoreRules | undefined): Promise<Digest> {
    try {
      const digest = await this.#take("", isIncluded, above);
      await this.#taking.end();
      return digest;
    } catch (error) {
      // Nothing may be on its way to the store any more. What comes of it does not matter: this is the failure.
      await this.#taking.end().catch(() => undefined);
      throw error;
    }
  }

  /** Takes the folder at `path`; `isIncluded` says that it matched `include`, with all below. */
  async #take(path: string, isIncluded: boolean, above: IgnoreRules | undefined): Promise<Digest> {
    const folder = join(this.#root, path);
    // With a slash behind it, a source that is itself a link shows the folder that it leads to.
    this.#seen?.other(path, inspect(`${folder}/`, folder));
    const rules = above?.enter(folder, (file) => {
      if (this.#seen !== undefined) this.#seen.other(file, lookAt(file));
    });
    const files: FileNode[] = [];
    const directories: DirectoryNode[] = [];
    const symlinks: SymlinkNode[] = [];
    const entries = attempt(folder, () => fs.readdirSync(folder, { withFileTypes: true }));
    const broken = brokenNames(folder, entries);
    for (const entry of entries) {
      await this.#breath.pause(this.#signal);
      await this.#taking.pause();
      const { name } = entry;
      const below = posix.join(path, name);
      const full = join(folder, name);
      if (this.#exclude?.matches(below) === true) continue;
      if (rules && (name === ".git" || rules.ignores(full, entry.isDirectory()))) continue;
      const belongs = isIncluded || this.#include?.matches(below) === true;
      const mayHold = entry.isDirectory() && this.#include?.mayMatchBelow(below) === true;
      if (!belongs && !mayHold) continue;
      const bytes = broken.get(name);
      if (bytes !== undefined) throw fileNameNotUtf8(folder, bytes);
      if (entry.isDirectory()) {
        const digest = await this.#take(below, belongs, rules);
        // A folder counts by itself only if it was asked for; otherwise only for what is in it.
        if (belongs || sizeIsNotZero(digest)) directories.push({ name, digest });
      } else if (entry.isSymbolicLink()) {
        symlinks.push({ name, target: this.#target(below, full) });
      } else if (entry.isFile()) {
        files.push({ name, ...(await this.#takeFile(below, full)) });
      } else throw specialFile(full, kindOf(entry));
    }
    const directory = { files, directories, symlinks };
    return await writeDirectory(this.#taking.content, directory, this.#taking);
  }

  async #takeFile(
    path: string,
    full: string,
  ): Promise<{ readonly digest: Digest; readonly isExecutable: boolean }> {
    const known = this.#seen && this.#known && this.#takeKnown(path, full, this.#known);
    if (known !== undefined) return known;
    const { digest, stats, isExecutable: executable } = await takeFile(this.#taking, full);
    this.#seen?.file(path, stats, digest);
    return { digest, isExecutable: executable };
  }

  /** A file that has not changed since an earlier snapshot. */
  #takeKnown(
    path: string,
    full: string,
    earlier: Fingerprints,
  ): { readonly digest: Digest; readonly isExecutable: boolean } | undefined {
    const stats = inspect(full, full);
    const digest = earlier.digestOf(path, stats);
    if (digest === undefined) return undefined;
    this.#seen?.file(path, stats, digest);
    return { digest, isExecutable: isExecutable(stats) };
  }

  #target(path: string, full: string): string {
    const target = attempt(full, () => fs.readlinkSync(full, "buffer"));
    const text = target.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(target)) throw fileNameNotUtf8(full, target);
    if (!this.#checkLinks) return text;
    const landing = posix.normalize(posix.join(posix.dirname(path), text));
    if (posix.isAbsolute(text)) throw symlinkLeaves(full, text, "it is absolute");
    if (landing === ".." || landing.startsWith("../")) {
      throw symlinkLeaves(full, text, "it leads out of the tree");
    }
    return text;
  }
}

/** The names that are not UTF-8, by what they look like decoded. Only U+FFFD needs a second look. */
function brokenNames(
  folder: string,
  entries: readonly fs.Dirent[],
): ReadonlyMap<string, Uint8Array> {
  const broken = new Map<string, Uint8Array>();
  if (!entries.some(({ name }) => name.includes("\uFFFD"))) return broken;
  for (const bytes of attempt(folder, () => fs.readdirSync(folder, "buffer"))) {
    const name = bytes.toString("utf8");
    if (!Buffer.from(name, "utf8").equals(bytes)) broken.set(name, bytes);
  }
  return broken;
}

async function readWhole(content: ContentStore, path: string, shown: string): Promise<Digest> {
  try {
    return await content.writeFile(path);
  } catch (error) {
    throw error instanceof BuildError ? error : unreadable(shown, error);
  }
}

function inspect(path: string, shown: string): fs.Stats {
  return attempt(shown, () => fs.lstatSync(path));
}

function lookAt(path: string): fs.Stats | undefined {
  return attempt(path, () => fs.lstatSync(path, { throwIfNoEntry: false }));
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** An entry that was listed, and is not there or leads elsewhere when it is read, went away meanwhile. */
function unreadable(path: string, error: unknown): BuildError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP"
    ? sourceChanged(path, "it went away")
    : sourceUnreadable(path, error);
}

function isExecutable({ mode }: fs.Stats): boolean {
  return (mode & 0o111) !== 0;
}

function kindOf(entry: fs.Dirent): string {
  if (entry.isFIFO()) return "a named pipe";
  if (entry.isSocket()) return "a socket";
  return "a device";
}

function sizeIsNotZero(digest: Digest): boolean {
  return !digest.endsWith("/0");
}
