/**
 * Fingerprints: what a directory looked like when it was last taken, so that unchanged files need not be
 * read again.
 *
 * A file counts as unchanged while its inode, size, times and mode are; a folder's entries while its
 * own times are. A time as young as the snapshot itself proves nothing, for a write after the look may
 * leave the same time (git calls such an entry racy): what is that young is read again.
 *
 * @module
 */
import * as fs from "node:fs";

import type { Packer, Unpacker } from "../base/packing.ts";
import type { Digest } from "../digest/digest.ts";

/** Times closer to the snapshot than this are not trusted, in milliseconds: the coarsest clocks tick so. */
const racyMs = 2000;

/** One path that was looked at. */
export interface Look {
  /** Relative to the source's directory; absolute for rules that lie above it. */
  readonly path: string;
  /** Of a file: its digest. Empty for a folder, and for a file whose bytes are not part of the tree. */
  readonly digest: string;
  /** Absent: nothing was there. */
  readonly stats: Stats | undefined;
}

/** The parts of a stat that tell. */
export interface Stats {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
  readonly ino: number;
  readonly mode: number;
}

/** A file of the tree that looks different, or is too young to tell. */
export interface Doubtful extends Look {
  /** Where it is written down: indices of its first word and number. */
  readonly at: readonly [word: number, number: number];
}

/** A file of the tree that was read again. */
export interface Reread {
  readonly before: Doubtful;
  readonly after: Look;
}

/** What one snapshot of one directory saw. */
export class Fingerprints {
  /** When the snapshot began, in milliseconds since 1970. */
  readonly takenAt: number;
  /** What was written down, of which no look was made yet; see {@link Fingerprints.review}. */
  #packed: Unpacker | undefined;
  readonly #known = new Map<string, Look>();
  /** What this is but for a few files, and those of them that were read again. */
  #patched:
    | { readonly base: Fingerprints; readonly files: ReadonlyMap<string, Reread> }
    | undefined;
  /** Paths of all files of the tree. Made when first asked for. */
  #files: ReadonlySet<string> | undefined;

  constructor(takenAt: number, packed?: Unpacker) {
    this.takenAt = takenAt;
    this.#packed = packed;
  }

  /** Notes a file of the tree. */
  file(path: string, stats: Stats, digest: Digest): void {
    this.#looks.set(path, { path, digest, stats });
  }

  /** Notes a folder, or a file that decides what belongs to the tree; `undefined` if it is not there. */
  other(path: string, stats: Stats | undefined): void {
    this.#looks.set(path, { path, digest: "", stats });
  }

