/**
 * The memory of builds: what one build of some targets, on some sources, writes down for the next.
 *
 *     notes/build-<subject>    what the last such build has seen
 *     notes/latest-<targets>   the subject of the last build of these targets, on whatever sources
 *
 * So checkouts that share a store do not forget each other. A build that is the first on its sources begins with what the last one
 * on others has left: they may have most of them in common.
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

/** Reads and writes the notes of builds that ask for the same of the same sources. */
export class Memory {
  readonly #notes: Notes | undefined;
  /** Text that stands for all that tells such builds from others. */
  readonly subject: string;
  readonly #name: string;
  /** The note that names the last subject of these targets. */
  readonly #latestName: string;
  /** Before notes told sources apart, what is read of them still. */
  readonly #formerName: string;
  /** Number of the record, which another one hardly ever has. */
  #record: number | undefined;
  /** What the last build has written down, if it could be read. */
  #recalled: Unpacker | undefined;
  /** When results were last marked as used, in milliseconds since 1970. */
  #markedAt = 0;

  /**
   * @param asked - What tells such builds from others: what they build, where, and with what.
   * @param locations - Where their sources lie.
   */
  constructor(
    notes: Notes | undefined,
    asked: readonly unknown[],
    locations: readonly string[] = [],
  ) {
    const targets = shortHash([memoryVersion, ...asked]);
    this.#notes = notes;
    this.subject = shortHash([targets, ...locations]);
    this.#name = `build-${this.subject}`;
    this.#latestName = `latest-${targets}`;
    this.#formerName = `build-${targets}`;
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
    const own = this.#notes?.read(this.#name);
    const packed = own ?? this.#readLatest();
    if (packed === undefined) return read(undefined);
    try {
      const unpacker = new Unpacker(packed);
      this.#markedAt = unpacker.number();
      const record = unpacker.number();
      // What belongs to other sources is not left as it is.
      this.#record = own === undefined ? undefined : record;
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
    const isSame = this.#record !== undefined && trace.isUnchanged && sources.areUnchanged;
    if (!mustMark && isSame) return;
    const record = isSame ? this.#record : undefined;
    // What is as it was is copied.
    const packer = new Packer(this.#recalled).number(mustMark ? Date.now() : this.#markedAt);
    packer.number(record ?? Date.now() + Math.random());
    sources.pack(packer);
    trace.pack(packer);
    this.#notes.write(this.#name, packer.finish());
    const latest = Buffer.from(this.subject);
    const isLatest = this.#notes.read(this.#latestName)?.equals(latest) === true;
    if (!isLatest) this.#notes.write(this.#latestName, latest);
  }

  /** What the last build of these targets has left that was on other sources. */
  #readLatest(): Buffer | undefined {
    const latest = this.#notes?.read(this.#latestName)?.toString("latin1");
    return this.#notes?.read(latest === undefined ? this.#formerName : `build-${latest}`);
  }
}

function shortHash(parts: readonly unknown[]): string {
  return hashOf(digestBytes(Buffer.from(JSON.stringify(parts)))).slice(0, 32);
}
