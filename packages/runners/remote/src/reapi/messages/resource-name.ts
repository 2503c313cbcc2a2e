/**
 * Names of blobs in `ByteStream`, where they are one text.
 *
 *     [<instance>/]blobs/<hash>/<size>
 *     [<instance>/]uploads/<uuid>/blobs/<hash>/<size>
 *     … /compressed-blobs/zstd/<hash>/<size>
 *
 * The digest function is left out: SHA-256 is told by the length of the hash. The size is that of the blob, compressed
 * or not.
 *
 * @module
 */
import { makeDigest, type Digest } from "@ashlar/core";

/** What a resource name says. */
export interface ResourceName {
  readonly instance: string;
  readonly digest: Digest;
  readonly isCompressed: boolean;
  /** Of an upload. */
  readonly uuid?: string;
}

const form =
  /^(?:(?<instance>.+?)\/)??(?:uploads\/(?<uuid>[^/]+)\/)?(?<kind>blobs|compressed-blobs\/zstd)\/(?<hash>[0-9a-f]{64})\/(?<size>\d+)$/;

/** Writes a name. */
export function resourceName({ instance, digest, isCompressed, uuid }: ResourceName): string {
  const words = [isCompressed ? "compressed-blobs/zstd" : "blobs", digest];
  if (uuid !== undefined) words.unshift("uploads", uuid);
  if (instance !== "") words.unshift(instance);
  return words.join("/");
}

/** Reads a name; `undefined` when it is none. */
export function parseResourceName(name: string): ResourceName | undefined {
  const { instance = "", uuid, kind, hash = "", size } = form.exec(name)?.groups ?? {};
  if (kind === undefined) return undefined;
  const digest = makeDigest(hash, Number(size));
  return { instance, digest, isCompressed: kind !== "blobs", ...(uuid !== undefined && { uuid }) };
}
