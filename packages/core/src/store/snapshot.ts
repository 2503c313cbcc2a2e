/**
 * Snapshots: a directory on a disk becomes a tree in the store.
 *
 * Names, kinds, exec bits, link targets and bytes are taken; times, owners and other modes are not.
 * What cannot be in a tree is an error that names it: nothing is left out silently, but for the store itself,
 * which would be another after each build.
 *
 * @module
 */
import * as fs from "node:fs";
import { isAbsolute, join, posix, relative, sep } from "node:path";

import type { DirectoryNode, FileNode } from "../artifact/directory.ts";
import type { SourceFilter } from "../artifact/handle.ts";
import { Breath } from "../base/breath.ts";
import type { Digest } from "../digest/digest.ts";
import { fileNameNotUtf8, specialFile, symlinkLeaves } from "../errors/source-errors.ts";
import { writeDirectory } from "./directories.ts";
import type { Fingerprints } from "./fingerprints.ts";
import { IgnoreRules } from "./gitignore.ts";
import { compileGlobs, type GlobSet } from "./globs.ts";
import { ListedFolder } from "./listed-folder.ts";
import { ManyFiles } from "./many-files.ts";
import type { ContentStore } from "./store.ts";
import { attempt, canExecute, inspect, lookAt } from "./take-file.ts";
import { Taking, type TakenFile } from "./taking.ts";

export { snapshotFile } from "./take-file.ts";

/** What {@link snapshot} keeps to. */
export interface SnapshotOptions {
  /** Which entries belong. @defaultValue all of them */
  readonly filter?: SourceFilter;
  /** A directory that does not belong, whatever the filter says: absolute. @defaultValue none */
  readonly omit?: string | undefined;
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

class Walk {
  readonly #taking: Taking;
  readonly #root: string;
  readonly #checkLinks: boolean;
  readonly #include: GlobSet | undefined;
  readonly #exclude: GlobSet | undefined;
  /** Relative to the root. */
  readonly #omit: string | undefined;
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
    this.#omit = options.omit === undefined ? undefined : placeBelow(root, options.omit);
    this.#signal = options.signal;
    this.#known = options.known;
    this.#seen = options.seen;
  }

  /** Takes the whole directory; `isIncluded` says that nothing has to match `include`. */
  async run(isIncluded: boolean, above: IgnoreRules | undefined): Promise<Digest> {
    try {
      using files = new ManyFiles(this.#taking, this.#signal);
      const { digest } = await this.#list("", files, isIncluded, above);
      await files.end();
      const tree = await digest;
      await this.#taking.end();
      return tree;
    } catch (error) {
      // Nothing may be on its way to the store any more. What comes of it does not matter: this is the failure.
      await this.#taking.end().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Lists the folder at `path`, and adds its files to those that are to be taken; `isIncluded` says that it
   * matched `include`, with all below. Its digest is there when they are.
   */
  async #list(
    path: string,
    many: ManyFiles,
    isIncluded: boolean,
    above: IgnoreRules | undefined,
  ): Promise<{ readonly digest: Promise<Digest> }> {
    const full = join(this.#root, path);
    // With a slash behind it, a source that is itself a link shows the folder that it leads to.
    this.#seen?.other(path, inspect(`${full}/`, full));
    const rules = above?.enter(full, (file) => {
      if (this.#seen !== undefined) this.#seen.other(file, lookAt(file));
    });
    const folder = new ListedFolder(path, full);
    const entries = attempt(full, () => fs.readdirSync(full, { withFileTypes: true }));
    const broken = brokenNames(full, entries);
    for (const entry of entries) {
      // Awaiting nothing would take longer than the rest of it.
      if (this.#breath.isDue) await this.#breath.pause(this.#signal);
      if (many.isFull) await many.pause();
      const { name } = entry;
      const below = pathIn(folder, name);
      if (below === this.#omit || this.#exclude?.matches(below) === true) continue;
      if (rules && (name === ".git" || rules.ignores(join(full, name), entry.isDirectory())))
        continue;
      const belongs = isIncluded || this.#include?.matches(below) === true;
      const mayHold = entry.isDirectory() && this.#include?.mayMatchBelow(below) === true;
      if (!belongs && !mayHold) continue;
      const bytes = broken.get(name);
      if (bytes !== undefined) throw fileNameNotUtf8(full, bytes);
      if (entry.isDirectory()) {
        const { digest } = await this.#list(below, many, belongs, rules);
        // A folder counts by itself only if it was asked for; otherwise only for what is in it.
        folder.directories.push({ name, digest, belongs });
      } else if (entry.isSymbolicLink()) {
        folder.symlinks.push({ name, target: this.#target(below, join(full, name)) });
      } else if (entry.isFile()) {
        this.#addFile(folder, name, many);
      } else throw specialFile(join(full, name), kindOf(entry));
    }
    const digest = this.#write(folder);
    // Whoever waits for it hears of it; and nobody does if something else goes wrong first.
    digest.catch(() => undefined);
    return { digest };
  }

  #addFile(folder: ListedFolder, name: string, many: ManyFiles): void {
    const file = folder.add(name);
    const known =
      this.#seen && this.#known && takeKnown(pathIn(folder, name), file.path, this.#known);
    if (known === undefined) many.add(file);
    else file.take(known);
  }

  /** Keeps a folder, once all is there that is in it. */
  async #write(folder: ListedFolder): Promise<Digest> {
    await folder.taken();
    const files: FileNode[] = [];
    for (const { name, taken } of folder.files) {
      if (taken === undefined) continue;
      const { digest, stats } = taken;
      this.#seen?.file(pathIn(folder, name), stats, digest);
      files.push({ name, digest, isExecutable: canExecute(stats) });
    }
    const directories: DirectoryNode[] = [];
    for (const { name, digest, belongs } of folder.directories) {
      const below = await digest;
      if (belongs || sizeIsNotZero(below)) directories.push({ name, digest: below });
    }
    const { symlinks } = folder;
    const directory = { files, directories, symlinks };
    return await writeDirectory(this.#taking.content, directory, this.#taking);
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

function pathIn({ path }: ListedFolder, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/** A file that has not changed since an earlier snapshot. */
function takeKnown(path: string, full: string, earlier: Fingerprints): TakenFile | undefined {
  const stats = inspect(full, full);
  const digest = earlier.digestOf(path, stats);
  return digest && { digest, stats };
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

function kindOf(entry: fs.Dirent): string {
  if (entry.isFIFO()) return "a named pipe";
  if (entry.isSocket()) return "a socket";
  return "a device";
}

function sizeIsNotZero(digest: Digest): boolean {
  return !digest.endsWith("/0");
}

/** Where a directory lies in another, by their real paths; `undefined` when it lies elsewhere. */
function placeBelow(root: string, directory: string): string | undefined {
  const place = relative(realPath(root), realPath(directory));
  const isBelow = place !== "" && place !== ".." && !place.startsWith(`..${sep}`);
  return isBelow && !isAbsolute(place) ? place.replaceAll(sep, "/") : undefined;
}

/** The path as it is given, of what is not there yet. */
function realPath(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch {
    return path;
  }
}
