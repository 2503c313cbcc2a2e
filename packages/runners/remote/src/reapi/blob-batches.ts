/**
 * Small blobs, many to a call.
 *
 * @module
 */
import { emptyDigest, sizeOf, type Digest } from "@ashlar/core";

import { remoteUnavailable } from "../errors.ts";
import { Slots } from "../slots.ts";
import { batchesAtOnce, inBatches } from "./batches.ts";
import type { Calls } from "./calls.ts";
import { isTooLarge } from "./failures.ts";
import {
  decodeBatch,
  decodeBatchUpdated,
  decodeMissing,
  encodeBatchRead,
  encodeBatchUpdate,
  encodeFindMissing,
  type BatchItem,
} from "./messages/blobs.ts";
import { compressors } from "./messages/enums.ts";
import type { Status } from "./messages/status.ts";
import { methods } from "./methods.ts";
import { RpcError } from "./transport.ts";
import { undecompressed } from "./undecompressed.ts";
import { zstd } from "./zstd.ts";

/** Digests that are asked about in one call: less than a megabyte. */
const digestsAtOnce = 10_000;

/** Batches of so few bytes are small: it is their number that is limited, not what they hold. */
const smallBytes = 128 * 1024;

/** Small batches under way at once, and questions, which are small as well. */
const smallBatchesAtOnce = 96;

/** Blobs below this are smaller as they are. */
const worthCompressing = 512;

/** What of a service batches depend on. */
export interface BatchAbilities {
  readonly zstdBatches: boolean;
  readonly zstdStreams: boolean;
}

const reading = "read blobs";
const writing = "write blobs";

/** Blobs in batches. What does not fit into one is told to whoever calls. */
export class BlobBatches {
  readonly #calls: Calls;
  readonly #large = new Slots(batchesAtOnce);
  readonly #small = new Slots(smallBatchesAtOnce);

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** Those that are not there. The empty blob is everywhere. */
  async missing(digests: readonly Digest[], signal: AbortSignal): Promise<Digest[]> {
    const asked = [...new Set(digests)].filter((digest) => digest !== emptyDigest);
    const { instance } = this.#calls.connection;
    const chunks = Array.from({ length: Math.ceil(asked.length / digestsAtOnce) }, (_, at) =>
      asked.slice(at * digestsAtOnce, (at + 1) * digestsAtOnce),
    );
    const missing = await Promise.all(
      chunks.map((chunk) =>
        this.#small.use(signal, async () => {
          const request = encodeFindMissing({ instance, digests: chunk });
          const purpose = { signal, doing: "look for blobs" };
          return decodeMissing(await this.#calls.unary(methods.findMissingBlobs, request, purpose));
        }),
      ),
    );
    // A service that names others than were asked for would have them uploaded.
    const wanted = new Set(asked);
    return missing.flat().filter((digest) => wanted.has(digest));
  }

  /**
   * Reads blobs that fit into batches.
   *
   * @returns those that were there, and those that the service does not give in batches
   */
  async read(
    digests: readonly Digest[],
    limit: number,
    able: BatchAbilities,
    signal: AbortSignal,
  ): Promise<{ found: [Digest, Uint8Array][]; refused: Digest[] }> {
    const found: [Digest, Uint8Array][] = [];
    const refused: Digest[] = [];
    const readBatch = async (batch: readonly Digest[]): Promise<void> => {
      try {
        const request = encodeBatchRead({
          instance: this.#calls.connection.instance,
          digests: batch,
          compressors: able.zstdStreams ? [compressors.zstd] : [],
        });
        const purpose = { signal, doing: reading };
        const bytes = batch.reduce((sum, digest) => sum + sizeOf(digest), 0);
        const answer = await this.#slotsFor(bytes).use(signal, async () =>
          this.#calls.unary(methods.batchReadBlobs, request, purpose),
        );
        found.push(...takeItems(decodeBatch(answer), batch));
      } catch (error) {
        await inHalves(batch, error, refused, readBatch);
      }
    };
    await Promise.all([...inBatches(digests, sizeOf, limit)].map(readBatch));
    return { found, refused };
  }

  /**
   * Writes blobs that fit into batches.
   *
   * @returns those that the service does not take in batches
   */
  async write(
    blobs: readonly (readonly [Digest, Uint8Array])[],
    limit: number,
    able: BatchAbilities,
    signal: AbortSignal,
  ): Promise<Digest[]> {
    const refused: Digest[] = [];
    const items = blobs.map(([digest, data]) => itemOf(digest, data, able.zstdBatches));
    const writeBatch = async (batch: readonly BatchItem[]): Promise<void> => {
      try {
        const bytes = batch.reduce((sum, { data }) => sum + data.byteLength, 0);
        const answer = await this.#slotsFor(bytes).use(signal, async () => {
          const request = encodeBatchUpdate(this.#calls.connection.instance, batch);
          return this.#calls.unary(methods.batchUpdateBlobs, request, { signal, doing: writing });
        });
        this.#checkTaken(answer, batch);
      } catch (error) {
        const digests: BatchItem[] = [];
        await inHalves(batch, error, digests, writeBatch);
        refused.push(...digests.map(({ digest }) => digest));
      }
    };
    const batches = inBatches(items, ({ data }) => data.byteLength, limit);
    await Promise.all([...batches].map(writeBatch));
    return refused;
  }

  #slotsFor(bytes: number): Slots {
    return bytes <= smallBytes ? this.#small : this.#large;
  }

  #checkTaken(answer: Buffer, batch: readonly BatchItem[]): void {
    const left = new Set(batch.map(({ digest }) => digest));
    for (const { digest, status } of decodeBatchUpdated(answer)) {
      if (status.status !== "OK" && status.status !== "ALREADY_EXISTS") throw asError(status);
      left.delete(digest);
    }
    if (left.size === 0) return;
    const reason = `it does not say what became of ${left.size} of ${batch.length} blobs`;
    throw remoteUnavailable(this.#calls.connection.name, reason);
  }
}

