/**
 * Inputs of actions: what a service must have before it can execute one, and what of that has to be uploaded.
 *
 *     directories, files ──known for a while?──▶ missing there? ─┬─▶ uploaded, once for all who need it
 *     Action, Command    ──known for a while?────────────────────┘
 *
 * Of an action that the service has no result of, it rarely has the messages. They are as small as the question.
 *
 * @module
 */
import { createReadStream } from "node:fs";

import {
  digestBytes,
  emptyDigest,
  readDirectory,
  sizeOf,
  type Action,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

import { Slots } from "../slots.ts";
import { allOf, batchesOf, smallBytes, temporaryPlace } from "./download.ts";
import type { ExecutionCache } from "./persistent-cache.ts";

/** How long a service is trusted to keep what it had, in milliseconds. */
const trustMs = 60_000;

/** Digests that are known to be there, at most. */
const maxKnown = 500_000;

/** Blobs up to this size are read into memory, to be sent in pieces. */
const memoryBytes = 4 * 1024 * 1024;

/** Uploads of one runner at once: batches, and large blobs. */
const maxUploads = 8;

/** Bytes of one piece of a file. */
const pieceBytes = 1024 * 1024;

/** Sees to it that a service has inputs. */
export class Inputs {
  readonly #cache: ExecutionCache;
  readonly #now: () => number;
  readonly #uploads = new Slots(maxUploads);
  /** Until when blobs count as known to be there. Of a directory: with all below it. */
  readonly #known = new Map<Digest, number>();
  /** What is being uploaded, for all who need it. */
  readonly #underWay = new Map<Digest, Promise<void>>();

  /** @param now - Milliseconds of any clock that does not go back. */
  constructor(cache: ExecutionCache, now: () => number = () => performance.now()) {
    this.#cache = cache;
    this.#now = now;
  }

  /**
   * Uploads what the service lacks of an action: its messages, and all of its input root. Returns how many blobs it lacked, as far
   * as it was asked.
   *
   * @param asksForAll - Whether it is asked for the messages, too, before they are uploaded.
   * @throws {@link BuildError} `BLOB_LOST`, or as the cache does. Rejects with the signal's reason.
   */
  async provide(
    action: Action,
    content: ContentStore,
    signal: AbortSignal,
    asksForAll = false,
  ): Promise<number> {
    const { key, messages, inputRoot } = action;
    const own = new Map<Digest, Uint8Array>([
      [digestBytes(messages.command), messages.command],
      [key, messages.action],
    ]);
    const needed = new Set<Digest>();
    await this.#collect(inputRoot, content, needed);
    const isUnknown = (digest: Digest): boolean => !this.#isKnown(digest);
    const unsent = [...own.keys()].filter(isUnknown);
    const inputs = [...needed].filter(isUnknown);
    const asked = asksForAll ? [...inputs, ...unsent] : inputs;
    const until = this.#now() + trustMs;
    const provideAsked = async (): Promise<number> => {
      if (asked.length === 0) return 0;
      const missing = await this.#cache.missing(asked, { signal });
      await this.#upload(missing, own, content, signal);
      return missing.length;
    };
    const count = provideAsked();
    await allOf([count, asksForAll ? count : this.#upload(unsent, own, content, signal)]);
    if (this.#known.size > maxKnown) this.#known.clear();
    for (const digest of [...inputs, ...unsent]) this.#known.set(digest, until);
    return await count;
  }

  /** Trusts nothing any more: the service has lost something. */
  forget(): void {
    this.#known.clear();
  }

  /** All blobs of a tree that are not known to be there, with the directories themselves. */
  async #collect(tree: Digest, content: ContentStore, into: Set<Digest>): Promise<void> {
    if (tree === emptyDigest || into.has(tree) || this.#isKnown(tree)) return;
    into.add(tree);
    const { files, directories } = await readDirectory(content, tree);
    for (const { digest } of files) if (digest !== emptyDigest) into.add(digest);
    for (const { digest } of directories) await this.#collect(digest, content, into);
  }

  #isKnown(digest: Digest): boolean {
    const until = this.#known.get(digest);
    return until !== undefined && this.#now() < until;
  }

  async #upload(
    missing: readonly Digest[],
    own: ReadonlyMap<Digest, Uint8Array>,
    content: ContentStore,
    signal: AbortSignal,
  ): Promise<void> {
    const others: Promise<void>[] = [];
    const ours: Digest[] = [];
    for (const digest of missing) {
      const other = this.#underWay.get(digest);
      if (other === undefined) ours.push(digest);
      else others.push(other);
    }
    const read = async (digest: Digest): Promise<Uint8Array> =>
      own.get(digest) ?? (await content.read(digest));
    const uploads: Promise<void>[] = [];
    const send = (digests: readonly Digest[], work: () => Promise<void>): void => {
      const upload = this.#uploads.use(signal, work);
      for (const digest of digests) this.#underWay.set(digest, upload);
      const forget = (): void => digests.forEach((digest) => this.#underWay.delete(digest));
      uploads.push(upload.finally(forget));
    };
    for (const batch of batchesOf(ours.filter((digest) => sizeOf(digest) <= smallBytes))) {
      send(batch, async () => {
        const blobs = new Map<Digest, Uint8Array>();
        for (const digest of batch) blobs.set(digest, await read(digest));
        await this.#cache.writeAll(blobs, { signal });
      });
    }
    for (const digest of ours.filter((each) => sizeOf(each) > smallBytes)) {
      send([digest], async () => await this.#sendLarge(digest, content, signal));
    }
    await allOf(uploads);
    // One who was cancelled leaves the work to those who still need it.
    const left = await Promise.allSettled(others);
    if (left.some(({ status }) => status === "rejected")) {
      signal.throwIfAborted();
      await this.#upload(await this.#cache.missing(missing, { signal }), own, content, signal);
    }
  }

  async #sendLarge(digest: Digest, content: ContentStore, signal: AbortSignal): Promise<void> {
    if (sizeOf(digest) <= memoryBytes) {
      const bytes = await content.read(digest);
      const from = async function* (offset: number): AsyncGenerator<Uint8Array, void> {
        for (let at = offset; at < bytes.byteLength; at += pieceBytes) {
          yield bytes.subarray(at, at + pieceBytes);
        }
      };
      return await this.#cache.write(digest, from, { signal });
    }
    await using place = await temporaryPlace(content);
    await content.copyTo(digest, place.path, 0o600);
    const from = (start: number): AsyncIterable<Uint8Array> =>
      createReadStream(place.path, { start, highWaterMark: pieceBytes });
    await this.#cache.write(digest, from, { signal });
  }
}
