/**
 * The closed sets of the Remote Execution API, and how lists of their members are written.
 *
 * @module
 */
import type { Field } from "@ashlar/core";

/** `DigestFunction.Value`, by number. */
export const digestFunctionNames: readonly string[] = [
  "unknown",
  "SHA256",
  "SHA1",
  "MD5",
  "VSO",
  "SHA384",
  "SHA512",
  "MURMUR3",
  "SHA256TREE",
  "BLAKE3",
  "GITSHA1",
];

/** The one digest function that we speak: keys and blobs are named by it. */
export const sha256 = 1;

/** `Compressor.Value`: those that we know. */
export const compressors = { identity: 0, zstd: 1 } as const;

/** Writes a list of enum values, packed as proto3 has it. None is above 127. */
export function packed(values: readonly number[]): Buffer {
  return Buffer.from(values);
}

/** What one field of a list of enum values holds: one value, or all of them packed. */
export function readEnums({ bytes, integer }: Field): number[] {
  return bytes.length === 0 ? [integer] : unpack(bytes);
}

/** Numbers of more than one byte are read too: a service may know functions that we do not. */
function unpack(bytes: Buffer): number[] {
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte >= 0x80) continue;
    values.push(value);
    value = 0;
    scale = 1;
  }
  return values;
}
