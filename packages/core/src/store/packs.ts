/**
 * Packs: where a store keeps its small blobs, many in a file.
 *
 * What other processes have added since is looked for when something is not found; what they have taken
 * away is seen at once, for the record of a blob is read each time anew. Bytes are checked whenever they
 * leave. `missing` does not look at bytes, with one exception: a blob that was last seen in another boot may
 * have been lost with the power, record and size unharmed, so it is looked at once.
 *
 * @module
 */
import * as fs from "node:fs";

import { digestBytes, hashOf, sizeOf, type Digest } from "../digest/digest.ts";
import { ownBoot } from "./boot.ts";
import { OpenFiles } from "./open-files.ts";
import { PackFile } from "./pack-file.ts";
import { listPacks, packFolder } from "./pack-names.ts";
import type { Records } from "./pack-record.ts";
import { PackWriter, type Addition } from "./pack-writer.ts";
import { isOld } from "./recency.ts";
import { RecordIndex, type RecordPlace } from "./record-index.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** How long a folder must have rested for its time to prove anything: more than a tick of any kernel. */
const restMs = 100;

/** The packs of one store. Nothing is read before something is looked for, or made before it is written. */
export class Packs {
  readonly #directory: string;
  readonly #boot: number;
  readonly #files = new OpenFiles();
  readonly #index = new RecordIndex();
  /** By their numbers; `undefined` once they are gone. */
  readonly #packs: (PackFile | undefined)[] = [];
  readonly #numberById = new Map<string, number>();
  #listed: { readonly mtimeMs: number; readonly ino: number } | undefined;
  #writer: PackWriter | undefined;

  /**
   * @param directory - The store's.
   * @param boot - See {@link ownBoot}.
   */
  constructor(directory: string, boot: number = ownBoot()) {
    this.#directory = directory;
    this.#boot = boot;
  }

  /** Those of the blobs that are not there. All others are marked as used. */
  missing(digests: readonly Digest[]): Digest[] {
    this.#look();
    const absent = (digest: Digest): boolean => !this.#isThere(digest);
    const missing = digests.filter(absent);
    return missing.length > 0 && this.#lookForMore() ? missing.filter(absent) : missing;
  }

  /** Takes note of packs that have come or gone. */
  look(): void {
    this.#look();
  }

  /** True when the blob is there as far as this process knows. Marks it as used. */
  has(digest: Digest): boolean {
    return this.#isThere(digest);
  }

  /** The blob, which is marked as used; `undefined` when it is not there or not what it was. */
  read(digest: Digest): Buffer | undefined {
    this.#look();
    return this.#read(digest) ?? (this.#lookForMore() ? this.#read(digest) : undefined);
  }

