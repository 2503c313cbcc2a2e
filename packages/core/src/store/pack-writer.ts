/**
 * The writer of a pack: the one process that adds blobs to it.
 *
 *     bytes ──▶ <id>.pack     first, and behind all that is there
 *     records ──▶ <id>.idx    then, in one write
 *
 * Killed in between, it leaves bytes that no record names; killed in the middle of a record, a part that is
 * no record, over which the next writer writes. Nothing that was answered is lost.
 *
 * @module
 */
import * as fs from "node:fs";

import { hashOf, sizeOf, type Digest } from "../digest/digest.ts";
import type { OpenFiles } from "./open-files.ts";
import { claimPack, listPacks, makePack, releasePack, type PackName } from "./pack-names.ts";
import { recordBytes, Records } from "./pack-record.ts";
import { unlessDenied } from "./system-error.ts";
import { writeAll } from "./write-all.ts";

/** How large a pack grows: what has to be read and written, at most, to make one smaller. */
export const maxPackBytes: number = 256 * 1024 * 1024;

/** A blob that is to be added, and when it was last used, if not now. */
export interface Addition {
  readonly digest: Digest;
  readonly usedAtMs?: number;
}

/** Adds blobs to one pack. */
export class PackWriter implements Disposable {
  readonly name: PackName;
  readonly #directory: string;
  readonly #boot: number;
  readonly #files: OpenFiles;
  #dataEnd: number;
  #count: number;

  private constructor(directory: string, boot: number, files: OpenFiles, name: PackName) {
    this.#directory = directory;
    this.#boot = boot;
    this.#files = files;
    this.name = name;
    this.#dataEnd = fs.fstatSync(files.open(name.dataPath)).size;
    this.#count = Math.floor(fs.fstatSync(files.open(name.indexPath)).size / recordBytes);
  }

  /**
   * Takes over a pack that nobody writes to, or makes one. Throws the error of making it.
   *
   * @param boot - The boot that this is, as records tell boots apart.
   */
  static open(directory: string, boot: number, files: OpenFiles): PackWriter {
    for (const pack of listPacks(directory)) {
      const size = unlessDenied(() => fs.statSync(pack.dataPath).size);
      if (size === undefined || size >= maxPackBytes) continue;
      const claimed = claimPack(directory, pack, Date.now());
      if (claimed === undefined) continue;
      if (isWritable(claimed)) return new PackWriter(directory, boot, files, claimed);
      releasePack(directory, claimed);
    }
    return new PackWriter(directory, boot, files, makePack(directory));
  }

  /** True when the pack is gone or somebody else's, or will not take more. */
  get isOver(): boolean {
    if (this.#dataEnd >= maxPackBytes) return true;
    const isThere = (path: string): boolean => fs.fstatSync(this.#files.open(path)).nlink > 0;
    const { indexPath, dataPath } = this.name;
    return unlessDenied(() => isThere(indexPath) && isThere(dataPath)) !== true;
  }

  /** Number of records so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds blobs, whose bytes lie one after another in `bytes`. Returns their records. Throws the error of
   * writing; then none of them is there.
   */
  add(bytes: Uint8Array, blobs: readonly Addition[]): Records {
    const records = new Records(blobs.length);
    const now = Date.now();
    let offset = this.#dataEnd;
    for (const [at, { digest, usedAtMs = now }] of blobs.entries()) {
      const sizeBytes = sizeOf(digest);
      records.set(at, { hash: hashOf(digest), sizeBytes, offset, usedAtMs, boot: this.#boot });
      offset += sizeBytes;
    }
    writeAll(this.#files.open(this.name.dataPath), bytes, this.#dataEnd);
    const index = this.#files.open(this.name.indexPath);
    writeAll(index, records.bytes, this.#count * recordBytes);
    this.#dataEnd = offset;
    this.#count += blobs.length;
    return records;
  }

  /** Gives the pack up, for others to go on with. */
  [Symbol.dispose](): void {
    this.#files.close(this.name.dataPath);
    this.#files.close(this.name.indexPath);
    releasePack(this.#directory, this.name);
  }
}

/** Whether this user may write to a pack: it may be another's, in a store that several share. */
function isWritable({ indexPath, dataPath }: PackName): boolean {
  const { R_OK, W_OK } = fs.constants;
  const isChecked = unlessDenied(() => {
    for (const path of [indexPath, dataPath]) fs.accessSync(path, R_OK | W_OK);
    return true;
  });
  return isChecked ?? false;
}
