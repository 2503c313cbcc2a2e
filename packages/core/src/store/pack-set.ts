/**
 * Pack sets: all packs of one kind, and where in them something is.
 *
 * What other processes have added since is looked for when something is not found; what they have taken
 * away is seen at once, for the record of a thing is read each time anew. It knows records and no contents:
 * whether bytes are right is for others to say.
 *
 * @module
 */
import * as fs from "node:fs";

import { OpenFiles } from "./open-files.ts";
import { PackFile } from "./pack-file.ts";
import { hasRested } from "./pack-look.ts";
import { listPacks, type PackName } from "./pack-names.ts";
import type { Records } from "./pack-record.ts";
import { PackWriter, type Addition } from "./pack-writer.ts";
import { isOld } from "./recency.ts";
import { RecordIndex, type RecordPlace } from "./record-index.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** The packs in one folder. Nothing is read before something is looked for, or made before it is written. */
export class PackSet {
  readonly #folder: string;
  readonly #boot: number;
  readonly #files = new OpenFiles();
  readonly #index = new RecordIndex();
  /** By their numbers; `undefined` once they are gone. */
  readonly #packs: (PackFile | undefined)[] = [];
  readonly #numberById = new Map<string, number>();
  #listed: { readonly mtimeMs: number; readonly ino: number } | undefined;
  #writer: PackWriter | undefined;
  /** Whether the writer's pack was there when the folder was last listed. */
  #isWriterThere = false;

  /**
   * @param folder - Of packs. Made when something is first written.
   * @param boot - The boot that this is, as records tell boots apart.
   */
  constructor(folder: string, boot: number) {
    this.#folder = folder;
    this.#boot = boot;
  }

  /** Lists packs, unless their folder looks as it did. True when it has listed them. */
  look(): boolean {
    const now = Date.now();
    const stats = unlessDenied(() => fs.statSync(this.#folder, { throwIfNoEntry: false }));
    const { mtimeMs, ino } = stats ?? { mtimeMs: 0, ino: 0 };
    if (this.#listed?.mtimeMs === mtimeMs && this.#listed.ino === ino) return false;
    this.#list();
    // A pack may come within the same tick of the clock as the listing.
    this.#listed = hasRested(mtimeMs, now) ? { mtimeMs, ino } : undefined;
    return true;
  }

  /** Takes note of what others may have added, too. False when nothing is new. */
  lookForMore(): boolean {
    const isMore = this.look();
    return this.readMore() || isMore;
  }

  /** Reads what others may have added to packs that are known. False when nothing is new. */
  readMore(): boolean {
    let isMore = false;
    for (const [number, pack] of this.#packs.entries()) {
      // A pack that nobody holds does not grow. To be held it is renamed, which shows in the folder.
      if (pack?.name.holder === undefined || pack.name.id === this.#writer?.name.id) continue;
      isMore = this.#readNew(number, pack) || isMore;
    }
    return isMore;
  }

  /**
   * Calls a function with one record of a hash after another, until there is a result. The record is in memory
   * that is used again.
   *
   * @param sizeBytes - Records of another size are none.
   */
  first<T>(
    hash: string,
    sizeBytes: number | undefined,
    use: (pack: PackFile, at: number, record: Records) => T | undefined | void,
  ): T | undefined {
    for (const place of this.#index.find(hash)) {
      const pack = this.#packs[place.pack];
      const record = pack?.record(place.at);
      if (pack === undefined || record === undefined) continue;
      if (record.isKept(0) && (sizeBytes === undefined || record.sizeBytes(0) === sizeBytes)) {
        const result = use(pack, place.at, record);
        if (result !== undefined) return result;
      } else this.#index.forget(hash, place);
    }
    return undefined;
  }

  /** The packs that are known. */
  get names(): readonly PackName[] {
    return this.#packs.flatMap((pack) => pack?.name ?? []);
  }

  /**
   * Where something was when this process last looked, so that much can be read in its order. Whether it is
   * there still, its bytes tell. Marks it as used.
   */
  locate(hash: string): { readonly pack: PackFile; readonly offset: number } | undefined {
    for (const place of this.#index.find(hash)) {
      const pack = this.#packs[place.pack];
      if (pack === undefined) continue;
      if (isOld(place.usedAtMs)) this.#markAnew(hash, place, pack);
      return { pack, offset: place.offset };
    }
    return undefined;
  }

  /**
   * Adds what lies one after another in `bytes`. It is there when it returns. Throws the error of writing; then
   * none of it is. To be called after a look, which shows whether the pack is still there.
   */
  add(bytes: Uint8Array, additions: readonly Addition[]): void {
    const writer = this.#openWriter();
    this.#takeNote(writer, writer.add(bytes, additions));
  }

  /**
   * As {@link PackSet.add}, by way of other threads: it is there when it resolves to true. When it resolves to
   * false none of it is, and whoever wants to know why adds it. The bytes must not change meanwhile.
   */
  async addSoon(bytes: Uint8Array, additions: readonly Addition[]): Promise<boolean> {
    try {
      const writer = this.#openWriter();
      const note = (records: Records): void => this.#takeNote(writer, records);
      return await writer.addSoon(bytes, additions, note);
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
    const isFit = this.#writer?.isFull === false && (this.#isWriterThere || this.#writer.isThere);
    if (this.#writer !== undefined && !isFit) this.release();
    if (this.#writer === undefined) {
      this.#writer = PackWriter.open(this.#folder, this.#boot, this.#files);
      this.#list();
    }
    this.#isWriterThere = true;
    return this.#writer;
  }

  #list(): void {
    this.#listed = undefined;
    this.#isWriterThere = false;
    const gone = new Set(this.#numberById.keys());
    for (const name of listPacks(this.#folder)) {
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
