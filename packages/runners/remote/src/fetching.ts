/**
 * Fetching: blobs come from a remote cache into the store.
 *
 * Each is fetched once, however many want it at once; small ones in batches, a large one into a file beside the store's
 * own, which is moved in. Nothing gets into the store under a digest that is not its own.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  blobLost,
  BuildError,
  digestBytes,
  makeDigest,
  sizeOf,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

import { isSmall, takeBatch } from "./batch.ts";
import { remoteUnfit } from "./errors.ts";
import type { PatientCache } from "./patient-cache.ts";
import type { Presence } from "./presence.ts";
import type { Tally } from "./tally.ts";

/** Batches, and large blobs, that are under way at once. */
const maxBatches = 8;
const maxLarge = 8;

/** A blob that somebody waits for. */
interface Wanted {
  /** Of the build that was the first to want it. */
  readonly tally: Tally;
  /** Resolves with why it could not be had, or `undefined`. */
  readonly coming: Promise<string | undefined>;
  readonly settle: (why: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

const absent = "it is not there, and the remote cache does not have it any more";
const changed = "it is not there, and the remote cache has other bytes under its digest";

/** Fetches blobs. */
export class Fetching {
  readonly #cache: PatientCache;
  readonly #content: ContentStore;
  readonly #presence: Presence;
  readonly #wanted = new Map<Digest, Wanted>();
  readonly #small = new Set<Digest>();
  readonly #large = new Set<Digest>();
  #batches = 0;
  #streams = 0;

  constructor(cache: PatientCache, content: ContentStore, presence: Presence) {
    this.#cache = cache;
    this.#content = content;
    this.#presence = presence;
  }

  /**
   * Sees to it that blobs are in the store. Rejects with `BLOB_LOST`, or `STORE_UNWRITABLE`.
   *
   * @param tally - Counts what is fetched for this.
   */
  async fetch(digests: Iterable<Digest>, tally: Tally): Promise<void> {
    const coming = Array.from(digests, async (digest) => {
      const why = await this.#want(digest, tally).coming;
      if (why !== undefined) throw blobLost(digest, why);
    });
    // All of them: who rejects early would leave the others' rejections to nobody.
    const ends = await Promise.allSettled(coming);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  #want(digest: Digest, tally: Tally): Wanted {
    const known = this.#wanted.get(digest);
    if (known !== undefined) return known;
    let [settle, fail]: [Wanted["settle"], Wanted["fail"]] = [() => {}, () => {}];
    const coming = new Promise<string | undefined>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    const wanted = { tally, coming, settle, fail };
    this.#wanted.set(digest, wanted);
    (isSmall(digest) ? this.#small : this.#large).add(digest);
    this.#start();
    return wanted;
  }

  #start(): void {
    if (this.#small.size > 0 && this.#batches < maxBatches) {
      this.#batches++;
      void this.#fetchBatch().finally(() => {
        this.#batches--;
        this.#start();
      });
    }
    while (this.#large.size > 0 && this.#streams < maxLarge) {
      this.#streams++;
      const [digest] = this.#large as ReadonlySet<Digest>;
      this.#large.delete(digest as Digest);
      void this.#fetchLarge(digest as Digest).finally(() => {
        this.#streams--;
        this.#start();
      });
    }
  }

  async #fetchBatch(): Promise<void> {
    // Whatever is wanted in this turn of the event loop travels together.
    await new Promise((resolve) => setImmediate(resolve));
    const batch = takeBatch(this.#small);
    if (batch.length === 0) return;
    if (this.#small.size > 0) this.#start();
    try {
      const found = await this.#cache.readAll(batch);
      for (const digest of batch) await this.#take(digest, found.get(digest));
    } catch (error) {
      for (const digest of batch) this.#giveUp(digest, error);
    }
  }

  async #take(digest: Digest, bytes: Uint8Array | undefined): Promise<void> {
    if (bytes === undefined) return this.#lose(digest, absent);
    if (digestBytes(bytes) !== digest) return this.#lose(digest, changed);
    await this.#content.write(bytes);
    this.#has(digest);
  }

  async #fetchLarge(digest: Digest): Promise<void> {
    try {
      const path =
        this.#content.temporaryPath?.() ?? join(tmpdir(), `ashlar-remote-${randomUUID()}`);
      try {
        const why = await this.#download(digest, path);
        if (why !== undefined) return this.#lose(digest, why);
        if (this.#content.adopt === undefined) await this.#content.writeFile(path);
        else await this.#content.adopt(path, digest);
        this.#has(digest);
      } finally {
        await rm(path, { force: true });
      }
    } catch (error) {
      this.#giveUp(digest, error);
    }
  }

  /** Writes a blob to a new file. Resolves with why it is lost, if it is. */
  async #download(digest: Digest, path: string): Promise<string | undefined> {
    await using file = await open(path, "wx", 0o600);
    const hash = createHash("sha256");
    let at = 0;
    for await (const piece of this.#cache.read(digest)) {
      if (at + piece.byteLength > sizeOf(digest)) return changed;
      const written = writeAt(file, piece, at);
      hash.update(piece);
      await written;
      at += piece.byteLength;
    }
    if (at < sizeOf(digest)) return absent;
    return makeDigest(hash.digest("hex"), at) === digest ? undefined : changed;
  }

  #has(digest: Digest): void {
    this.#presence.see([digest]);
    const wanted = this.#end(digest);
    if (wanted === undefined) return;
    wanted.tally.fetchedBlobs++;
    wanted.tally.fetchedBytes += sizeOf(digest);
    wanted.settle(undefined);
  }

  #lose(digest: Digest, why: string): void {
    this.#presence.lose(digest);
    if (why === changed) {
      const hint =
        "see what else writes to it; such a blob is never used, and what made it runs again";
      const reason = `it gave other bytes for ${digest}`;
      this.#cache.tally.failed(remoteUnfit(this.#cache.name, reason, hint));
    }
    this.#end(digest)?.settle(why);
  }

  /** It was not to be had now, which says nothing of the next build but one. A store that cannot be written to ends this one. */
  #giveUp(digest: Digest, error: unknown): void {
    const wanted = this.#end(digest);
    const isRemote = error instanceof BuildError && error.code.startsWith("REMOTE_");
    if (!isRemote) return wanted?.fail(error);
    this.#presence.miss(digest);
    wanted?.settle(`it is not there, and ${error.message}`);
  }

  #end(digest: Digest): Wanted | undefined {
    const wanted = this.#wanted.get(digest);
    this.#wanted.delete(digest);
    return wanted;
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(
      bytes,
      done,
      bytes.byteLength - done,
      position + done,
    );
    done += bytesWritten;
  }
}
