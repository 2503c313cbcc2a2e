/**
 * Batches: small blobs that share a call.
 *
 * A service that says no limit still has one, that of a message of gRPC: 4 MiB, unless it was told otherwise. So
 * batches stay below that, with room for what is not content.
 *
 * @module
 */

/** Bytes that a blob takes in a message besides its own: its digest, a status, lengths. */
const bytesBeside = 120;

/** Items of a batch at most, however small. */
const mostItems = 4000;

/** What a service takes that says nothing. */
const usualBytes = 4 * 2 ** 20 - 64 * 1024;

/** A batch is no smaller than this for the sake of having several under way. */
const leastBytes = 256 * 1024;

/** Batches that a service may work on at once. */
export const batchesAtOnce = 8;

/** Most bytes of a batch of a service that says so many. 0: it says nothing. */
export function batchLimit(advertised: number): number {
  return advertised > 0 ? Math.min(advertised, usualBytes) : usualBytes;
}

/** Whether a blob goes in a batch at all. */
export function fitsBatch(size: number, limit: number): boolean {
  return size + bytesBeside <= limit;
}

/** Puts items that fit into batches, in their order: as many as can be worked on at once, and none too large. */
export function* inBatches<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  limit: number,
): Generator<readonly T[], void> {
  const weights = items.map((item) => sizeOf(item) + bytesBeside);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const wanted = Math.max(leastBytes, Math.ceil(total / batchesAtOnce));
  const most = Math.min(limit, wanted);
  let batch: T[] = [];
  let weight = 0;
  for (const [at, item] of items.entries()) {
    const own = weights[at] ?? 0;
    if (batch.length > 0 && (weight + own > most || batch.length === mostItems)) {
      yield batch;
      batch = [];
      weight = 0;
    }
    batch.push(item);
    weight += own;
  }
  if (batch.length > 0) yield batch;
}
