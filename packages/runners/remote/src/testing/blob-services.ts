/**
 * Capabilities, blobs in batches, and results, of a server in memory.
 *
 * @module
 */
import { digestBytes, sizeOf, type Digest } from "@ashlar/core";

import {
  decodeBatchRead,
  decodeBatchUpdate,
  decodeFindMissing,
  encodeBatch,
  encodeBatchUpdated,
  encodeMissing,
  type BatchItem,
  type ItemStatus,
} from "../reapi/messages/blobs.ts";
import { decodeGetCapabilities, encodeCapabilities } from "../reapi/messages/capabilities.ts";
import { compressors } from "../reapi/messages/enums.ts";
import { decodeGetResult, decodeUpdateResult } from "../reapi/messages/results.ts";
import { okStatus, type Status, type StatusName } from "../reapi/messages/status.ts";
import { zstd } from "../reapi/zstd.ts";
import { checkInstance, Refusal, unary, type Ground, type Handlers } from "./service.ts";

/** Handlers of `Capabilities`, `ContentAddressableStorage` and `ActionCache`. */
export function blobServices(ground: Ground): Handlers {
  const { behaviour, content } = ground;
  return {
    getCapabilities: unary(ground, "getCapabilities", (request) => {
      if (!behaviour.hasCapabilities) throw new Refusal("UNIMPLEMENTED", "not here");
      checkInstance(ground, decodeGetCapabilities(request));
      return encodeCapabilities(capabilitiesOf(ground));
    }),
    findMissingBlobs: unary(ground, "findMissingBlobs", (request) => {
      const { instance, digests } = decodeFindMissing(request);
      checkInstance(ground, instance);
      return encodeMissing(digests.filter((digest) => !content.has(digest)));
    }),
    batchReadBlobs: unary(ground, "batchReadBlobs", (request) => {
      const { instance, digests, compressors: acceptable } = decodeBatchRead(request);
      checkInstance(ground, instance);
      checkBatch(ground, digests);
      return encodeBatch(digests.map((digest) => readItem(ground, digest, acceptable)));
    }),
    batchUpdateBlobs: unary(ground, "batchUpdateBlobs", (request) => {
      const { instance, items } = decodeBatchUpdate(request);
      checkInstance(ground, instance);
      checkBatch(
        ground,
        items.map(({ digest }) => digest),
      );
      return encodeBatchUpdated(items.map((item) => takeItem(ground, item)));
    }),
    getActionResult: unary(ground, "getActionResult", (request) => {
      const { instance, key } = decodeGetResult(request);
      checkInstance(ground, instance);
      const result = content.results.get(key);
      if (result === undefined) throw new Refusal("NOT_FOUND", "no such result");
      return result;
    }),
    updateActionResult: unary(ground, "updateActionResult", (request) => {
      const { instance, key, result } = decodeUpdateResult(request);
      checkInstance(ground, instance);
      if (!behaviour.updateEnabled) throw new Refusal("PERMISSION_DENIED", "results are not taken");
      content.results.set(key, Buffer.from(result));
      return Buffer.from(result);
    }),
  };
}

function capabilitiesOf({ behaviour }: Ground): Parameters<typeof encodeCapabilities>[0] {
  const version = { major: behaviour.majorVersion, minor: 0 };
  return {
    cache: {
      digestFunctions: behaviour.digestFunctions,
      updateEnabled: behaviour.updateEnabled,
      maxBatchTotalSizeBytes: behaviour.maxBatchBytes,
      compressors: behaviour.compressors,
      batchUpdateCompressors: behaviour.compressors,
      maxBlobSizeBytes: 0,
    },
    execution: behaviour.execEnabled
      ? { execEnabled: true, digestFunctions: behaviour.digestFunctions }
      : undefined,
    lowVersion: version,
    highVersion: version,
  };
}

function checkBatch({ behaviour: { maxBatchBytes } }: Ground, digests: readonly Digest[]): void {
  const size = digests.reduce((sum, digest) => sum + sizeOf(digest), 0);
  if (maxBatchBytes === 0 || size <= maxBatchBytes) return;
  throw new Refusal("INVALID_ARGUMENT", `a batch of ${size} bytes exceeds ${maxBatchBytes}`);
}

function readItem(
  { content, behaviour }: Ground,
  digest: Digest,
  acceptable: readonly number[],
): BatchItem & ItemStatus {
  const found = content.get(digest);
  if (found === undefined) {
    const status = failed("NOT_FOUND", "no such blob");
    return { digest, data: Buffer.alloc(0), compressor: compressors.identity, status };
  }
  const data = behaviour.wrongBytes.has(digest) ? altered(found) : found;
  if (zstd === undefined || !acceptable.includes(compressors.zstd)) {
    return { digest, data, compressor: compressors.identity, status: okStatus };
  }
  return { digest, data: zstd.compress(data), compressor: compressors.zstd, status: okStatus };
}

function takeItem({ content }: Ground, { digest, data, compressor }: BatchItem): ItemStatus {
  const bytes = compressor === compressors.zstd ? zstd?.decompress(data) : data;
  if (bytes === undefined || digestBytes(bytes) !== digest) {
    return { digest, status: failed("INVALID_ARGUMENT", "not the bytes of this digest") };
  }
  content.add(bytes);
  return { digest, status: okStatus };
}

/** The same number of bytes, and others. */
export function altered(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 0xff;
  return copy;
}

function failed(status: StatusName, message: string): Status {
  return { status, message, violations: [] };
}
