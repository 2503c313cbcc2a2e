/**
 * The tally: what a remote cache did, and what it was to do and did not.
 *
 * @module
 */
import { BuildError, renderError, type ErrorSummary, type RemoteCacheUse } from "@ashlar/core";

/** The tallies of builds that use one service at once: what is wrong with that is told to all of them. */
export class Tallies {
  readonly #joined = new Set<Tally>();

  join(tally: Tally): void {
    this.#joined.add(tally);
  }

  leave(tally: Tally): void {
    this.#joined.delete(tally);
  }

  /** Counts something that failed, for all. */
  failed(error: unknown): void {
    for (const tally of this.#joined) tally.failed(error);
  }
}

/** Counts, for one build. */
export class Tally {
  hits = 0;
  misses = 0;
  fetchedBlobs = 0;
  fetchedBytes = 0;
  sentResults = 0;
  sentBlobs = 0;
  sentBytes = 0;
  #failures = 0;
  #first: ErrorSummary | undefined;
  readonly #remarks = new Map<string, number>();

  /** Counts something that failed. The first error is kept. */
  failed(error: unknown): void {
    this.#failures++;
    this.#first ??= summaryOf(error);
  }

  /** Counts a result that was not sent, by the reason: `of a command with a secret`. */
  keptBack(reason: string): void {
    this.#remarks.set(reason, (this.#remarks.get(reason) ?? 0) + 1);
  }

  /** All of it; `undefined` when there is nothing to tell. */
  use(
    name: string,
    isGivenUp: boolean,
    remarks: readonly string[] = [],
  ): RemoteCacheUse | undefined {
    const { hits, misses, fetchedBlobs, fetchedBytes, sentResults, sentBlobs, sentBytes } = this;
    const kept = Array.from(this.#remarks, ([reason, count]) =>
      count === 1
        ? `1 result was not sent: ${reason}`
        : `${count} results were not sent: ${reason}`,
    );
    const all = [...kept, ...remarks];
    const sum = hits + misses + fetchedBlobs + sentResults + sentBlobs + this.#failures;
    if (sum === 0 && all.length === 0) return undefined;
    return {
      name,
      ...{ hits, misses, fetchedBlobs, fetchedBytes, sentResults, sentBlobs, sentBytes },
      ...{ failures: this.#failures, error: this.#first, isGivenUp, remarks: all },
    };
  }
}

function summaryOf(error: unknown): ErrorSummary {
  if (error instanceof BuildError) {
    return { code: error.code, message: error.message, text: renderError(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "REMOTE_UNFIT", message, text: message };
}
