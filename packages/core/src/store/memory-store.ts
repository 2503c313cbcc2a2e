/**
 * A store in memory: for tests of pipelines, and for builds that should leave nothing behind.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";

import { digestBytes, emptyDigest, hashOf, type Digest } from "../digest/digest.ts";
import { blobLost } from "../errors/store-errors.ts";
import {
  decodeActionResult,
  encodeActionResult,
  type ActionResult,
} from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import type { ActionCache, ContentStore, Notes, Store } from "./store.ts";

/**
 * Bytes up to this size are kept as strings of as many characters. A small buffer takes 200 bytes more, and
 * keeps eight kibibytes of what else was in the making alive: with 100,000 stages, 140 MB.
 */
const smallBytes = 4096;

/** A store that lives as long as the object. Nothing of it reaches a disk. */
export class MemoryStore implements Store, ContentStore, ActionCache {
  readonly #blobs = new Map<Digest, Buffer | string>([[emptyDigest, ""]]);
  readonly #results = new Map<ActionKey, Buffer | string>();
  readonly #notes = new Map<string, Buffer>();

  get content(): ContentStore {
    return this;
  }

  get actions(): ActionCache {
    return this;
  }

  readonly notes: Notes = {
    read: (name) => this.#notes.get(name),
    write: (name, { buffer, byteOffset, byteLength }) => {
      this.#notes.set(name, Buffer.from(buffer, byteOffset, byteLength));
    },
  };

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    return [...digests].filter((digest) => !this.#blobs.has(digest));
  }

  async read(digest: Digest): Promise<Buffer> {
    const blob = this.#blobs.get(digest);
    if (blob === undefined) throw blobLost(digest, "it is not there");
    return bytesOf(blob);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, kept(bytes));
    return digest;
  }

  async writeFile(path: string): Promise<Digest> {
    return this.write(readFileSync(path));
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    writeFileSync(path, await this.read(digest), { mode, flag: "wx" });
  }

  async find(sha256: string): Promise<Digest | undefined> {
    return [...this.#blobs.keys()].find((digest) => hashOf(digest) === sha256);
  }

  async get(key: ActionKey): Promise<ActionResult | undefined> {
    const message = this.#results.get(key);
    return message === undefined ? undefined : decodeActionResult(bytesOf(message));
  }

  async put(key: ActionKey, result: ActionResult): Promise<void> {
    this.#results.set(key, kept(encodeActionResult(result)));
  }

  /** Drops a blob, as a collection of garbage elsewhere might: a fault for tests. */
  evict(digest: Digest): void {
    this.#blobs.delete(digest);
  }
}

/** A copy to keep. */
function kept(bytes: Uint8Array): Buffer | string {
  if (bytes.byteLength > smallBytes) return Buffer.from(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** A copy to give away. */
function bytesOf(copy: Buffer | string): Buffer {
  return typeof copy === "string" ? Buffer.from(copy, "latin1") : Buffer.from(copy);
}
