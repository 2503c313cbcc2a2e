/**
 * The messages of `ContentAddressableStorage`: which blobs are missing, and small ones in batches.
 *
 * @module
 */
import { MessageWriter, readDigest, readFields, type Digest } from "@ashlar/core";

import { packed, readEnums, sha256 } from "./enums.ts";
import { decodeStatus, encodeStatus, okStatus, type Status } from "./status.ts";

/** Digests that are asked about in one call, of one instance. */
export interface DigestsRequest {
  readonly instance: string;
  readonly digests: readonly Digest[];
  /** Of `BatchReadBlobs`: what the answer may be compressed with. */
  readonly compressors?: readonly number[];
}

/** A blob in a batch. */
export interface BatchItem {
  readonly digest: Digest;
  /** As it is transferred. */
  readonly data: Uint8Array;
  readonly compressor: number;
}

/** What became of a blob in a batch. */
export interface ItemStatus {
  readonly digest: Digest;
  readonly status: Status;
}

const writer = new MessageWriter();

/** Writes a `FindMissingBlobsRequest`. */
export function encodeFindMissing({ instance, digests }: DigestsRequest): Buffer {
  writer.clear().string(1, instance);
  for (const digest of digests) writer.digest(2, digest);
  return writer.integer(3, sha256).finish();
}

/** Reads a `FindMissingBlobsRequest`. */
export function decodeFindMissing(message: Uint8Array): DigestsRequest {
  return decodeDigests(message);
}

/** Writes a `FindMissingBlobsResponse`. */
export function encodeMissing(digests: readonly Digest[]): Buffer {
  writer.clear();
  for (const digest of digests) writer.digest(2, digest);
  return writer.finish();
}

/** Reads a `FindMissingBlobsResponse`. */
export function decodeMissing(message: Uint8Array): Digest[] {
  return [...decodeDigests(message).digests];
}

/** Writes a `BatchReadBlobsRequest`. */
export function encodeBatchRead({ instance, digests, compressors = [] }: DigestsRequest): Buffer {
  writer.clear().string(1, instance);
  for (const digest of digests) writer.digest(2, digest);
  return writer.bytes(3, packed(compressors)).integer(4, sha256).finish();
}

/** Reads a `BatchReadBlobsRequest`. */
export function decodeBatchRead(message: Uint8Array): Required<DigestsRequest> {
  const compressors: number[] = [];
  for (const field of readFields(message)) {
    if (field.number === 3) compressors.push(...readEnums(field));
  }
  return { ...decodeDigests(message), compressors };
}

/** Writes a `BatchReadBlobsResponse`. */
export function encodeBatch(items: readonly (BatchItem & ItemStatus)[]): Buffer {
  writer.clear();
  for (const { digest, data, status, compressor } of items) {
    const item = writer.begin(1);
    writer.digest(1, digest).bytes(2, data);
    if (status.status !== "OK") writer.message(3, encodeStatus(status));
    writer.integer(4, compressor).end(item);
  }
  return writer.finish();
}

/** Reads a `BatchReadBlobsResponse`. The data are views of the message. */
export function decodeBatch(message: Uint8Array): (BatchItem & ItemStatus)[] {
  return Array.from(readFields(message)).flatMap(({ number, bytes }) =>
    number === 1 ? [decodeItem(bytes, 4, 3)] : [],
  );
}

/** Writes a `BatchUpdateBlobsRequest`. */
export function encodeBatchUpdate(instance: string, items: readonly BatchItem[]): Buffer {
  writer.clear().string(1, instance);
  for (const { digest, data, compressor } of items) {
    const item = writer.begin(2);
    writer.digest(1, digest).bytes(2, data).integer(3, compressor).end(item);
  }
  return writer.integer(5, sha256).finish();
}

/** Reads a `BatchUpdateBlobsRequest`. The data are views of the message. */
export function decodeBatchUpdate(message: Uint8Array): {
  readonly instance: string;
  readonly items: readonly BatchItem[];
} {
  let instance = "";
  const items: BatchItem[] = [];
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) instance = bytes.toString("utf8");
    if (number === 2) items.push(decodeItem(bytes, 3));
  }
  return { instance, items };
}

/** Writes a `BatchUpdateBlobsResponse`. */
export function encodeBatchUpdated(items: readonly ItemStatus[]): Buffer {
  writer.clear();
  for (const { digest, status } of items) {
    const item = writer.begin(1);
    writer.digest(1, digest);
    // Present when it says nothing, as services have it.
    writer.message(2, status.status === "OK" ? Buffer.alloc(0) : encodeStatus(status)).end(item);
  }
  return writer.finish();
}

/** Reads a `BatchUpdateBlobsResponse`. */
export function decodeBatchUpdated(message: Uint8Array): ItemStatus[] {
  return Array.from(readFields(message)).flatMap(({ number, bytes }) => {
    if (number !== 1) return [];
    const { digest, status } = decodeItem(bytes, undefined, 2);
    return [{ digest, status }];
  });
}

function decodeDigests(message: Uint8Array): Required<DigestsRequest> {
  let instance = "";
  const digests: Digest[] = [];
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) instance = bytes.toString("utf8");
    if (number === 2) digests.push(readDigest(bytes));
  }
  return { instance, digests, compressors: [] };
}

/** Digest first; data second, unless that is the status; the others where the message has them. */
function decodeItem(
  message: Buffer,
  compressorField: number | undefined,
  statusField?: number,
): BatchItem & ItemStatus {
  let digest: Digest | undefined;
  let data: Uint8Array = Buffer.alloc(0);
  let status = okStatus;
  let compressor = 0;
  for (const { number, bytes, integer } of readFields(message)) {
    if (number === 1) digest = readDigest(bytes);
    if (number === 2 && statusField !== 2) data = bytes;
    if (number === statusField) status = decodeStatus(bytes);
    if (number === compressorField) compressor = integer;
  }
  return { digest: digest ?? readDigest(Buffer.alloc(0)), data, status, compressor };
}
