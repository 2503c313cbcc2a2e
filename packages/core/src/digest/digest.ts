/**
 * Digests: the names of content.
 *
 * Equal digests mean equal bytes, so every module above this one compares names and never contents.
 * Knows nothing of files, stores or builds.
 *
 * @module
 */
import * as crypto from "node:crypto";

import { malformedDigest } from "../errors/catalogue.ts";

declare const brand: unique symbol;

/**
 * The name of a blob: `<SHA-256 in lowercase hex>/<size in bytes>`.
 *
 * A string, so that it can key a `Map`, sit in JSON and be compared with `===`. The size rides along
 * because remote caches address blobs by both (REAPI v2, `Digest`).
 */
export type Digest = string & { readonly [brand]: "Digest" };

/** Names bytes already in memory. */
export function digestBytes(bytes: Uint8Array): Digest {
  return seal(crypto.hash("sha256", bytes, "hex"), bytes.byteLength);
}

/**
 * Reads a digest back from outside: a file, a flag, the wire.
 *
 * @throws {@link BuildError} `MALFORMED_DIGEST` unless `text` is in canonical form.
 */
export function parseDigest(text: string): Digest {
  if (!/^[0-9a-f]{64}\/(0|[1-9][0-9]{0,15})$/.test(text)) throw malformedDigest(text);
  return text as Digest;
}

/** Joins the two halves that the wire carries apart. */
export function makeDigest(hash: string, sizeBytes: number): Digest {
  return parseDigest(`${hash}/${sizeBytes}`);
}

/** The SHA-256 of the named blob, in lowercase hex. */
export function hashOf(digest: Digest): string {
  return digest.slice(0, 64);
}

/** Size of the named blob, in bytes. */
export function sizeOf(digest: Digest): number {
  return Number(digest.slice(65));
}

/** Digest of no bytes: the empty file, and the empty directory. */
export const emptyDigest: Digest = digestBytes(new Uint8Array());

function seal(hash: string, size: number): Digest {
  return `${hash}/${size}` as Digest;
}
