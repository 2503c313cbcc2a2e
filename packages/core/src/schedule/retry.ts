/**
 * Retries: whether a command that failed is run again, and when.
 *
 * Knows nothing of slots: whoever asks gives theirs back while it waits.
 *
 * @module
 */
import type { BuildError } from "../errors/build-error.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { longestMs, type Retries } from "../graph/run-options.ts";

/** What may be otherwise the next time. All other errors say that something is wrong with the stage. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "RUNNER_FAILED",
  "STAGE_FAILED",
  "STAGE_TIMED_OUT",
]);

/**
 * How long to wait before a command is run again, in milliseconds.
 *
 * @param runs - How often it was run, at least once.
 * @returns `undefined` when it is not run again.
 */
export function delayOfRetry(
  retries: Required<Retries> | undefined,
  runs: number,
  error: BuildError,
): number | undefined {
  if (retries === undefined || runs > retries.times || !passing.has(error.code)) return undefined;
  const { delayMs, backoff } = retries;
  return delayMs === 0 ? 0 : Math.min(delayMs * backoff ** (runs - 1), longestMs);
}
