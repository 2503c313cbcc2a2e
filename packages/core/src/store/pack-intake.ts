/**
 * Intake of many small blobs: they are read into the memory from which they go into a pack, so that
 * 10,000 of them take some tens of writes.
 *
 *     memory ──full──▶ on its way ──bytes, then records──▶ memory
 *
 * What is full is written by other threads while the next is filled. What is left at the end is written at once:
 * few blobs cost no more than their writing.
 *
 * @module
 */
import { digestBytes, emptyDigest, sizeOf, type Digest } from "../digest/digest.ts";
import type { Addition } from "./pack-writer.ts";
import type { Intake } from "./store.ts";

/** Memory that is filled before it is written. */
const memoryBytes = 1024 * 1024;

/** How many such memories may be on their way. */
const maxOnWay = 3;

/** Where blobs go, and the memory that they go through. */
export interface PackSink {
  /** True when there is no need to add the blob. */
  has(digest: Digest): boolean;
  /** Adds blobs, whose bytes lie one after another. Throws `STORE_UNWRITABLE`. */
  add(bytes: Uint8Array, blobs: readonly Addition[]): void;
  /** As `add`, by way of other threads. Resolves to false when that did not work out. */
  addSoon(bytes: Uint8Array, blobs: readonly Addition[]): Promise<boolean>;
  /** Memory that nobody uses; each intake would make a mebibyte of garbage otherwise. */
  spare: Buffer | undefined;
}

/** Collects blobs until its memory is full, and adds them at once. */
export class PackIntake implements Intake {
  readonly maxBytes: number;
  readonly #sink: PackSink;
  #memory: Buffer | undefined;
  #room: Buffer = Buffer.alloc(0);
  #filled = 0;
  #blobs = new Map<Digest, Addition>();
  readonly #onWay = new Set<Promise<void>>();
  /** As `#onWay`, of memories that are the caller's. */
  readonly #othersOnWay = new Set<Promise<void>>();
  readonly #digestsOnWay = new Set<Digest>();
  readonly #free: Buffer[] = [];
  #failure: { readonly error: unknown } | undefined;
  /** Whether something was sent on its way since the last pause. */
  #isDue = false;

  constructor(sink: PackSink, maxBytes: number) {
    this.#sink = sink;
    this.maxBytes = maxBytes;
  }

  room(sizeBytes: number): Buffer {
    if (this.#filled + sizeBytes > memoryBytes) this.#flush();
    const memory = (this.#memory ??= this.#takeMemory());
    return (this.#room = memory.subarray(this.#filled, this.#filled + sizeBytes));
  }

  keep(sizeBytes: number): Digest {
    const isAll = sizeBytes === this.#room.byteLength;
    const digest = digestBytes(isAll ? this.#room : this.#room.subarray(0, sizeBytes));
    if (digest === emptyDigest || this.#isHere(digest)) return digest;
    this.#blobs.set(digest, { digest });
    this.#filled += sizeBytes;
    return digest;
  }

  async keepAll(bytes: Buffer, digests: readonly Digest[]): Promise<void> {
    const blobs = new Map<Digest, Addition>();
    let [start, filled] = [0, 0];
    for (const digest of digests) {
      const end = start + sizeOf(digest);
      if (digest !== emptyDigest && !blobs.has(digest) && !this.#isHere(digest)) {
        if (filled < start) bytes.copyWithin(filled, start, end);
        filled += end - start;
        blobs.set(digest, { digest });
      }
      start = end;
    }
    if (blobs.size === 0) return;
    await this.#send(bytes.subarray(0, filled), [...blobs.values()], this.#othersOnWay);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  pause(): Promise<void> | undefined {
    if (!this.#isDue) return undefined;
    this.#isDue = false;
    return this.#letGo();
  }

  async end(): Promise<void> {
    await this.#arrive();
    this.#write();
    this.#sink.spare = this.#memory;
    this.#memory = undefined;
    this.#room = Buffer.alloc(0);
  }

  #isHere(digest: Digest): boolean {
    return this.#blobs.has(digest) || this.#digestsOnWay.has(digest) || this.#sink.has(digest);
  }

  /** Makes room, by other threads if there are not too many memories on their way. */
  #flush(): void {
    if (this.#onWay.size >= maxOnWay) return this.#write();
    const memory = this.#memory;
    if (memory === undefined || this.#blobs.size === 0) return;
    const blobs = [...this.#blobs.values()];
    const sent = this.#send(memory.subarray(0, this.#filled), blobs, this.#onWay);
    void sent.then(() => this.#free.push(memory));
    this.#memory = undefined;
    this.#isDue = true;
    this.#startAnew();
  }

  /** Sends blobs on their way. Never rejects. */
  async #send(bytes: Buffer, blobs: readonly Addition[], onWay: Set<Promise<void>>): Promise<void> {
    const sent = this.#sendSoon(bytes, blobs);
    onWay.add(sent);
    await sent;
    onWay.delete(sent);
  }

  async #sendSoon(bytes: Buffer, blobs: readonly Addition[]): Promise<void> {
    for (const { digest } of blobs) this.#digestsOnWay.add(digest);
    try {
      if (!(await this.#sink.addSoon(bytes, blobs))) this.#sink.add(bytes, blobs);
    } catch (error) {
      this.#failure ??= { error };
    }
    for (const { digest } of blobs) this.#digestsOnWay.delete(digest);
  }

  #write(): void {
    if (this.#memory === undefined || this.#blobs.size === 0) return;
    this.#sink.add(this.#memory.subarray(0, this.#filled), [...this.#blobs.values()]);
    this.#startAnew();
  }

  #startAnew(): void {
    this.#blobs = new Map();
    this.#filled = 0;
  }

  /** Lets the event loop turn, or what was written would stay on its way; and waits when that is much. */
  async #letGo(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#onWay.size >= maxOnWay) await Promise.race(this.#onWay);
    if (this.#failure !== undefined) await this.#arrive();
  }

  /** Waits for all that is on its way. Rejects with the first failure. */
  async #arrive(): Promise<void> {
    await Promise.all([...this.#onWay, ...this.#othersOnWay]);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #takeMemory(): Buffer {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const { spare = Buffer.allocUnsafeSlow(memoryBytes) } = this.#sink;
    this.#sink.spare = undefined;
    return spare;
  }
}
