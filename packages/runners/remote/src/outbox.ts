/**
 * The outbox: blobs on their way to a remote cache.
 *
 * Each is sent once, however many results name it, and not at all if it is there: small ones in batches, whichever results
 * they are of, large ones in pieces.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { emptyDigest, sizeOf, type ContentStore, type Digest } from "@ashlar/core";

import { isSmall, takeBatch } from "./batch.ts";
import type { Inquiry } from "./inquiry.ts";
import type { PatientCache } from "./patient-cache.ts";
import type { Presence } from "./presence.ts";
import type { Tally } from "./tally.ts";

/** Batches, and large blobs, that are under way at once. */
const maxBatches = 8;
const maxLarge = 4;

/** A blob that is to be sent. */
interface Parcel {
  /** Of the build that was the first to send it. */
  readonly tally: Tally;
  readonly read: () => Promise<Uint8Array>;
  readonly sent: Promise<void>;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** What an outbox needs. */
export interface OutboxParts {
  readonly cache: PatientCache;
  /** Where the blobs are. */
  readonly content: ContentStore;
  readonly presence: Presence;
  readonly inquiry: Inquiry;
}

/** Sends blobs. */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #parcels = new Map<Digest, Parcel>();
  readonly #small = new Set<Digest>();
  readonly #large = new Set<Digest>();
  #batches = 0;
  #streams = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /**
   * Sees to it that blobs are there. Rejects as the cache does, or with the error of reading one.
   *
   * @param tally - Counts what is sent for this.
   * @param messages - Bytes of those that are in no store.
   */
  async send(
    digests: Iterable<Digest>,
    tally: Tally,
    messages?: ReadonlyMap<Digest, Uint8Array>,
  ): Promise<void> {
    const { content, presence, inquiry } = this.#parts;
    const unseen = [...new Set(digests)].filter(
      (digest) => digest !== emptyDigest && !presence.isSeen(digest),
    );
    // What was found to be lost may look as if it were there: its bytes are others, or nobody is given them.
    const lost = unseen.filter((digest) => presence.isMissed(digest));
    const unknown = unseen.filter((digest) => !presence.isMissed(digest));
    const missing = new Set(await inquiry.missing(unknown));
    presence.see(unknown.filter((digest) => !missing.has(digest)));
    const sent = [...lost, ...missing].map(async (digest) => {
      const bytes = messages?.get(digest);
      const read = async (): Promise<Uint8Array> => bytes ?? (await content.read(digest));
      await this.#post(digest, tally, read);
    });
    const ends = await Promise.allSettled(sent);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  async #post(digest: Digest, tally: Tally, read: () => Promise<Uint8Array>): Promise<void> {
    const known = this.#parcels.get(digest);
    if (known !== undefined) return await known.sent;
    let [settle, fail]: [() => void, Parcel["fail"]] = [() => {}, () => {}];
    const sent = new Promise<void>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    this.#parcels.set(digest, { tally, read, sent, settle, fail });
    (isSmall(digest) ? this.#small : this.#large).add(digest);
    this.#start();
    await sent;
  }

  #start(): void {
    if (this.#small.size > 0 && this.#batches < maxBatches) {
      this.#batches++;
      void this.#sendBatch().finally(() => {
        this.#batches--;
        this.#start();
      });
    }
    while (this.#large.size > 0 && this.#streams < maxLarge) {
      this.#streams++;
      const digest = [...this.#large][0] as Digest;
      this.#large.delete(digest);
      void this.#sendLarge(digest).finally(() => {
        this.#streams--;
        this.#start();
      });
    }
  }

  async #sendBatch(): Promise<void> {
    // Whatever is posted in this turn of the event loop travels together.
    await new Promise((resolve) => setImmediate(resolve));
    const batch = takeBatch(this.#small);
    if (this.#small.size > 0) this.#start();
    const blobs = new Map<Digest, Uint8Array>();
    for (const digest of batch) {
      try {
        const bytes = await this.#parcels.get(digest)?.read();
        if (bytes !== undefined) blobs.set(digest, bytes);
      } catch (error) {
        this.#end(digest)?.fail(error);
      }
    }
    if (blobs.size === 0) return;
    try {
      await this.#parts.cache.writeAll(blobs);
      for (const digest of blobs.keys()) this.#arrived(digest);
    } catch (error) {
      for (const digest of blobs.keys()) this.#end(digest)?.fail(error);
    }
  }

  async #sendLarge(digest: Digest): Promise<void> {
    const { content, cache } = this.#parts;
    try {
      const path = content.temporaryPath?.() ?? join(tmpdir(), `ashlar-remote-${randomUUID()}`);
      try {
        // A copy, which was checked: what lies in the store may have changed.
        await content.copyTo(digest, path, 0o600);
        await cache.write(digest, (offset) => createReadStream(path, { start: offset }));
        this.#arrived(digest);
      } finally {
        await rm(path, { force: true });
      }
    } catch (error) {
      this.#end(digest)?.fail(error);
    }
  }

  #arrived(digest: Digest): void {
    this.#parts.presence.restore(digest);
    const parcel = this.#end(digest);
    if (parcel === undefined) return;
    parcel.tally.sentBlobs++;
    parcel.tally.sentBytes += sizeOf(digest);
    parcel.settle();
  }

  #end(digest: Digest): Parcel | undefined {
    const parcel = this.#parcels.get(digest);
    this.#parcels.delete(digest);
    return parcel;
  }
}
