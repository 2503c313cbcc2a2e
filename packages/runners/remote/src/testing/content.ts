/**
 * What a service in memory holds.
 *
 * @module
 */
import { digestBytes, emptyDigest, type ActionKey, type Digest } from "@ashlar/core";

/** Blobs, results and uploads that are not at their end. */
export class Content {
  readonly blobs: Map<Digest, Buffer> = new Map<Digest, Buffer>();
  readonly results: Map<ActionKey, Buffer> = new Map<ActionKey, Buffer>();
  /** By resource name. */
  readonly uploads: Map<string, Buffer[]> = new Map<string, Buffer[]>();

  /** Keeps a blob. */
  add(bytes: Uint8Array): Digest {
    const digest = digestBytes(bytes);
    this.blobs.set(digest, Buffer.from(bytes));
    return digest;
  }

  /** The empty blob is always there. */
  get(digest: Digest): Buffer | undefined {
    return this.blobs.get(digest) ?? (digest === emptyDigest ? Buffer.alloc(0) : undefined);
  }

  has(digest: Digest): boolean {
    return digest === emptyDigest || this.blobs.has(digest);
  }

  clear(): void {
    this.blobs.clear();
    this.results.clear();
    this.uploads.clear();
  }
}
