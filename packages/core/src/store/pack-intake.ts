/**
 * Intake of many small blobs: they are read into the memory from which they go into a pack, so that
 * 10,000 of them take some tens of writes.
 *
 * @module
 */
import { digestBytes, emptyDigest, type Digest } from "../digest/digest.ts";
import type { Addition } from "./pack-writer.ts";
import type { Intake } from "./store.ts";

/** Memory that is filled before it is written. */
const memoryBytes = 1024 * 1024;

/** Where blobs go, and the memory that they go through. */
export interface PackSink {
  /** True when there is no need to add the blob. */
  has(digest: Digest): boolean;
  /** Adds blobs, whose bytes lie one after another. */
  add(bytes: Uint8Array, blobs: readonly Addition[]): void;
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
    if (digest === emptyDigest || this.#blobs.has(digest) || this.#sink.has(digest)) return digest;
    this.#blobs.set(digest, { digest });
    this.#filled += sizeBytes;
    return digest;
  }

  async end(): Promise<void> {
    this.#flush();
    this.#sink.spare = this.#memory;
    this.#memory = undefined;
    this.#room = Buffer.alloc(0);
  }

  #flush(): void {
    if (this.#memory === undefined || this.#blobs.size === 0) return;
    this.#sink.add(this.#memory.subarray(0, this.#filled), [...this.#blobs.values()]);
    this.#blobs = new Map();
    this.#filled = 0;
  }

  #takeMemory(): Buffer {
    const { spare = Buffer.allocUnsafeSlow(memoryBytes) } = this.#sink;
    this.#sink.spare = undefined;
    return spare;
  }
}
