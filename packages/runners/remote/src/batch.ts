/**
 * Batches: many small things in a few messages, and few messages at once.
 *
 * @module
 */
import { sizeOf, type Digest } from "@ashlar/core";

/** Blobs up to this size travel in batches, in bytes. */
export const smallBytes: number = 128 * 1024;

/** Bytes and blobs in one batch. Little enough to arrive in seconds on a slow line. */
const batchBytes = 1024 * 1024;
const batchBlobs = 1000;

/** Whether a blob travels in a batch. */
export function isSmall(digest: Digest): boolean {
  return sizeOf(digest) <= smallBytes;
}

/** Takes the first batch off a list. */
export function takeBatch(queue: Set<Digest>): Digest[] {
  const batch: Digest[] = [];
  let bytes = 0;
  for (const digest of queue) {
    bytes += sizeOf(digest);
    if (batch.length > 0 && (bytes > batchBytes || batch.length === batchBlobs)) break;
    batch.push(digest);
    queue.delete(digest);
  }
  return batch;
}
