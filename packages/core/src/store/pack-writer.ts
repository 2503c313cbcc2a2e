/**
 * The writer of a pack: the one process that adds blobs to it.
 *
 *     bytes ──▶ <id>.pack     first, and behind all that is there
 *     records ──▶ <id>.idx    then, in one write
 *
 * Killed in between, it leaves bytes that no record names; killed in the middle of a record, a part that is
 * no record, over which the next writer writes. Nothing that was answered is lost.
 *
 * Bytes may also be written on other threads, each piece to a place of its own. Records never are: they follow
 * each other without a gap, in the order in which their bytes got there.
 *
 * @module
 */
import * as fs from "node:fs";

import { hashOf, sizeOf, type Digest } from "../digest/digest.ts";
import type { OpenFiles } from "./open-files.ts";
import { claimPack, listPacks, makePack, releasePack, type PackName } from "./pack-names.ts";
import { recordBytes, Records } from "./pack-record.ts";
import { unlessDenied } from "./system-error.ts";
import { writeAll, writeAllSoon } from "./write-all.ts";

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
  readonly #boot: number;
  readonly #files: OpenFiles;
  /** Where the next bytes go. What is before may still be on its way. */
  #dataEnd: number;
  #count: number;
  #onWay = 0;
  #isGivenUp = false;

  private constructor(boot: number, files: OpenFiles, name: PackName) {
    this.#boot = boot;
    this.#files = files;
    this.name = name;
    this.#dataEnd = fs.fstatSync(files.open(name.dataPath)).size;
    this.#count = Math.floor(fs.fstatSync(files.open(name.indexPath)).size / recordBytes);
  }

  /**
   * Takes over a pack that nobody writes to, or makes one. Throws the error of making it.
   *
   * @param folder - Of packs.
   * @param boot - The boot that this is, as records tell boots apart.
   */
  static open(folder: string, boot: number, files: OpenFiles): PackWriter {
    for (const pack of listPacks(folder)) {
      const size = unlessDenied(() => fs.statSync(pack.dataPath).size);
      if (size === undefined || size >= maxPackBytes) continue;
      const claimed = claimPack(pack, Date.now());
      if (claimed === undefined) continue;
      if (isWritable(claimed)) return new PackWriter(boot, files, claimed);
      releasePack(claimed);
    }
    return new PackWriter(boot, files, makePack(folder));
  }

  /** True when the pack will not take more. */
  get isFull(): boolean {
    return this.#dataEnd >= maxPackBytes;
  }

  /** False when the pack is gone, or somebody else's. */
  get isThere(): boolean {
    const isThere = (path: string): boolean => fs.fstatSync(this.#files.open(path)).nlink > 0;
    const { indexPath, dataPath } = this.name;
    return unlessDenied(() => isThere(indexPath) && isThere(dataPath)) === true;
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
    const offset = this.#dataEnd;
    writeAll(this.#files.open(this.name.dataPath), bytes, offset);
    this.#dataEnd += bytes.byteLength;
    return this.#record(blobs, offset);
  }

  /**
   * As {@link PackWriter.add}, by way of other threads. Resolves to whether the blobs are there. Until it has
   * settled the pack stays this process's, even if it is given up. Rejects with the error of writing; then what
   * the blobs would have taken is room that is lost. The bytes must not change meanwhile.
   *
   * @param note - Called with the records as soon as they are written.
   */
  async addSoon(
    bytes: Uint8Array,
    blobs: readonly Addition[],
    note: (records: Records) => void,
  ): Promise<boolean> {
    // A file of its own: those of the store may be closed whenever the event loop turns.
    const file = fs.openSync(this.name.dataPath, "r+");
    const offset = this.#dataEnd;
    this.#dataEnd += bytes.byteLength;
    this.#onWay++;
    try {
      await writeAllSoon(file, bytes, offset);
      if (!this.isThere) return false;
      note(this.#record(blobs, offset));
      return true;
    } finally {
      fs.closeSync(file);
      this.#onWay--;
      this.#releaseIfOver();
    }
  }

  /** Gives the pack up, for others to go on with, once nothing is on its way. */
  [Symbol.dispose](): void {
    this.#isGivenUp = true;
    this.#releaseIfOver();
  }

  /** Writes the records of blobs that lie one after another in the pack. Throws the error of writing them. */
  #record(blobs: readonly Addition[], start: number): Records {
    const records = new Records(blobs.length);
    const now = Date.now();
    let offset = start;
    for (const [at, { digest, usedAtMs = now }] of blobs.entries()) {
      const sizeBytes = sizeOf(digest);
      records.set(at, { hash: hashOf(digest), sizeBytes, offset, usedAtMs, boot: this.#boot });
      offset += sizeBytes;
    }
    const index = this.#files.open(this.name.indexPath);
    writeAll(index, records.bytes, this.#count * recordBytes);
    this.#count += blobs.length;
    return records;
  }

  /** Not while bytes are on their way: whoever takes a pack over writes behind what is there by then. */
  #releaseIfOver(): void {
    if (!this.#isGivenUp || this.#onWay > 0) return;
    this.#files.close(this.name.dataPath);
    this.#files.close(this.name.indexPath);
    releasePack(this.name);
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
