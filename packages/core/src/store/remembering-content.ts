/**
 * A content store that remembers small blobs that were read or written.
 *
 * @module
 */
import { digestBytes, type Digest } from "../digest/digest.ts";
import type { ContentStore } from "./store.ts";

/** Blobs up to this size are remembered, and of all of them together this much. */
const maxBytes = 128 * 1024;
const maxTotalBytes = 1024 * 1024;

/**
 * Serves blobs that it remembers from memory, and all others from the store behind. What it does not remember is written
 * to the store behind; what it does was written there once, and is taken for being there until it is told to forget.
 */
export class RememberingContent implements ContentStore {
  readonly #behind: ContentStore;
  #known: ReadonlyMap<Digest, Buffer>;
  /** Small blobs that were read or written by way of this store, whoever served them. */
  readonly used: Map<Digest, Buffer> = new Map<Digest, Buffer>();
  #usedBytes = 0;
  #isUsedAnew = false;

  /** @param known - Blobs by their digests, which are not computed again. */
  constructor(behind: ContentStore, known: ReadonlyMap<Digest, Buffer>) {
    this.#behind = behind;
    this.#known = known;
  }

  /** Whether there is anything among {@link RememberingContent.used} that was not known. */
  get isUsedAnew(): boolean {
    return this.#isUsedAnew;
  }

  /** Serves nothing from memory from now on. */
  forget(): void {
    this.#known = new Map();
  }

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    const unknown = [...digests].filter((digest) => !this.#known.has(digest));
    return unknown.length === 0 ? [] : await this.#behind.missing(unknown);
  }

  async read(digest: Digest): Promise<Buffer> {
    const bytes = this.#known.get(digest) ?? (await this.#behind.read(digest));
    this.#remember(digest, bytes);
    // Whoever reads a blob may write into its memory.
    return Buffer.from(bytes);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    const digest = this.#known.size > 0 ? digestBytes(bytes) : undefined;
    const isKnown = digest !== undefined && this.#known.has(digest);
    const written = isKnown ? digest : await this.#behind.write(bytes);
    this.#remember(written, Buffer.from(bytes));
    return written;
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
    this.#isUsedAnew ||= !this.#known.has(digest);
    this.used.set(digest, bytes);
    this.#usedBytes += size;
  }
}
