/**
 * A content store that remembers small blobs that were read.
 *
 * @module
 */
import type { Digest } from "../digest/digest.ts";
import type { ContentStore } from "./store.ts";

/** Blobs up to this size are remembered, and of all of them together this much. */
const maxBytes = 128 * 1024;
const maxTotalBytes = 256 * 1024;

/**
 * Serves blobs that were read before from memory, and all others from the store behind. What is written goes to the store
 * behind, and what is looked for is looked for there.
 */
export class RememberingContent implements ContentStore {
  readonly #behind: ContentStore;
  readonly #known: ReadonlyMap<Digest, Buffer>;
  /** Small blobs that were read by way of this store, whoever served them. */
  readonly used: Map<Digest, Buffer> = new Map<Digest, Buffer>();
  #usedBytes = 0;

  /** @param known - Blobs by their digests, which are not computed again. */
  constructor(behind: ContentStore, known: ReadonlyMap<Digest, Buffer>) {
    this.#behind = behind;
    this.#known = known;
  }

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    return await this.#behind.missing(digests);
  }

  async read(digest: Digest): Promise<Buffer> {
    const bytes = this.#known.get(digest) ?? (await this.#behind.read(digest));
    this.#remember(digest, bytes);
    // Whoever reads a blob may write into its memory.
    return Buffer.from(bytes);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    return await this.#behind.write(bytes);
  }

  async writeFile(path: string): Promise<Digest> {
    return await this.#behind.writeFile(path);
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    await this.#behind.copyTo(digest, path, mode);
  }

  #remember(digest: Digest, bytes: Buffer): void {
    const size = bytes.byteLength;
    if (this.used.has(digest) || size > maxBytes || this.#usedBytes + size > maxTotalBytes) return;
    this.used.set(digest, bytes);
    this.#usedBytes += size;
  }
}
