/**
 * The memory of builds: what one build of some targets writes down for the next.
 *
 * @module
 */
import { BadPacking, Packer, Unpacker } from "../base/packing.ts";
import { digestBytes, hashOf } from "../digest/digest.ts";
import { markIntervalMs } from "../store/recency.ts";
import type { Notes, Store } from "../store/store.ts";
import type { Sources } from "./sources.ts";
import type { Trace } from "./trace.ts";

/** Version of the form in which things are written down. Another one is not read. */
const memoryVersion = 6;

/** Reads and writes the notes of builds that ask for the same in the same place. */
export class Memory {
  readonly #notes: Notes | undefined;
  /** Text that stands for all that tells such builds from others. */
  readonly subject: string;
  readonly #name: string;
  /** Number of the record, which another one hardly ever has. */
  #record: number | undefined;
  /** What the last build has written down, if it could be read. */
  #recalled: Unpacker | undefined;
  /** When results were last marked as used, in milliseconds since 1970. */
  #markedAt = 0;

  /** @param subject - All that tells such builds from others: what they build, where, and with what. */
  constructor(notes: Notes | undefined, subject: readonly unknown[]) {
    const text = JSON.stringify([memoryVersion, ...subject]);
    this.#notes = notes;
    this.subject = hashOf(digestBytes(Buffer.from(text))).slice(0, 32);
    this.#name = `build-${this.subject}`;
  }

  /** Number of what the last build has written down; `undefined` when it could not be read. */
  get record(): number | undefined {
    return this.#record;
  }

  /**
   * What the last such build has written down, read by `read` in the order in which it was written. If
   * it cannot be read, that is as if there were nothing.
   */
  recall<T>(read: (packed: Unpacker | undefined) => T): T {
    const packed = this.#notes?.read(this.#name);
    if (packed === undefined) return read(undefined);
    try {
      const unpacker = new Unpacker(packed);
      this.#markedAt = unpacker.number();
      this.#record = unpacker.number();
      this.#recalled = unpacker.fork();
      return read(unpacker);
    } catch (error) {
      if (!(error instanceof BadPacking)) throw error;
      this.#markedAt = 0;
      this.#record = undefined;
      this.#recalled = undefined;
      return read(undefined);
    }
  }

  /** Whether nothing was written down that could be read. */
  get isBlank(): boolean {
    return this.#recalled === undefined;
  }

  /** Replaces what was written down, if there is anything new. */
  keep(store: Store, sources: Sources, trace: Trace): void {
    if (this.#notes === undefined) return;
    // Results that were reused without a look at them are in use all the same.
    const mustMark = Math.abs(Date.now() - this.#markedAt) > markIntervalMs;
    if (mustMark) store.markUsed?.(trace.keys());
    const isSame = trace.isUnchanged && sources.areUnchanged;
    if (!mustMark && isSame) return;
    const record = isSame ? this.#record : undefined;
    // What is as it was is copied.
    const packer = new Packer(this.#recalled).number(mustMark ? Date.now() : this.#markedAt);
    packer.number(record ?? Date.now() + Math.random());
    sources.pack(packer);
    trace.pack(packer);
    this.#notes.write(this.#name, packer.finish());
  }
}
