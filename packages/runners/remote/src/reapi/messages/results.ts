/**
 * The messages of `ActionCache`. Results themselves pass as the bytes that they are.
 *
 * @module
 */
import { emptyDigest, MessageWriter, readDigest, readFields, type ActionKey } from "@ashlar/core";

import { sha256 } from "./enums.ts";

/** `GetActionResultRequest`. Nothing is asked to be inlined: blobs are fetched as blobs. */
export interface GetResult {
  readonly instance: string;
  readonly key: ActionKey;
}

/** `UpdateActionResultRequest`. */
export interface UpdateResult extends GetResult {
  /** An `ActionResult`. */
  readonly result: Uint8Array;
}

const writer = new MessageWriter();

/** Writes the message. */
export function encodeGetResult({ instance, key }: GetResult): Buffer {
  return writer.clear().string(1, instance).digest(2, key).integer(6, sha256).finish();
}

/** Reads the message. */
export function decodeGetResult(message: Uint8Array): GetResult {
  const { instance, key } = decodeUpdateResult(message);
  return { instance, key };
}

/** Writes the message. */
export function encodeUpdateResult({ instance, key, result }: UpdateResult): Buffer {
  writer.clear().string(1, instance).digest(2, key).message(3, result);
  return writer.integer(5, sha256).finish();
}

/** Reads the message. */
export function decodeUpdateResult(message: Uint8Array): UpdateResult {
  let instance = "";
  let key = emptyDigest;
  let result: Uint8Array = Buffer.alloc(0);
  for (const { number, bytes } of readFields(message)) {
    if (number === 1) instance = bytes.toString("utf8");
    if (number === 2) key = readDigest(bytes);
    if (number === 3) result = bytes;
  }
  return { instance, key, result };
}
