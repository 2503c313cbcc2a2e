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
interface Look {
  /** Relative to the source's directory; absolute for rules that lie above it. */
  readonly path: string;
  /** Of a file: its digest. Empty for a folder, and for a file whose bytes are not part of the tree. */
  readonly digest: string;
  /** Absent: nothing was there. */
  readonly stats: Stats | undefined;
}

/** The parts of a stat that tell. */
interface Stats {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
  readonly ino: number;
  readonly mode: number;
}

/** What one snapshot of one directory saw. */
export class Fingerprints {
  /** When the snapshot began, in milliseconds since 1970. */
  readonly takenAt: number;
  /** What was written down, of which no look was made yet; see {@link Fingerprints.isCurrent}. */
  #packed: Unpacker | undefined;
  readonly #known = new Map<string, Look>();

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
   * True when another look at everything would see the same. Compares with what was written down as it
   * stands there: making 10,000 looks of it would take as long as the `lstat`s.
   */
  isCurrent(directory: string): boolean {
    const packed = this.#packed?.fork();
    if (packed === undefined) return false;
    const newest = this.takenAt - racyMs;
    for (let left = packed.skip(1).count(); left > 0; left--) {
      const path = packed.string();
      const wasThere = packed.skip(1).count() === 1;
      const stats = fs.lstatSync(path.startsWith("/") ? path : `${directory}/${path}`, mayLack);
      if (stats === undefined || !wasThere) {
        if (stats !== undefined || wasThere) return false;
        continue;
      }
      const { mtimeMs, ctimeMs, size, ino, mode } = stats;
      if (packed.number() !== mtimeMs || packed.number() !== ctimeMs) return false;
      if (packed.number() !== size || packed.number() !== ino) return false;
      if (packed.number() !== mode || mtimeMs >= newest || ctimeMs >= newest) return false;
    }
    return true;
  }

  /** True when both snapshots saw a file at the path, no link, with the same content and exec bit. */
  hasSameFile(path: string, other: Fingerprints): boolean {
    const [here, there] = [this.#looks.get(path), other.#looks.get(path)];
    if (here === undefined || there === undefined || here.digest === "") return false;
    return here.digest === there.digest && isExecutable(here) === isExecutable(there);
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
    const looks = [...this.#looks.values()];
    const present = looks.filter(({ stats }) => stats !== undefined);
    packer.number(this.takenAt).count(present.length).count(looks.length);
    for (const { path, digest, stats } of looks) {
      packer.string(path).string(digest);
      packer.count(stats === undefined ? 0 : 1);
      if (stats !== undefined) {
        packer.number(stats.mtimeMs).number(stats.ctimeMs).number(stats.size);
        packer.number(stats.ino).number(stats.mode);
      }
    }
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
      const path = packed.string();
      const digest = packed.string();
      const stats = packed.count() === 0 ? undefined : unpackStats(packed);
      this.#known.set(path, { path, digest, stats });
    }
    return this.#known;
  }

  #isUnchanged({ stats: before }: Look, stats: Stats): boolean {
    if (before === undefined || !isSame(before, stats)) return false;
    return Math.max(stats.mtimeMs, stats.ctimeMs) < this.takenAt - racyMs;
  }
}

const mayLack = { throwIfNoEntry: false } as const;

/** What is written down of one look: path, digest, whether anything is there; and of that, the stats. */
const lookWords = 3;
const lookNumbers = 5;

function unpackStats(packed: Unpacker): Stats {
  return {
    mtimeMs: packed.number(),
    ctimeMs: packed.number(),
    size: packed.number(),
    ino: packed.number(),
    mode: packed.number(),
  };
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
