/**
 * Attempts: a call that fails for a reason that may pass is made again, after a pause.
 *
 * @module
 */
import { untilAborted } from "@ashlar/core";

import { mayPass, type CallContext } from "./remote-cache.ts";
import type { Session } from "./session.ts";

/** Times that a call is made, and the pauses between, in milliseconds. */
export const maxAttempts = 5;
const firstPauseMs = 100;
const longestPauseMs = 5000;

/**
 * Makes a call, and again as long as it may help. Rejects as its last attempt does, or with the signal's reason.
 *
 * @param onFailure - Told of each attempt that fails, by its number: 1 for the first.
 */
export async function tryAgain<T>(
  session: Session,
  signal: AbortSignal,
  work: (context: CallContext) => Promise<T>,
  onFailure: (attempt: number) => void = () => {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    let cause: unknown;
    try {
      signal.throwIfAborted();
      return await untilAborted(work({ signal }), signal);
    } catch (error) {
      signal.throwIfAborted();
      onFailure(attempt);
      if (!mayPass(error) || attempt === maxAttempts) throw error;
      cause = error;
    }
    await pauseAfter(session, attempt, cause, signal);
  }
}

/**
 * Waits before the same is tried again: longer each time, and not all who wait equally long. As long as the service
 * asks for, if that is longer: the limit of the call decides whether it is too long.
 */
export async function pauseAfter(
  { idling, patience }: Session,
  attempt: number,
  cause: unknown,
  signal: AbortSignal,
): Promise<void> {
  const evenMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1));
  const ms = Math.max(evenMs, wishedMs(cause)) * (0.9 + 0.2 * patience.random());
  await idling.pause(ms, signal);
}

/** How long a service wants to be left alone, in milliseconds: `RetryInfo` of what it answered. */
function wishedMs(error: unknown): number {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("retryAfterMs" in cause)) return 0;
  return typeof cause.retryAfterMs === "number" ? cause.retryAfterMs : 0;
}
