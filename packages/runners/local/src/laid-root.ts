/**
 * Laid roots: a small input root that stays where it is, and becomes the next one.
 *
 * Most commands of a build have input roots of the same shape, and leave them as they were but for their
 * outputs. Making a file may cost ten times what writing it does, so files that are not wanted any more
 * are written over. Only a file that shows no trace of the command is: any change to its bytes, mode, owner,
 * name or links changes a time of it. That nobody is left who holds it open is for others to see
 * (`survivors.ts`).
 *
 * @module
 */
import * as fs from "node:fs";
import { dirname } from "node:path";

import {
  modeOf,
  sizeOf,
  walkTree,
  type Action,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

import { isSameLook } from "./look.ts";

/** Beyond this, copying is dearer than making: entries of a root, and bytes of a file. */
const maxEntries = 64;
const maxBytes = 64 * 1024;

/** A file that was laid. */
interface LaidFile {
  readonly digest: Digest;
  readonly mode: number;
  readonly size: number;
  /** What shows that it was not touched. */
  readonly look: fs.Stats;
}

/** What a root is to hold. */
interface Wanted {
  readonly files: Map<string, Pick<LaidFile, "digest" | "mode">>;
  readonly folders: Set<string>;
}

/** What lies in the input root of a room. */
export class LaidRoot {
  readonly #root: string;
  readonly #files = new Map<string, LaidFile>();
  /** Modes by paths; that of the root itself is under the empty path. */
  readonly #folders = new Map<string, number>();
  /** How folders look that hold what was laid and nothing else, and have the time that they should have. */
  readonly #looks = new Map<string, fs.Stats>();

  /** @param root - Absolute: an empty directory that is there. */
  constructor(root: string) {
    this.#root = root;
    this.#folders.set("", fs.lstatSync(root).mode);
  }

  /**
   * Lays an action's inputs, and the parents of its outputs. False, with nothing done, for inputs that are
   * not of the kind that can be laid over others.
   *
   * @param mtime - Modification time of every input, in seconds since 1970.
   * @throws {@link BuildError} `BLOB_LOST`. What lies in the root then, nobody knows.
   */
  async lay(content: ContentStore, action: Action, mtime: number): Promise<boolean> {
    const wanted = await wantedBy(content, action);
    if (wanted === undefined || this.#contradicts(wanted)) return false;
    for (const folder of wanted.folders) this.#makeFolder(folder);
    const spare = [...this.#files.keys()].filter((path) => !wanted.files.has(path));
    for (const [path, file] of wanted.files) {
      const laid = this.#files.get(path);
      if (laid?.digest === file.digest && laid.mode === file.mode) continue;
      const bytes = await content.read(file.digest);
      const over = this.#makeRoom(path, file.mode, spare);
      if (over === undefined) this.#looks.delete(folderOf(path));
      const look = writeInput(this.#at(path), bytes, { mode: file.mode, mtime, over });
      this.#files.set(path, { ...file, size: bytes.length, look });
    }
    for (const path of spare) {
      this.#looks.delete(folderOf(path));
      fs.unlinkSync(this.#at(path));
      this.#files.delete(path);
    }
    // The longest first: they may lie in others.
    for (const folder of [...this.#folders.keys()].toSorted((a, b) => b.length - a.length)) {
      if (folder === "" || wanted.folders.has(folder)) continue;
      this.#looks.delete(folder);
      this.#looks.delete(folderOf(folder));
      fs.rmdirSync(this.#at(folder));
      this.#folders.delete(folder);
    }
    for (const folder of this.#folders.keys()) {
      if (this.#looks.has(folder)) continue;
      fs.utimesSync(this.#at(folder), mtime, mtime);
      this.#looks.set(folder, fs.lstatSync(this.#at(folder)));
    }
    return true;
  }

  /** Removes the outputs of an action. False if the root then holds anything else than what was laid. */
  clear({ outputs }: Action): boolean {
    const made = new Set<string>(
      outputs.filter(({ kind }) => kind === "file").map(({ path }) => path),
    );
    for (const [folder, mode] of this.#folders) {
      const stats = fs.lstatSync(this.#at(folder));
      const look = this.#looks.get(folder);
      if (look !== undefined && isSameLook(stats, look)) continue;
      this.#looks.delete(folder);
      if (stats.mode !== mode || !this.#clearFolder(folder, made)) return false;
    }
    for (const [path, { look }] of this.#files) {
      if (!isSameLook(fs.lstatSync(this.#at(path)), look)) return false;
    }
    return true;
  }

  /** Removes outputs from a folder. False if it then holds anything else than what was laid. */
  #clearFolder(folder: string, made: ReadonlySet<string>): boolean {
    for (const entry of fs.readdirSync(this.#at(folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (this.#files.has(path)) continue;
      if (entry.isDirectory()) {
        if (!this.#folders.has(path)) return false;
      } else if (entry.isFile() && made.has(path)) fs.unlinkSync(this.#at(path));
      else return false;
    }
    return true;
  }

  #at(path: string): string {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #makeFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    this.#looks.delete(folderOf(folder));
    fs.mkdirSync(this.#at(folder));
    this.#folders.set(folder, fs.lstatSync(this.#at(folder)).mode);
  }

  /** Brings a file of that mode to a path, which will be written over. `undefined` if there is none. */
  #makeRoom(path: string, mode: number, spare: string[]): LaidFile | undefined {
    const laid = this.#files.get(path);
    if (laid?.mode === mode) return laid;
    if (laid !== undefined) {
      this.#looks.delete(folderOf(path));
      fs.unlinkSync(this.#at(path));
    }
    const at = spare.findIndex((other) => this.#files.get(other)?.mode === mode);
    const [other] = at === -1 ? [] : spare.splice(at, 1);
    if (other === undefined) return undefined;
    for (const each of [other, path]) this.#looks.delete(folderOf(each));
    fs.renameSync(this.#at(other), this.#at(path));
    const over = this.#files.get(other);
    this.#files.delete(other);
    return over;
  }

  /** Whether a file is wanted where a folder is, or the other way round. */
  #contradicts({ files, folders }: Wanted): boolean {
    return (
      [...folders].some((path) => this.#files.has(path)) ||
      [...files.keys()].some((path) => this.#folders.has(path))
    );
  }
}

/** What an action wants laid, folders before what is in them; `undefined` for too much, or links. */
async function wantedBy(content: ContentStore, action: Action): Promise<Wanted | undefined> {
  if (action.writablePaths.length > 0) return undefined;
  const files: Wanted["files"] = new Map();
  const folders: Wanted["folders"] = new Set();
  for await (const { path, entry } of walkTree(content, action.inputRoot)) {
    if (files.size + folders.size >= maxEntries || entry.type === "symlink") return undefined;
    if (entry.type === "directory") folders.add(path);
    else if (sizeOf(entry.digest) > maxBytes) return undefined;
    else files.set(path, { digest: entry.digest, mode: modeOf(entry.isExecutable, false) });
  }
  for (const parent of outputParents(action)) folders.add(parent);
  return { files, folders };
}

/** Folders on the way to outputs, but for those that are themselves outputs, or in one. */
function outputParents({ outputs }: Action): Set<string> {
  const parents = new Set<string>();
  for (const { path } of outputs) {
    if (outputs.some((other) => path.startsWith(`${other.path}/`))) continue;
    const segments = dirname(path).split("/");
    if (segments[0] === ".") continue;
    for (let at = 1; at <= segments.length; at++) parents.add(segments.slice(0, at).join("/"));
  }
  return parents;
}

/** How to write an input. */
interface WriteOptions {
  readonly mode: number;
  readonly mtime: number;
  /** The file that is there, of the same mode. */
  readonly over: LaidFile | undefined;
}

/** Only root may write to a file that nobody may write to. */
const isRoot = process.getuid?.() === 0;

/** Writes a file, and returns its look. */
function writeInput(path: string, bytes: Buffer, { mode, mtime, over }: WriteOptions): fs.Stats {
  const before = over === undefined || isRoot ? undefined : fs.lstatSync(path).mode;
  if (before !== undefined) fs.chmodSync(path, before | 0o200);
  const fd = fs.openSync(path, over === undefined ? "wx" : "r+", mode);
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at, bytes.length - at, at);
    // Not cut to nothing before it is written: some file systems then write it to the disk at once.
    if (over !== undefined && over.size > bytes.length) fs.ftruncateSync(fd, bytes.length);
    if (before !== undefined) fs.fchmodSync(fd, before);
    fs.futimesSync(fd, mtime, mtime);
    return fs.fstatSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
