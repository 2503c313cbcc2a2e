/**
 * Downloads: blobs of a service come into the store, if they are wanted there, and are what they are said to be.
 *
 * What is wanted is what the store says is missing. A store that stands for the service itself misses nothing, so outputs
 * stay where they are until somebody reads them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  emptyDigest,
  hashOf,
  makeDigest,
  sizeOf,
  type BuildError,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

import { remoteUnfit } from "../errors.ts";
import { Slots } from "../slots.ts";
import type { ExecutionCache } from "./persistent-cache.ts";

/** Larger blobs are fetched in pieces, and never lie in memory. */
export const smallBytes: number = 512 * 1024;

/** Bytes of small blobs that are fetched at once, and lie in memory together. */
const batchBytes = 8 * 1024 * 1024;

/** Large blobs, and batches of small ones, on their way at once, of one runner. */
const maxDownloads = 8;

/** How often a blob may end too soon, and be asked for again, without coming further. */
const maxBreaks = 5;

/** A blob that should be there is not. For code: whoever expected it executes the action again. */
export class LostRemotely extends Error {
  readonly digest: Digest;

  constructor(digest: Digest) {
    super(`${digest} is not there`);
    this.digest = digest;
  }
}

/** A blob that is there has other bytes than it should. */
export class DamagedRemotely extends LostRemotely {
  /** For people, if executing the action again is no help. */
  readonly error: BuildError;

  constructor(digest: Digest, service: string) {
    super(digest);
    this.error = remoteUnfit(
      service,
      `it sent other bytes than those of ${hashOf(digest)}`,
      "what is kept there is damaged: have the service drop the blob; builds go on when it is written again",
    );
  }
}

/** Fetches blobs of one service. */
export class Downloads {
  readonly #cache: ExecutionCache;
  readonly #slots = new Slots(maxDownloads);

  constructor(cache: ExecutionCache) {
    this.#cache = cache;
  }

  /**
   * Sees to it that the store has blobs, or can get them by itself.
   *
   * @throws {@link LostRemotely}. Rejects with the signal's reason, or as the cache and the store do.
   */
  async take(digests: Iterable<Digest>, content: ContentStore, signal: AbortSignal): Promise<void> {
    const wanted = await content.missing(new Set(digests));
    const large = wanted.filter((digest) => sizeOf(digest) > smallBytes);
    const streams = large.map(async (digest) => {
      await this.#slots.use(signal, async () => await this.#takeLarge(digest, content, signal));
    });
    const batches = batchesOf(wanted.filter((digest) => sizeOf(digest) <= smallBytes));
    const small = (async () => {
      for (const batch of batches) {
        await this.#slots.use(signal, async () => await this.#takeSmall(batch, content, signal));
      }
    })();
    await allOf([small, ...streams]);
  }

  /** The bytes of one blob that has to fit into memory: of a message, or a short log. */
  async bytesOf(digest: Digest, signal: AbortSignal): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    await this.stream(digest, 0, signal, (piece) => void pieces.push(piece));
    return Buffer.concat(pieces);
  }

  /**
   * Hands over the bytes of a blob, from an offset on, in order. They are what the digest says if all of them were
   * asked for; otherwise nothing is known of them.
   */
  async stream(
    digest: Digest,
    offset: number,
    signal: AbortSignal,
    onPiece: (piece: Uint8Array) => Promise<void> | void,
  ): Promise<void> {
    const hash = offset === 0 ? createHash("sha256") : undefined;
    let at = offset;
    for await (const piece of this.#pieces(digest, offset, signal)) {
      hash?.update(piece);
      at += piece.byteLength;
      await onPiece(piece);
    }
    if (hash !== undefined) this.#insist(digest, makeDigest(hash.digest("hex"), at));
  }

  /** The bytes of a blob from an offset on. Where they break off, they go on. */
  async *#pieces(
    digest: Digest,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    const size = sizeOf(digest);
    for (let at = offset, breaks = 0; at < size;) {
      const before = at;
      try {
        for await (const piece of await this.#open(digest, at, signal)) {
          at += piece.byteLength;
          yield piece;
          if (at > size) return;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (at === before) throw error;
      }
      breaks = at === before ? breaks + 1 : 0;
      if (breaks > maxBreaks) throw new LostRemotely(digest);
    }
  }

  async #open(
    digest: Digest,
    offset: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    if (sizeOf(digest) > smallBytes || offset > 0) {
      const pieces = await this.#cache.read(digest, offset, { signal });
      if (pieces === undefined) throw new LostRemotely(digest);
      return pieces;
    }
    const bytes = (await this.#cache.readAll([digest], { signal })).get(digest);
    if (bytes === undefined) throw new LostRemotely(digest);
    return (async function* () {
      yield bytes;
    })();
  }

  async #takeSmall(
    digests: readonly Digest[],
    content: ContentStore,
    signal: AbortSignal,
  ): Promise<void> {
    const blobs = await this.#cache.readAll(digests, { signal });
    for (const digest of digests) {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new LostRemotely(digest);
      // What is wrong is kept under its own name, where it does no harm.
      this.#insist(digest, await content.write(bytes));
    }
  }

  async #takeLarge(digest: Digest, content: ContentStore, signal: AbortSignal): Promise<void> {
    await using place = await temporaryPlace(content);
    const file = await open(place.path, "wx", 0o600);
    try {
      await this.stream(digest, 0, signal, async (piece) => {
        await file.writeFile(piece);
      });
    } finally {
      await file.close();
    }
    // Its bytes were looked at on their way.
    if (content.adopt && content.temporaryPath) return await content.adopt(place.path, digest);
    await content.writeFile(place.path);
  }

  #insist(wanted: Digest, found: Digest): void {
    if (wanted !== found) throw new DamagedRemotely(wanted, this.#cache.name);
  }
}

/** A new path for a large file, removed at the end. */
export async function temporaryPlace(
  content: ContentStore,
): Promise<AsyncDisposable & { readonly path: string }> {
  const own = content.temporaryPath?.();
  const folder = own === undefined ? await mkdtemp(join(tmpdir(), "ashlar-blob-")) : undefined;
  const path = own ?? join(folder ?? "", "blob");
  const remove = async (): Promise<void> => {
    await rm(folder ?? path, { recursive: true, force: true });
  };
  return { path, [Symbol.asyncDispose]: remove };
}

/** Groups of blobs that are on their way together. */
export function batchesOf(digests: readonly Digest[]): Digest[][] {
  const batches: Digest[][] = [];
  let room = 0;
  for (const digest of digests) {
    if (digest === emptyDigest) continue;
    room -= sizeOf(digest);
    if (room < 0 || batches.length === 0) {
      batches.push([]);
      room = batchBytes - sizeOf(digest);
    }
    batches.at(-1)?.push(digest);
  }
  return batches;
}

/** Waits for all, also when one of them has failed: nothing goes on behind our back. */
export async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) if (end.status === "rejected") throw end.reason;
}