  /** The blob, and nothing is marked or taken away. */
  peek(digest: Digest): Buffer | undefined {
    this.#look();
    const read = (): Buffer | undefined =>
      this.#first(digest, (pack, _, record) => {
        const bytes = pack.read(record.offset(0), sizeOf(digest));
        return bytes !== undefined && digestBytes(bytes) === digest ? bytes : undefined;
      });
    return read() ?? (this.#lookForMore() ? read() : undefined);
  }

  /** True when there is a record of the blob. Nothing is marked or looked at. */
  isListed(digest: Digest): boolean {
    this.#look();
    const isListed = (): boolean => this.#first(digest, () => true) ?? false;
    return isListed() || (this.#lookForMore() && isListed());
  }

  /**
   * Where a blob was when this process last looked, so that many can be read in their order. Whether it is
   * there still, its bytes tell. Marks it as used.
   */
  locate(digest: Digest): { readonly pack: PackFile; readonly offset: number } | undefined {
    const hash = hashOf(digest);
    for (const place of this.#index.find(hash)) {
      const pack = this.#packs[place.pack];
      if (pack === undefined) continue;
      if (isOld(place.usedAtMs)) this.#markAnew(hash, place, pack);
      return { pack, offset: place.offset };
    }
    return undefined;
  }

  /** Size of a blob by its hash alone, as its record has it; `undefined` when there is none. */
  sizeOf(hash: string): number | undefined {
    this.#look();
    const find = (): number | undefined => {
      for (const place of this.#index.find(hash)) {
        const record = this.#packs[place.pack]?.record(place.at);
        if (record?.isKept(0) === true) return record.sizeBytes(0);
      }
      return undefined;
    };
    return find() ?? (this.#lookForMore() ? find() : undefined);
  }

  /** Takes a blob away whose bytes are not right. */
  drop(digest: Digest): void {
    this.#first(digest, (pack, at) => pack.drop(at));
  }

  /**
   * Adds blobs, whose bytes lie one after another in `bytes`. They are there when it returns. Throws the
   * error of writing; then none of them is.
   */
  add(bytes: Uint8Array, blobs: readonly Addition[]): void {
    const writer = this.#openWriter();
    this.#takeNote(writer, writer.add(bytes, blobs));
  }

  /**
   * As {@link Packs.add}, by way of other threads: they are there when it resolves to true. When it resolves to
   * false none of them is, and whoever wants to know why adds them. The bytes must not change meanwhile.
   */
  async addSoon(bytes: Uint8Array, blobs: readonly Addition[]): Promise<boolean> {
    try {
      const writer = this.#openWriter();
      const note = (records: Records): void => this.#takeNote(writer, records);
      return await writer.addSoon(bytes, blobs, note);
    } catch (error) {
      if (isSystemError(error)) return false;
      throw error;
    }
  }

  /**
   * Leaves the pack that this process writes to for others, and closes all files. What comes next opens
   * them again.
   */
  release(): void {
    this.#writer?.[Symbol.dispose]();
    this.#writer = undefined;
    this.#files.closeAll();
  }

  #read(digest: Digest): Buffer | undefined {
    return this.#first(digest, (pack, at, record) => {
      const bytes = pack.read(record.offset(0), sizeOf(digest));
      if (bytes === undefined || digestBytes(bytes) !== digest) return pack.drop(at);
      if (record.boot(0) !== this.#boot || isOld(record.usedAtMs(0))) {
        pack.mark(at, Date.now(), this.#boot);
      }
      return bytes;
    });
  }

  #isThere(digest: Digest): boolean {
    const isThere = this.#first(digest, (pack, at, record) => {
      if (record.boot(0) !== this.#boot) {
        const bytes = pack.read(record.offset(0), sizeOf(digest));
        if (bytes === undefined || digestBytes(bytes) !== digest) return pack.drop(at);
        pack.mark(at, Date.now(), this.#boot);
      } else if (isOld(record.usedAtMs(0))) pack.mark(at, Date.now(), this.#boot);
      return true;
    });
    return isThere ?? false;
  }

  /** Calls a function with one record of the blob after another, until there is a result. */
  #first<T>(
    digest: Digest,
    use: (pack: PackFile, at: number, record: Records) => T | undefined | void,
  ): T | undefined {
    const hash = hashOf(digest);
    for (const place of this.#index.find(hash)) {
      const pack = this.#packs[place.pack];
      const record = pack?.record(place.at);
      if (pack === undefined || record === undefined) continue;
      if (record.isKept(0) && record.sizeBytes(0) === sizeOf(digest)) {
        const result = use(pack, place.at, record);
        if (result !== undefined) return result;
      } else this.#index.forget(hash, place);
    }
    return undefined;
  }

  #markAnew(hash: string, place: RecordPlace, pack: PackFile): void {
    const record = pack.record(place.at);
    if (record === undefined) return;
    const usedAtMs = record.usedAtMs(0);
    const now = Date.now();
    if (isOld(usedAtMs)) pack.mark(place.at, now, record.boot(0));
    this.#index.markUsed(hash, place, isOld(usedAtMs) ? now : usedAtMs);
  }

  /** Puts the records that a writer has just written into the index. */
  #takeNote(writer: PackWriter, records: Records): void {
    const number = this.#numberById.get(writer.name.id);
    const pack = number === undefined ? undefined : this.#packs[number];
    if (number === undefined || pack === undefined) return;
    const first = writer.count - records.count;
    this.#index.addAll(records, number, first);
    pack.skip(records.count);
  }

  #openWriter(): PackWriter {
    if (this.#writer?.isOver === true) this.release();
    if (this.#writer !== undefined) return this.#writer;
    const writer = PackWriter.open(this.#directory, this.#boot, this.#files);
    this.#writer = writer;
    this.#list();
    return writer;
  }

  /** Lists packs, unless their folder looks as it did. True when it has listed them. */
  #look(): boolean {
    const stats = unlessDenied(() =>
      fs.statSync(packFolder(this.#directory), { throwIfNoEntry: false }),
    );
    const { mtimeMs, ino } = stats ?? { mtimeMs: 0, ino: 0 };
    if (this.#listed?.mtimeMs === mtimeMs && this.#listed.ino === ino) return false;
    this.#list();
    // A pack may come within the same tick of the clock as the listing.
    const isAtRest = Math.abs(Date.now() - mtimeMs) > restMs;
    this.#listed = isAtRest ? { mtimeMs, ino } : undefined;
    return true;
  }

  /** Reads what others may have added, or put under another name just now. False when nothing is new. */
  #lookForMore(): boolean {
    let isMore = this.#look();
    for (const [number, pack] of this.#packs.entries()) {
      // A pack that nobody holds does not grow. To be held it is renamed, which shows in the folder.
      if (pack?.name.holder === undefined || pack.name.id === this.#writer?.name.id) continue;
      isMore = this.#readNew(number, pack) || isMore;
    }
    return isMore;
  }

  #list(): void {
    this.#listed = undefined;
    const gone = new Set(this.#numberById.keys());
    for (const name of listPacks(this.#directory)) {
      gone.delete(name.id);
      const number = this.#numberById.get(name.id) ?? this.#packs.length;
      const pack = this.#packs[number] ?? new PackFile(this.#files, name);
      pack.rename(name);
      this.#packs[number] = pack;
      this.#numberById.set(name.id, number);
      this.#readNew(number, pack);
    }
    for (const id of gone) {
      const number = this.#numberById.get(id);
      this.#numberById.delete(id);
      if (number === undefined) continue;
      this.#packs[number]?.close();
      this.#packs[number] = undefined;
    }
  }

  #readNew(number: number, pack: PackFile): boolean {
    const { records, first } = pack.readNew();
    this.#index.addAll(records, number, first);
    return records.count > 0;
  }
}
