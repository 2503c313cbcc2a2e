/**
 * Collecting garbage: a store is made to fit.
 *
 *     lock ─▶ leftovers of the dead ─▶ decide ─▶ results go ─▶ blobs go ─▶ quarantine goes ─▶ packs shrink
 *
 * Results go before the blobs that they name. So whenever it stops, by a signal or a crash, what is left
 * is blobs that nothing names, for the next collector, and never a result that names what is gone. Builds
 * go on meanwhile: see {@link StoreLease} for what keeps their files, and the rebuilder for what happens if
 * one is lost all the same.
 *
 * @module
 */
import { Breath } from "../base/breath.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { storeUnwritable } from "../errors/store-errors.ts";
import { BlobReader } from "./blob-reader.ts";
import { CollectorLock } from "./collector-lock.ts";
import { compactPacks } from "./compact-packs.ts";
import type { DiskStore } from "./disk-store.ts";
import { decideEviction } from "./eviction.ts";
import {
  isStore,
  noFiles,
  tally,
  type Holding,
  type Item,
  type NamedEntry,
  type Tally,
} from "./inventory.ts";
import { readLeases } from "./lease.ts";
import { removeLeftovers } from "./leftovers.ts";
import { Reach, readResult } from "./reach.ts";
import { blobUsedAt, resultUsedAt } from "./recency.ts";
import { Removal } from "./removal.ts";
import { isSystemError } from "./system-error.ts";

/** What a store is made to fit. Without a limit, only leftovers of dead processes are removed. */
export interface CollectOptions {
  /** How many bytes may stay: of blobs, results and quarantine together. */
  readonly maxBytes?: number;
  /** How long ago results, and blobs that no result names, may have been used. */
  readonly maxAgeMs?: number;
  /** Time. @defaultValue the machine's */
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** What a collection did. */
export interface CollectionReport {
  /** True when another process was collecting. Then nothing was done, and all numbers are zero. */
  readonly isBusy: boolean;
  readonly removed: FilesByKind & {
    /** Files that dead processes had on the way. */
    readonly temporary: Tally;
  };
  readonly kept: FilesByKind;
}

/** Numbers of files, and their sizes. */
export interface FilesByKind {
  readonly results: Tally;
  readonly blobs: Tally;
  readonly quarantined: Tally;
}

/**
 * Removes what was used least recently, until the store fits. Safe beside builds, readers and other
 * collectors, in this process and in others: what they use stays.
 *
 * A result goes with all that no other result names. A use may be forgotten if it follows another
 * within ten minutes; to the limit of age that is as exact as it gets.
 *
 * @throws {@link BuildError} `INVALID_OPTION` when a limit is negative or no number, or
 *   `STORE_UNWRITABLE`. Rejects with the signal's reason.
 * @example
 * ```ts
 * const { removed } = await collectGarbage(store, { maxBytes: 10 * 2 ** 30 });
 * ```
 */
export async function collectGarbage(
  store: DiskStore,
  options: CollectOptions = {},
): Promise<CollectionReport> {
  const { directory } = store;
  const { clock = systemClock, signal } = options;
  const maxBytes = checkLimit("maxBytes", options.maxBytes);
  const maxAgeMs = checkLimit("maxAgeMs", options.maxAgeMs);
  signal?.throwIfAborted();
  if (!isStore(directory)) return report({});
  store.checkVersion();
  const now = clock.now();
  try {
    using lock = CollectorLock.take(directory, store.temporaryPath(), now);
    if (lock === undefined) return report({ isBusy: true });
    const temporary = tally(removeLeftovers(directory, now));
    const { heldSinceMs } = readLeases(directory, now);
    const limits = { maxBytes, oldestMs: now - maxAgeMs, heldSinceMs };
    const reader = new BlobReader(directory);
    const eviction = await decideEviction(directory, reader, limits, signal);
    const collection = new Collection(directory, reader, now, signal);
    const results = await collection.removeResults(eviction.results.going);
    const blobs = await collection.removeBlobs(eviction.blobs.going);
    const quarantined = await collection.removeQuarantined(eviction.quarantined.going);
    store.releasePack();
    await compactPacks(directory, signal);
    const kept = {
      results: tally([...eviction.results.staying, ...results.spared]),
      blobs: tally([...eviction.blobs.staying, ...blobs.spared]),
      quarantined: tally([...eviction.quarantined.staying, ...quarantined.spared]),
    };
    return report({
      removed: {
        results: tally(results.removed),
        blobs: tally(blobs.removed),
        quarantined: tally(quarantined.removed),
        temporary,
      },
      kept,
    });
  } catch (error) {
    throw isSystemError(error) ? storeUnwritable(directory, error) : error;
  }
}

/** What became of files that were to go. */
interface Outcome<I extends Holding> {
  readonly removed: readonly I[];
  readonly spared: readonly I[];
}

/** The removals of one collection, in their order. */
class Collection {
  readonly #removal: Removal;
  readonly #breath = new Breath();
  readonly #signal: AbortSignal | undefined;
  /** What results name that are in use again. */
  readonly #spared: Reach;

  constructor(directory: string, reader: BlobReader, now: number, signal: AbortSignal | undefined) {
    this.#removal = new Removal(directory, now);
    this.#spared = new Reach(reader);
    this.#signal = signal;
  }

  async removeResults(going: readonly NamedEntry[]): Promise<Outcome<NamedEntry>> {
    const outcome = await this.#each(going, (item) => this.#removal.removeAll(item, resultUsedAt));
    for (const item of outcome.spared) {
      const result = readResult(item);
      if (result) this.#spared.add(result);
    }
    return outcome;
  }

  async removeBlobs(going: readonly NamedEntry[]): Promise<Outcome<NamedEntry>> {
    const spared = new Set(this.#spared.hashes());
    return await this.#each(
      going,
      (item) => !spared.has(item.hash) && this.#removal.removeAll(item, blobUsedAt),
    );
  }

  async removeQuarantined(going: readonly Item[]): Promise<Outcome<Item>> {
    return await this.#each(going, (item) => this.#removal.remove(item, blobUsedAt));
  }

  async #each<I extends Holding>(
    items: readonly I[],
    remove: (item: I) => boolean,
  ): Promise<Outcome<I>> {
    const removed: I[] = [];
    const spared: I[] = [];
    for (const item of items) {
      (remove(item) ? removed : spared).push(item);
      await this.#breath.pause(this.#signal);
    }
    return { removed, spared };
  }
}

function checkLimit(name: string, limit: number | undefined): number {
  if (limit === undefined) return Infinity;
  if (typeof limit === "number" && limit >= 0) return limit;
  throw invalidOption(name, String(limit), "a number, at least 0");
}

const nothing: FilesByKind = { results: noFiles, blobs: noFiles, quarantined: noFiles };

function report(parts: Partial<CollectionReport>): CollectionReport {
  return { isBusy: false, removed: { ...nothing, temporary: noFiles }, kept: nothing, ...parts };
}
