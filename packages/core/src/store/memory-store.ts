/**
 * A store in memory: for tests of pipelines, and for builds that should leave nothing behind.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";

import { digestBytes, emptyDigest, type Digest } from "../digest/digest.ts";
import { blobLost } from "../errors/catalogue.ts";
import type { ActionResult } from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import type { ActionCache, ContentStore, Notes, Store } from "./store.ts";

/** A store that lives as long as the object. Nothing of it reaches a disk. */
export class MemoryStore implements Store, ContentStore, ActionCache {
  readonly #blobs = new Map<Digest, Buffer>([[emptyDigest, Buffer.alloc(0)]]);
  readonly #results = new Map<ActionKey, ActionResult>();
  readonly #notes = new Map<string, Buffer>();

  get content(): ContentStore {
    return this;
  }

  get actions(): ActionCache {
    return this;
  }

  readonly notes: Notes = {
    read: (name) => this.#notes.get(name),
    write: (name, bytes) => void this.#notes.set(name, Buffer.from(bytes)),
  };

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    return [...digests].filter((digest) => !this.#blobs.has(digest));
  }

  async read(digest: Digest): Promise<Buffer> {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw blobLost(digest, "it is not there");
    return Buffer.from(blob);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, Buffer.from(bytes));
    return digest;
  }

  async writeFile(path: string): Promise<Digest> {
    return this.write(readFileSync(path));
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    writeFileSync(path, await this.read(digest), { mode, flag: "wx" });
  }

  async get(key: ActionKey): Promise<ActionResult | undefined> {
    return this.#results.get(key);
  }

  async put(key: ActionKey, result: ActionResult): Promise<void> {
    this.#results.set(key, result);
  }

  /** Drops a blob, as a collection of garbage elsewhere might: a fault for tests. */
  evict(digest: Digest): void {
    this.#blobs.delete(digest);
  }
}
