/**
 * One pack on the disk, as readers see it.
 *
 * Knows places, and no digests: whether bytes are right is for others to say. Whatever cannot be read or
 * written counts as not there.
 *
 * @module
 */
import * as fs from "node:fs";

import type { OpenFiles } from "./open-files.ts";
import type { PackName } from "./pack-names.ts";
import { goneState, markOffset, recordBytes, Records, stateOffset } from "./pack-record.ts";
import { unlessDenied } from "./system-error.ts";

/** Blobs, and the records that say where they are. */
export class PackFile {
  readonly #files: OpenFiles;
  #name: PackName;
  readonly #record = new Records(1);
  /** Records that were handed out by {@link PackFile.readNew}. */
  #known = 0;

  constructor(files: OpenFiles, name: PackName) {
    this.#files = files;
    this.#name = name;
  }

  get name(): PackName {
    return this.#name;
  }

  /** Takes note that the pack has changed hands. */
  rename(name: PackName): void {
    if (name.indexPath !== this.#name.indexPath) this.#files.close(this.#name.indexPath);
    this.#name = name;
  }

  /** The records that were added since the last call, and the number of the first of them. */
  readNew(): { readonly records: Records; readonly first: number } {
    const first = this.#known;
    const records = unlessDenied(() => {
      const file = this.#files.open(this.#name.indexPath);
      // What is not a whole record yet is on its way, or torn.
      const count = Math.floor(fs.fstatSync(file).size / recordBytes) - first;
      if (count <= 0) return undefined;
      const read = new Records(count);
      return fillFrom(file, read.bytes, first * recordBytes) ? read : undefined;
    });
    this.#known += records?.count ?? 0;
    return { records: records ?? new Records(0), first };
  }

  /** Passes over records that somebody else has taken note of. */
  skip(count: number): void {
    this.#known += count;
  }

  /**
   * A record as it is now, in memory that is used again for the next one; `undefined` when the pack is gone,
   * or goes by another name.
   */
  record(at: number): Records | undefined {
    const record = this.#record;
    const isRead = unlessDenied(() => {
      return fillFrom(this.#files.open(this.#name.indexPath), record.bytes, at * recordBytes);
    });
    return isRead === true && record.isSound(0) ? record : undefined;
  }

  /** Bytes of blobs; `undefined` when there are not as many. */
  read(offset: number, size: number): Buffer | undefined {
    const bytes = Buffer.allocUnsafe(size);
    return this.readInto(bytes, offset) ? bytes : undefined;
  }

  /** As many bytes of blobs as there are. */
  readUpTo(offset: number, size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    const read = unlessDenied(() => {
      return fs.readSync(this.#files.open(this.#name.dataPath), bytes, 0, size, offset);
    });
    return bytes.subarray(0, read ?? 0);
  }

  /** Fills a buffer with bytes of blobs. False when there are not as many. */
  readInto(bytes: Buffer, offset: number): boolean {
    return (
      unlessDenied(() => fillFrom(this.#files.open(this.#name.dataPath), bytes, offset)) ?? false
    );
  }

  /** Writes into a record when its blob was last used, and in which boot its bytes were seen. */
  mark(at: number, usedAtMs: number, boot: number): void {
    const mark = Buffer.alloc(12);
    mark.writeDoubleLE(usedAtMs, 0);
    mark.writeUInt32LE(boot, 8);
    this.#write(mark, at * recordBytes + markOffset);
  }

  /** Takes the blob of a record away, for all who look for it from now on. */
  drop(at: number): void {
    const state = Buffer.alloc(4);
    state.writeUInt32LE(goneState, 0);
    this.#write(state, at * recordBytes + stateOffset);
  }

  /** Leaves nothing of a record. Only for who holds the pack. */
  wipe(at: number): void {
    this.#write(Buffer.alloc(recordBytes), at * recordBytes);
  }

  close(): void {
    this.#files.close(this.#name.dataPath);
    this.#files.close(this.#name.indexPath);
  }

  /** Removes both files. */
  remove(): void {
    // In this order: blobs without an index would belong to nobody.
    for (const path of [this.#name.dataPath, this.#name.indexPath]) {
      this.#files.close(path);
      unlessDenied(() => fs.rmSync(path, { force: true }));
    }
  }

  /** Size of the blobs, and of what is between them. */
  get dataBytes(): number {
    return unlessDenied(() => fs.statSync(this.#name.dataPath).size) ?? 0;
  }

  #write(bytes: Buffer, position: number): void {
    unlessDenied(() => {
      const file = this.#files.open(this.#name.indexPath);
      fs.writeSync(file, bytes, 0, bytes.byteLength, position);
    });
  }
}

/** Reads until the buffer is full. False when the file ends before. */
function fillFrom(file: number, bytes: Buffer, position: number): boolean {
  for (let filled = 0; filled < bytes.byteLength;) {
    const left = bytes.byteLength - filled;
    const read = fs.readSync(file, bytes, filled, left, position + filled);
    if (read === 0) return false;
    filled += read;
  }
  return true;
}
