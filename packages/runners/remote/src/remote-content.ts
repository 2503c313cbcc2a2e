/**
 * Content with a remote cache behind it: what is not here, and is there, is fetched when somebody needs it.
 *
 * What is written stays here; it goes there with the result that names it.
 *
 * @module
 */
import {
  BuildError,
  emptyDigest,
  untilAborted,
  type ContentStore,
  type Copy,
  type Digest,
  type Intake,
} from "@ashlar/core";

import type { Fetching } from "./fetching.ts";
import type { Inquiry } from "./inquiry.ts";
import type { PatientCache } from "./patient-cache.ts";
import type { Presence } from "./presence.ts";
import type { PromisedTrees } from "./promised-trees.ts";
import type { Tally } from "./tally.ts";

/** What such content is made of. */
export interface RemoteContentParts {
  readonly local: ContentStore;
  readonly cache: PatientCache;
  readonly presence: Presence;
  readonly inquiry: Inquiry;
  readonly fetching: Fetching;
  /** Counts what is fetched. */
  readonly tally: Tally;
  readonly trees: PromisedTrees;
}

/** Serves blobs from a store, and from a remote cache what the store has not. */
export class RemoteContent implements ContentStore {
  readonly #parts: RemoteContentParts;

  constructor(parts: RemoteContentParts) {
    this.#parts = parts;
  }

  /** What a result that was found there has promised counts as there: if it is not, that shows when it is needed. */
  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    const { local, cache, presence, inquiry, trees } = this.#parts;
    const asked = [...digests];
    if (!cache.isOpen("read")) return await local.missing(asked);
    const isLikely = (each: Digest): boolean => presence.isLikely(each) || trees.isLikely(each);
    // Whether what is there is here as well makes no difference, and to look takes time.
    const unlikely = asked.filter((each) => !isLikely(each));
    const absent = unlikely.length === 0 ? unlikely : await local.missing(unlikely);
    const unknown = absent.filter((each) => !presence.isMissed(each) && !trees.isAstray(each));
    if (unknown.length === 0) return absent;
    const elsewhere = new Set<Digest>();
    try {
      const nowhere = new Set(await cache.wait(inquiry.missing([...new Set(unknown)])));
      const seen = unknown.filter((each) => !nowhere.has(each));
      presence.see(seen);
      for (const digest of seen) elsewhere.add(digest);
    } catch (error) {
      // That it cannot be asked was told of: what it would have is not to be had.
      if (!(error instanceof BuildError)) throw error;
      if (!cache.isOpen("read")) return await local.missing(asked);
    }
    return absent.filter((each) => !elsewhere.has(each));
  }

  async read(digest: Digest): Promise<Buffer> {
    const { local } = this.#parts;
    return await this.#fetchIfLost(digest, async () => await local.read(digest));
  }

  /** A directory alone is asked for only where it is known to be there: else each level of a tree were a round trip. */
  async readDirectory(digest: Digest): Promise<Buffer> {
    const { local, presence, trees } = this.#parts;
    try {
      return await local.read(digest);
    } catch (error) {
      if (!isLost(error)) throw error;
      if (!trees.has(digest) && !presence.isSeen(digest)) {
        trees.stray(digest);
        trees.doubt();
        throw error;
      }
    }
    return await this.read(digest);
  }

  promisesTree(root: Digest): boolean {
    return this.#parts.trees.isUnseen(root);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    return await this.#parts.local.write(bytes);
  }

  async writeFile(path: string): Promise<Digest> {
    return await this.#parts.local.writeFile(path);
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    const { local } = this.#parts;
    await this.#fetchIfLost(digest, async () => await local.copyTo(digest, path, mode));
  }

  async copyAll(copies: readonly Copy[], signal?: AbortSignal): Promise<void> {
    const { local, cache } = this.#parts;
    const absent = await local.missing(new Set(copies.map(({ digest }) => digest)));
    const fetched = this.fetch(absent);
    await cache.wait(signal === undefined ? fetched : untilAborted(fetched, signal));
    if (local.copyAll !== undefined) return await local.copyAll(copies, signal);
    for (const { digest, path, mode, mtime } of copies) {
      signal?.throwIfAborted();
      await local.copyTo(digest, path, mode);
      if (mtime !== undefined) await setTime(path, mtime);
    }
  }

  get intake(): (() => Intake) | undefined {
    const { local } = this.#parts;
    return local.intake?.bind(local);
  }

  get find(): ((sha256: string) => Promise<Digest | undefined>) | undefined {
    const { local } = this.#parts;
    return local.find?.bind(local);
  }

  get temporaryPath(): (() => string) | undefined {
    const { local } = this.#parts;
    return local.temporaryPath?.bind(local);
  }

  get adopt(): ((path: string, digest: Digest) => Promise<void>) | undefined {
    const { local } = this.#parts;
    return local.adopt?.bind(local);
  }

  /** Those of the digests whose blobs are not here. */
  async missingHere(digests: Iterable<Digest>): Promise<Digest[]> {
    return await this.#parts.local.missing(digests);
  }

  /** Sees to it that blobs are here. Rejects with `BLOB_LOST`, or `STORE_UNWRITABLE`. */
  async fetch(absent: readonly Digest[]): Promise<void> {
    const { fetching, trees } = this.#parts;
    try {
      if (absent.length > 0) await fetching.fetch(absent, this.#parts.tally);
    } catch (error) {
      trees.doubt();
      throw error;
    }
  }

  async #fetchIfLost<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
    const { cache, presence, trees } = this.#parts;
    try {
      return await work();
    } catch (error) {
      const isHopeless =
        digest === emptyDigest || presence.isMissed(digest) || !cache.isOpen("read");
      if (isLost(error) && isHopeless) trees.doubt();
      if (!isLost(error) || (isHopeless && !trees.has(digest))) throw error;
    }
    await cache.wait(trees.has(digest) ? trees.unpack(digest, this) : this.fetch([digest]));
    return await work();
  }
}

function isLost(error: unknown): boolean {
  return error instanceof BuildError && error.code === "BLOB_LOST";
}

async function setTime(path: string, mtime: number): Promise<void> {
  const { utimes } = await import("node:fs/promises");
  await utimes(path, mtime, mtime);
}
