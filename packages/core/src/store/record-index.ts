/**
 * The index: which records there are of a blob, by its hash.
 *
 * A hash table in two arrays of numbers, because a store may hold 100,000 small blobs, and a process that
 * asks for three of them should not have to make as many strings first. Records are copied word by word, in one go: 20,000 take 3 ms in a
 * process that has just started, and took 10 with an array and an object for each.
 *
 * @module
 */
import type { Records } from "./pack-record.ts";

/** Where a record is: in which pack, and its number there. Packs are numbered by whoever fills the index. */
export interface RecordPlace {
  readonly pack: number;
  readonly at: number;
}

/** What is known of a record without reading it again. It may have been taken away since. */
export interface KnownRecord extends RecordPlace {
  /** Where the blob begins in the pack. */
  readonly offset: number;
  /** No later than when it was last used, in milliseconds since 1970. */
  readonly usedAtMs: number;
}

/** Finds records by the hash of their blob. There may be several of one. */
export class RecordIndex {
  /** Number of an entry plus one, at the place that its hash leads to or after; zero: none. */
  #slots: Int32Array = new Int32Array(2 * firstEntries);
  /** Of each entry: the eight words of its hash; its pack, place and offset; its use, in seconds. */
  #entries: Int32Array = new Int32Array(firstEntries * entryWords);
  #count = 0;
  readonly #query = new HashWords();

  /**
   * Adds those of the records that are sound, and kept.
   *
   * @param first - The number of the first of them in the pack.
   */
  addAll(records: Records, pack: number, first: number): void {
    this.#makeRoom(this.#count + records.count);
    const entries = this.#entries;
    for (let record = 0; record < records.count; record++) {
      if (!records.isKept(record) || !records.isSound(record)) continue;
      const at = this.#count * entryWords;
      records.copyHash(record, entries, at);
      entries[at + 8] = pack;
      entries[at + 9] = first + record;
      entries[at + 10] = records.offset(record);
      entries[at + 11] = Math.floor(records.usedAtMs(record) / 1000);
      this.#insert(this.#count++);
    }
  }

  /** All records of a blob, the latest last. */
  find(hash: string): KnownRecord[] {
    const query = this.#query.read(hash);
    const places: KnownRecord[] = [];
    const mask = this.#slots.length - 1;
    for (let slot = (query[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) return places;
      const at = entry * entryWords;
      const pack = this.#entries[at + 8] ?? gone;
      if (pack !== gone && this.#isAt(at, query)) {
        places.push({
          pack,
          at: this.#entries[at + 9] ?? 0,
          offset: this.#entries[at + 10] ?? 0,
          usedAtMs: (this.#entries[at + 11] ?? 0) * 1000,
        });
      }
    }
  }

  /** Forgets a record that is gone. */
  forget(hash: string, place: RecordPlace): void {
    const entry = this.#entryOf(hash, place);
    // Its slot stays taken: others may have been put behind it.
    if (entry !== undefined) this.#entries[entry + 8] = gone;
  }

  /** Takes note of a use. */
  markUsed(hash: string, place: RecordPlace, usedAtMs: number): void {
    const entry = this.#entryOf(hash, place);
    if (entry !== undefined) this.#entries[entry + 11] = Math.floor(usedAtMs / 1000);
  }

  #entryOf(hash: string, place: RecordPlace): number | undefined {
    const query = this.#query.read(hash);
    const mask = this.#slots.length - 1;
    for (let slot = (query[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0) return undefined;
      const at = entry * entryWords;
      const isIt = this.#entries[at + 8] === place.pack && this.#entries[at + 9] === place.at;
      if (isIt && this.#isAt(at, query)) return at;
    }
  }

  #isAt(at: number, query: Int32Array): boolean {
    for (let word = 0; word < 8; word++) {
      if (this.#entries[at + word] !== query[word]) return false;
    }
    return true;
  }

  #insert(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#entries[entry * entryWords] ?? 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  /** Sees to it that half of the slots stay free. */
  #makeRoom(count: number): void {
    let room = this.#slots.length / 2;
    if (count <= room) return;
    while (room < count) room *= 2;
    const entries = new Int32Array(room * entryWords);
    entries.set(this.#entries);
    this.#entries = entries;
    this.#slots = new Int32Array(2 * room);
    for (let entry = 0; entry < this.#count; entry++) this.#insert(entry);
  }
}

/** Numbers that an entry has. */
const entryWords = 12;

/** Entries that there is room for at the start. */
const firstEntries = 4096;

/** In the place of a pack's number. */
const gone = -1;

/** A hash in hex as eight words. */
class HashWords {
  readonly #bytes = Buffer.from(new ArrayBuffer(32));
  readonly #words = new Int32Array(this.#bytes.buffer);

  read(hash: string): Int32Array {
    this.#bytes.write(hash, "hex");
    return this.#words;
  }
}
