/**
 * The inquiry: which blobs are not there. Who asks at once, or while an answer is awaited, asks together.
 *
 * @module
 */
import type { Digest } from "@ashlar/core";

import type { PatientCache } from "./patient-cache.ts";

/** Digests in one question. */
const maxDigests = 10_000;

/** Asks a remote cache for what it has not. */
export class Inquiry {
  readonly #cache: PatientCache;
  #waiting = new Set<Digest>();
  /** The answer to those who wait; it has not been asked for yet. */
  #next: Promise<ReadonlySet<Digest>> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(cache: PatientCache) {
    this.#cache = cache;
  }

  /** Those of the digests that are not there. Rejects as the cache does. */
  async missing(digests: readonly Digest[]): Promise<Digest[]> {
    if (digests.length === 0) return [];
    for (const digest of digests) this.#waiting.add(digest);
    const missing = await (this.#next ??= this.#ask());
    return digests.filter((digest) => missing.has(digest));
  }

  async #ask(): Promise<ReadonlySet<Digest>> {
    const before = this.#last;
    const answer = (async () => {
      // Everybody who asks in this turn of the event loop is in.
      await new Promise((resolve) => setImmediate(resolve));
      await before;
      const asked = [...this.#waiting];
      this.#waiting = new Set();
      this.#next = undefined;
      const missing = new Set<Digest>();
      for (let at = 0; at < asked.length; at += maxDigests) {
        const part = await this.#cache.missing(asked.slice(at, at + maxDigests));
        for (const digest of part) missing.add(digest);
      }
      return missing;
    })();
    this.#last = answer.catch(() => {});
    return await answer;
  }
}