/** Tries again with each half of a batch that was too large; one that is too large alone is refused. */
async function inHalves<T>(
  batch: readonly T[],
  error: unknown,
  refused: T[],
  tryBatch: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  const isMissingMethod = error instanceof RpcError && error.status === "UNIMPLEMENTED";
  if (isMissingMethod) return void refused.push(...batch);
  if (!isTooLarge(error)) throw error;
  if (batch.length === 1) return void refused.push(...batch);
  const middle = Math.ceil(batch.length / 2);
  await Promise.all([tryBatch(batch.slice(0, middle)), tryBatch(batch.slice(middle))]);
}

function* takeItems(
  items: ReturnType<typeof decodeBatch>,
  batch: readonly Digest[],
): Generator<[Digest, Uint8Array], void> {
  const asked = new Set(batch);
  for (const { digest, status, data, compressor } of items) {
    if (!asked.has(digest) || status.status === "NOT_FOUND") continue;
    if (status.status !== "OK") throw asError(status);
    yield [digest, plain(data, compressor, digest)];
  }
}

function plain(data: Uint8Array, compressor: number, digest: Digest): Uint8Array {
  if (compressor === compressors.identity) return data;
  if (compressor !== compressors.zstd || zstd === undefined) {
    const message = `the blob comes compressed by number ${compressor}, which was not asked for`;
    throw new RpcError({ status: "FAILED_PRECONDITION", message });
  }
  // No more than it may be: what it is, is checked by whoever asked.
  try {
    return zstd.decompress(data, sizeOf(digest));
  } catch (error) {
    throw undecompressed(error);
  }
}

function itemOf(digest: Digest, data: Uint8Array, mayCompress: boolean): BatchItem {
  if (mayCompress && data.byteLength >= worthCompressing) {
    const smaller = zstd?.compress(data);
    if (smaller !== undefined && smaller.byteLength < data.byteLength) {
      return { digest, data: smaller, compressor: compressors.zstd };
    }
  }
  return { digest, data, compressor: compressors.identity };
}

function asError({ status, message, retryAfterMs }: Status): RpcError {
  return new RpcError({ status, message, retryAfterMs });
}