  /** Digest of a file that has not changed since; `undefined` when it must be read. */
  digestOf(path: string, stats: Stats): Digest | undefined {
    const look = this.#looks.get(path);
    if (look === undefined || look.digest === "" || !this.#isUnchanged(look, stats))
      return undefined;
    return look.digest as Digest;
  }

  /**
   * Looks at everything again. Returns the files of the tree that look different, or are too young to tell:
   * none of them, and the tree is the same. `undefined` when more than the content of files may be
   * different, or nothing was written down.
   *
   * Compares with what was written down as it stands there: making 10,000 looks of it would take as long
   * as the `lstat`s.
   */
  review(directory: string): readonly Doubtful[] | undefined {
    const packed = this.#packed?.fork();
    if (packed === undefined) return undefined;
    const newest = this.takenAt - racyMs;
    const doubtful: Doubtful[] = [];
    for (let left = packed.skip(1).count(); left > 0; left--) {
      const start = packed.at;
      const path = packed.string();
      const kind = packed.skip(1).count();
      const stats = fs.lstatSync(path.startsWith("/") ? path : `${directory}/${path}`, mayLack);
      if (stats === undefined || kind === kinds.absent) {
        if (stats !== undefined || kind !== kinds.absent) return undefined;
        continue;
      }
      const { mtimeMs, ctimeMs, size, ino, mode } = stats;
      const numbersAt = packed.numberAt;
      let isEqual = packed.number() === mtimeMs && mtimeMs < newest;
      isEqual = packed.number() === ctimeMs && ctimeMs < newest && isEqual;
      isEqual = packed.number() === size && isEqual;
      isEqual = packed.number() === ino && isEqual;
      isEqual = packed.number() === mode && isEqual;
      if (isEqual) continue;
      if (kind !== kinds.file || !stats.isFile()) return undefined;
      const look = unpackLook(packed.fork().seek(start, numbersAt));
      doubtful.push({ ...look, at: [start, numbersAt] });
    }
    return doubtful;
  }

  /** What a snapshot sees that finds everything as it was here, but for some files that it read. */
  patch(takenAt: number, files: ReadonlyMap<string, Reread>): Fingerprints {
    const patched = new Fingerprints(takenAt, this.#packed?.fork());
    patched.#patched = { base: this, files };
    return patched;
  }

  /** True when both snapshots saw a file at the path, no link, with the same content and exec bit. */
  hasSameFile(path: string, other: Fingerprints): boolean {
    if (this.#patched?.base === other) {
      const file = this.#patched.files.get(path);
      return file === undefined ? other.#hasFile(path) : isSameFile(file.before, file.after);
    }
    const [here, there] = [this.#looks.get(path), other.#looks.get(path)];
    if (here === undefined || there === undefined || here.digest === "") return false;
    return isSameFile(here, there);
  }

  /** Adds what a snapshot of a folder saw. This look must be one by absolute paths. */
  add(folder: string, other: Fingerprints): void {
    for (const look of other.#looks.values()) {
      const below = look.path === "" ? folder : `${folder}/${look.path}`;
      const path = look.path.startsWith("/") ? look.path : below;
      this.#looks.set(path, { ...look, path });
    }
  }

  /** Of a look by absolute paths: what a snapshot of that folder would have seen. */
  below(folder: string): Fingerprints {
    const below = new Fingerprints(this.takenAt);
    for (const look of this.#looks.values()) {
      if (!look.path.startsWith(`${folder}/`)) continue;
      const path = look.path.slice(folder.length + 1);
      below.#looks.set(path, { ...look, path });
    }
    return below;
  }

  pack(packer: Packer): void {
    if (packer.copies(this.#packed)) return this.#copy(packer, this.#packed.fork());
    const looks = [...this.#looks.values()];
    const present = looks.filter(({ stats }) => stats !== undefined);
    packer.number(this.takenAt).count(present.length).count(looks.length);
    for (const look of looks) packLook(look, packer);
  }

  /** Writes down what was written down already, but for files that were read again. */
  #copy(packer: Packer, packed: Unpacker): void {
    packer.number(this.takenAt);
    let [word, number] = [packed.at, packed.numberAt];
    const present = packed.count();
    packed.skip(lookWords * packed.count(), lookNumbers * present);
    for (const { before, after } of this.#patched?.files.values() ?? []) {
      packer.copy([word, before.at[0]], [number, before.at[1]]);
      packLook(after, packer);
      [word, number] = [before.at[0] + lookWords, before.at[1] + lookNumbers];
    }
    packer.copy([word, packed.at], [number, packed.numberAt]);
  }

  static unpack(packed: Unpacker): Fingerprints {
    const takenAt = packed.number();
    const fingerprints = new Fingerprints(takenAt, packed.fork());
    const present = packed.count();
    packed.skip(lookWords * packed.count(), lookNumbers * present);
    return fingerprints;
  }

  get #looks(): Map<string, Look> {
    const packed = this.#packed?.skip(1);
    if (packed === undefined) return this.#known;
    this.#packed = undefined;
    for (let left = packed.count(); left > 0; left--) {
      const look = unpackLook(packed);
      this.#known.set(look.path, this.#patched?.files.get(look.path)?.after ?? look);
    }
    return this.#known;
  }

  #hasFile(path: string): boolean {
    this.#files ??= this.#listFiles();
    return this.#files.has(path);
  }

  #listFiles(): ReadonlySet<string> {
    const files = new Set<string>();
    const packed = this.#packed?.fork();
    if (packed === undefined) {
      for (const { path, digest } of this.#looks.values()) if (digest !== "") files.add(path);
      return files;
    }
    for (let left = packed.skip(1).count(); left > 0; left--) {
      const path = packed.string();
      if (packed.skip(1).count() === kinds.file) files.add(path);
    }
    return files;
  }

  #isUnchanged({ stats: before }: Look, stats: Stats): boolean {
    if (before === undefined || !isSame(before, stats)) return false;
    return Math.max(stats.mtimeMs, stats.ctimeMs) < this.takenAt - racyMs;
  }
}

const mayLack = { throwIfNoEntry: false } as const;

/** What is written down of one look: path, digest, what is there; and of that, the stats. */
const lookWords = 3;
const lookNumbers = 5;

/** What can be there. */
const kinds = { absent: 0, other: 1, file: 2 } as const;

function packLook({ path, digest, stats }: Look, packer: Packer): void {
  packer.string(path).string(digest);
  packer.count(stats === undefined ? kinds.absent : digest === "" ? kinds.other : kinds.file);
  if (stats === undefined) return;
  packer.number(stats.mtimeMs).number(stats.ctimeMs).number(stats.size);
  packer.number(stats.ino).number(stats.mode);
}

function unpackLook(packed: Unpacker): Look {
  const [path, digest] = [packed.string(), packed.string()];
  const stats = packed.count() === kinds.absent ? undefined : unpackStats(packed);
  return { path, digest, stats };
}

function unpackStats(packed: Unpacker): Stats {
  return {
    mtimeMs: packed.number(),
    ctimeMs: packed.number(),
    size: packed.number(),
    ino: packed.number(),
    mode: packed.number(),
  };
}

function isSameFile(a: Look, b: Look): boolean {
  return a.digest === b.digest && isExecutable(a) === isExecutable(b);
}

function isExecutable({ stats }: Look): boolean {
  return ((stats?.mode ?? 0) & 0o111) !== 0;
}

function isSame(a: Stats | undefined, b: Stats | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.mode === b.mode
  );
}
