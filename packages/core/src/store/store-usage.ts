/**
 * Usage: how much a store holds, and how long ago it was used.
 *
 * @module
 */
import { join } from "node:path";

import { Breath } from "../base/breath.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { listCaches, tallyBelow } from "./cache-care.ts";
import type { DiskStore } from "./disk-store.ts";
import {
  isStore,
  listBlobs,
  listFolder,
  listResults,
  noFiles,
  type Holding,
  type Tally,
} from "./inventory.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Upper bounds of the age buckets, in milliseconds. The last one takes all that is older. */
const bounds = [60 * 60 * 1000, dayMs, 7 * dayMs, 30 * dayMs, Infinity];

/** What was last used within a span of time. */
export interface AgeBucket {
  /** How long ago at most, in milliseconds; more than in the bucket before. The last is `Infinity`. */
  readonly maxAgeMs: number;
  readonly results: Tally;
  readonly blobs: Tally;
}

/** What a store holds. */
export interface StoreUsage {
  /** Everything together. */
  readonly total: Tally;
  readonly results: Tally;
  readonly blobs: Tally;
  /** Files on their way. */
  readonly temporary: Tally;
  readonly quarantined: Tally;
  /** What makes later builds faster, and is not collected: builds themselves keep it short. */
  readonly notes: Tally;
  /** What is in the directories that survive between runs. Not collected either: see `removeCache`. */
  readonly caches: Tally;
  /** What runners keep laid out there of blobs, for later builds. It can be laid out again, and they keep it short. */
  readonly trees: Tally;
  /** Results and blobs by the time of their last use: an hour, a day, a week, 30 days, longer. */
  readonly ages: readonly AgeBucket[];
}

/**
 * Counts what a store holds. Of a store in use, the numbers are of no single moment.
 *
 * @throws {@link BuildError} `STORE_UNWRITABLE` when something else is in the place of the store.
 *   Rejects with the signal's reason.
 */
export async function storeUsage(
  store: DiskStore,
  options: { readonly clock?: Clock; readonly signal?: AbortSignal | undefined } = {},
): Promise<StoreUsage> {
  const { clock = systemClock, signal } = options;
  const now = clock.now();
  signal?.throwIfAborted();
  const { directory } = store;
  isStore(directory);
  store.checkVersion();
  const breath = new Breath();
  const count = async (items: Iterable<Holding>): Promise<Tally[]> => {
    const tallies = bounds.map(() => noFiles);
    for (const { bytes, usedAtMs } of items) {
      const at = bounds.findIndex((bound) => now - usedAtMs <= bound);
      tallies[at] = add(tallies[at] ?? noFiles, { count: 1, bytes });
      await breath.pause(signal);
    }
    return tallies;
  };
  const results = await count(listResults(directory));
  const blobs = await count(listBlobs(directory));
  const parts = {
    results: results.reduce(add),
    blobs: blobs.reduce(add),
    temporary: (await count(listFolder(directory, "tmp"))).reduce(add),
    quarantined: (await count(listFolder(directory, "quarantine"))).reduce(add),
    notes: (await count(listFolder(directory, "notes"))).reduce(add),
    caches: (await listCaches({ directory }, signal))
      .map(({ files }) => files)
      .reduce(add, noFiles),
    trees: await tallyBelow(join(directory, "trees"), signal),
  };
  const ages = bounds.map((maxAgeMs, at) => {
    return { maxAgeMs, results: results[at] ?? noFiles, blobs: blobs[at] ?? noFiles };
  });
  return { total: Object.values(parts).reduce(add), ...parts, ages };
}

function add(a: Tally, b: Tally): Tally {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes };
}
