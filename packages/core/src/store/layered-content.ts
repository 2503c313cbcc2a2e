/**
 * A content store with a few blobs in front of it that only this process needs.
 *
 * @module
 */
import { writeFileSync } from "node:fs";

import type { Digest } from "../digest/digest.ts";
import { copyEach } from "./copy-each.ts";
import type { ContentStore, Copy, Intake } from "./store.ts";

/**
 * Serves some blobs from memory, and all others from the store behind. What is written goes to the
 * store behind; the blobs in front never do.
 */
export class LayeredContent implements ContentStore {
  readonly #front: ReadonlyMap<Digest, Buffer>;
  /** The store for what is not in front. */
  readonly behind: ContentStore;

  /** @param front - Blobs by their digests, which are not computed again. */
  constructor(front: ReadonlyMap<Digest, Buffer>, behind: ContentStore) {
    this.#front = front;
    this.behind = behind;
  }

  /** Whether a blob is in front. */
  isInFront(digest: Digest): boolean {
    return this.#front.has(digest);
  }

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    return await this.behind.missing([...digests].filter((digest) => !this.#front.has(digest)));
  }

  async read(digest: Digest): Promise<Buffer> {
    const blob = this.#front.get(digest);
    return blob === undefined ? await this.behind.read(digest) : Buffer.from(blob);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    return await this.behind.write(bytes);
  }

  async writeFile(path: string): Promise<Digest> {
    return await this.behind.writeFile(path);
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    const blob = this.#front.get(digest);
    if (blob === undefined) await this.behind.copyTo(digest, path, mode);
    else writeFileSync(path, blob, { mode, flag: "wx" });
  }

  async copyAll(copies: readonly Copy[], signal?: AbortSignal): Promise<void> {
    const isInFront = ({ digest }: Copy): boolean => this.#front.has(digest);
    await copyEach(this, copies.filter(isInFront), signal);
    const others = copies.filter((copy) => !isInFront(copy));
    if (this.behind.copyAll === undefined) await copyEach(this.behind, others, signal);
    else await this.behind.copyAll(others, signal);
  }

  get intake(): (() => Intake) | undefined {
    return this.behind.intake?.bind(this.behind);
  }
}
