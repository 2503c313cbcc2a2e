/**
 * Records: what the index of a pack says of each blob, in 64 bytes.
 *
 *     0   SHA-256                                     32 bytes
 *     32  where the blob begins in the pack           float64
 *     40  its size, in bytes                          uint32
 *     44  check of the 44 bytes before                uint32
 *     48  when it was last used, ms since 1970        float64
 *     56  boot in which its bytes were last seen      uint32
 *     60  1: kept, 2: gone                            uint32
 *
 * The first 48 bytes never change. The last 16 are overwritten in place, by whoever uses the blob or takes
 * it away. Numbers are little-endian, as on all machines that Node runs on today.
 *
 * @module
 */

/** Size of one record. */
export const recordBytes = 64;

/** Where the part of a record begins that says when it was used, and in which boot it was seen. */
export const markOffset = 48;

/** Where a record says whether the blob is kept. */
export const stateOffset = 60;

/** What a record holds at {@link stateOffset} when the blob has been taken away. */
export const goneState = 2;

const keptState = 1;

/** What is written down of one blob. */
export interface PackedBlob {
  /** In lowercase hex. */
  readonly hash: string;
  readonly sizeBytes: number;
  /** Where it begins in the pack. */
  readonly offset: number;
  /** In milliseconds since 1970. */
  readonly usedAtMs: number;
  readonly boot: number;
}

/** Some records in memory, by their number. */
export class Records {
  readonly count: number;
  /** All of it, as it stands in the file. */
  readonly bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;

  /** @param count - How many. They are zeros, which is no record. */
  constructor(count: number) {
    const memory = new ArrayBuffer(count * recordBytes);
    this.count = count;
    this.bytes = Buffer.from(memory);
    this.#words = new Uint32Array(memory);
    this.#doubles = new Float64Array(memory);
  }

  /** False for what was never written, or only in part. */
  isSound(at: number): boolean {
    return this.#words[at * 16 + 11] === this.#checkOf(at);
  }

  isKept(at: number): boolean {
    return this.#words[at * 16 + 15] === keptState;
  }

  sizeBytes(at: number): number {
    return this.#words[at * 16 + 10] ?? 0;
  }

  boot(at: number): number {
    return this.#words[at * 16 + 14] ?? 0;
  }

  offset(at: number): number {
    return this.#doubles[at * 8 + 4] ?? 0;
  }

  usedAtMs(at: number): number {
    return this.#doubles[at * 8 + 6] ?? 0;
  }

  hash(at: number): string {
    return this.bytes.toString("hex", at * recordBytes, at * recordBytes + 32);
  }

  /** Copies the hash, as eight words, to a place in an array. */
  copyHash(at: number, to: Int32Array, place: number): void {
    for (let word = 0; word < 8; word++) to[place + word] = this.#words[at * 16 + word] ?? 0;
  }

  /** Writes a record of a blob that is kept. */
  set(at: number, blob: PackedBlob): void {
    this.bytes.write(blob.hash, at * recordBytes, "hex");
    this.#doubles[at * 8 + 4] = blob.offset;
    this.#words[at * 16 + 10] = blob.sizeBytes;
    this.#words[at * 16 + 11] = this.#checkOf(at);
    this.#doubles[at * 8 + 6] = blob.usedAtMs;
    this.#words[at * 16 + 14] = blob.boot;
    this.#words[at * 16 + 15] = keptState;
  }

  /** Tells a record from what a disk may leave in its place. No more than that: reading checks bytes. */
  #checkOf(at: number): number {
    let check = 0x811c9dc5;
    for (let word = at * 16; word < at * 16 + 11; word++) {
      check = Math.imul(check ^ (this.#words[word] ?? 0), 0x01000193);
      check ^= check >>> 15;
    }
    return check >>> 0;
  }
}
