/**
 * Eviction: decides what goes and what stays. Removes nothing.
 *
 * Results stay from the most recently used one on, each with all that it names, as long as the store
 * fits. Then blobs that no result names, most recent first: sources, and what is left of builds that
 * came to no result. They are on the user's disk or quickly made again, whereas a result stands for a
 * command that ran. Last come files in quarantine, which serve nobody but the curious. What builds hold
 * stays in any case.
 *
 * @module
 */
import { Breath } from "../base/breath.ts";
import { hashOf } from "../digest/digest.ts";
import type { BlobReader } from "./blob-reader.ts";
import {
  isNamed,
  listBlobs,
  listFolder,
  listResults,
  tally,
  type Holding,
  type Item,
  type NamedEntry,
} from "./inventory.ts";
import { Reach, readResult } from "./reach.ts";

/** How much may stay. */
export interface Limits {
  /** Of blobs, results and quarantine together. */
  readonly maxBytes: number;
  /** What was last used before this time goes, in milliseconds since 1970. */
  readonly oldestMs: number;
  /** What was used at this time or later is held, in milliseconds since 1970. */
  readonly heldSinceMs: number;
}

/** The two sides of a decision about some files. */
export interface Choice<I extends Holding> {
  readonly going: readonly I[];
  readonly staying: readonly I[];
}

/** A decision about a whole store. */
export interface Eviction {
  readonly results: Choice<NamedEntry>;
  readonly blobs: Choice<NamedEntry>;
  readonly quarantined: Choice<Item>;
}

/** Decides for the store in a directory, as it is now. */
export async function decideEviction(
  directory: string,
  reader: BlobReader,
  limits: Limits,
  signal?: AbortSignal,
): Promise<Eviction> {
  const breath = new Breath();
  const pause = async (): Promise<void> => await breath.pause(signal);
  const { results, blobs, quarantined } = await takeInventory(directory, pause);
  const loose = [...blobs.values()];
  if (areWithin(limits, [...results, ...loose, ...quarantined])) {
    return { results: all(results), blobs: all(loose), quarantined: all(quarantined) };
  }
  const budget = new Budget(limits);
  for (const blob of loose) if (budget.holds(blob)) budget.spend(blob.bytes);
  const kept = new Reach(reader);
  const lost = new Reach(reader);

  const staysResult = (item: NamedEntry): boolean => {
    const result = readResult(item);
    const added = result && kept.add(result);
    const brought = (added?.blobs ?? []).map((digest) => blobs.get(hashOf(digest)));
    const news = brought.filter((blob) => blob !== undefined).filter((blob) => !budget.holds(blob));
    const stays = budget.admits(item, item.bytes + tally(news).bytes);
    if (!stays && added) kept.takeBack(added);
    if (!stays && result) lost.add(result);
    return stays;
  };
  const chosenResults = await choose(results, staysResult, pause);
  const named = new Set(kept.hashes());
  const orphans = new Set(lost.hashes());
  const staysBlob = (blob: NamedEntry): boolean => {
    if (named.has(blob.hash) || budget.holds(blob)) return true;
    return !orphans.has(blob.hash) && budget.admits(blob, blob.bytes);
  };
  const chosenBlobs = await choose(loose, staysBlob, pause);
  const stays = (item: Item): boolean => budget.admits(item, item.bytes);
  return {
    results: chosenResults,
    blobs: chosenBlobs,
    quarantined: await choose(quarantined, stays, pause),
  };
}

/** What lies in a store. Blobs by their hashes. */
interface Inventory {
  readonly results: readonly NamedEntry[];
  readonly blobs: ReadonlyMap<string, NamedEntry>;
  readonly quarantined: readonly Item[];
}

async function takeInventory(directory: string, pause: () => Promise<void>): Promise<Inventory> {
  const results: NamedEntry[] = [];
  const blobs = new Map<string, NamedEntry>();
  for (const item of listResults(directory)) {
    if (isNamed(item)) results.push(item);
    await pause();
  }
  for (const item of listBlobs(directory)) {
    if (isNamed(item)) blobs.set(item.hash, item);
    await pause();
  }
  return { results, blobs, quarantined: [...listFolder(directory, "quarantine")] };
}

/** True when nothing has to go, so that nothing need be read. */
function areWithin({ maxBytes, oldestMs }: Limits, items: readonly Holding[]): boolean {
  return tally(items).bytes <= maxBytes && items.every(({ usedAtMs }) => usedAtMs >= oldestMs);
}

function all<I extends Holding>(items: readonly I[]): Choice<I> {
  return { going: [], staying: items };
}

/** What may still stay. Once something has not fitted, nothing that comes after it does. */
class Budget {
  readonly #limits: Limits;
  #bytes: number;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#bytes = limits.maxBytes;
  }

  holds({ usedAtMs }: Holding): boolean {
    return usedAtMs >= this.#limits.heldSinceMs;
  }

  admits(item: Holding, bytes: number): boolean {
    if (!this.holds(item)) {
      if (item.usedAtMs < this.#limits.oldestMs) return false;
      if (bytes > this.#bytes) this.#bytes = -1;
      if (this.#bytes < 0) return false;
    }
    this.spend(bytes);
    return true;
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Asks for each item whether it stays, the most recently used first. */
async function choose<I extends Holding>(
  items: readonly I[],
  stays: (item: I) => boolean,
  pause: () => Promise<void>,
): Promise<Choice<I>> {
  const going: I[] = [];
  const staying: I[] = [];
  for (const item of items.toSorted((a, b) => b.usedAtMs - a.usedAtMs)) {
    (stays(item) ? staying : going).push(item);
    await pause();
  }
  return { going, staying };
}
