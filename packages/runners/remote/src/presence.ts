/**
 * Presence: which blobs a remote cache has, as far as is known in a build.
 *
 *     unknown ──▶ promised   a result that was found names it
 *             ──▶ seen       the service says that it is there, or has just taken it
 *     any     ──▶ lost       it was to be had, and is not there; it is missing until it is written there again
 *             ──▶ missed     it could not be had now; it is missing for this build, and for the next one
 *
 * @module
 */
import { emptyDigest, type Digest } from "@ashlar/core";

/** What is known of blobs elsewhere. */
export class Presence {
  readonly #promised = new Set<Digest>();
  readonly #seen = new Set<Digest>();
  readonly #lost = new Set<Digest>();
  /** In this build, and in the one before. */
  #missed = new Set<Digest>();
  #missedBefore = new Set<Digest>();

  /**
   * Forgets what the cache has: a build begins. What it has lost stays so, and what could not be had since the last one began, for
   * whoever reads a report may begin one to have it made again.
   */
  forget(): void {
    this.#promised.clear();
    this.#seen.clear();
    this.#missedBefore = this.#missed;
    this.#missed = new Set();
  }

  /** Takes the word of a result for it. What was found lost stays so. */
  promise(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#promised.add(digest);
  }

  /** Notes what the service has, or has taken. */
  see(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#seen.add(digest);
  }

  /** Notes that a blob was written there anew. */
  restore(digest: Digest): void {
    for (const each of [this.#lost, this.#missed, this.#missedBefore]) each.delete(digest);
    this.#seen.add(digest);
  }

  /** Notes that a blob could not be had, or had other bytes. */
  lose(digest: Digest): void {
    this.#lost.add(digest);
    this.#seen.delete(digest);
  }

  /** Notes that a blob could not be had, whatever the service says of it: it gives it to nobody, or is not there itself. */
  miss(digest: Digest): void {
    this.#missed.add(digest);
    this.#seen.delete(digest);
  }

  isLost(digest: Digest): boolean {
    return this.#lost.has(digest);
  }

  /** Whether it is of no use to ask for it: it is lost, or could not be had a moment ago. */
  isMissed(digest: Digest): boolean {
    return this.isLost(digest) || this.#missed.has(digest) || this.#missedBefore.has(digest);
  }

  /** Whether there is reason to think that it is there, without asking. */
  isLikely(digest: Digest): boolean {
    return this.isSeen(digest) || (this.#promised.has(digest) && !this.isMissed(digest));
  }

  /** Whether it was there when the service was asked. */
  isSeen(digest: Digest): boolean {
    return digest === emptyDigest || this.#seen.has(digest);
  }
}
