/**
 * Look-ups: whether a service has a result of an action already, if it says so soon.
 *
 * That it has none, or that nobody says, are the same: the service looks by itself, or executes. So one that does not answer costs
 * a few seconds, and is not asked again for a while.
 *
 * @module
 */
import { BuildError, systemClock, untilAborted, type ActionKey, type Clock } from "@ashlar/core";

import type { ExecutionCache } from "./persistent-cache.ts";

/** How long an answer may take, and for how long nothing is asked when there was none, in milliseconds. */
const answerMs = 5000;
const restMs = 30_000;

/** Looks results up in one cache. */
export class LookUps {
  readonly #cache: Pick<ExecutionCache, "getResult">;
  readonly #clock: Pick<Clock, "after" | "now">;
  #restsUntil = -Infinity;

  constructor(
    cache: Pick<ExecutionCache, "getResult">,
    clock: Pick<Clock, "after" | "now"> = systemClock,
  ) {
    this.#cache = cache;
    this.#clock = clock;
  }

  /** The bytes of a result. Rejects with the signal's reason. */
  async find(key: ActionKey, signal: AbortSignal): Promise<Buffer | undefined> {
    signal.throwIfAborted();
    if (this.#clock.now() < this.#restsUntil) return undefined;
    const limit = new AbortController();
    const stop = (): void => limit.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const callOff = this.#clock.after(answerMs, () => {
      this.#restsUntil = this.#clock.now() + restMs;
      limit.abort(new Error("it does not say"));
    });
    try {
      const looking = this.#cache.getResult(key, { signal: limit.signal });
      const message = await untilAborted(looking, limit.signal);
      return message && Buffer.from(message);
    } catch (error) {
      signal.throwIfAborted();
      if (limit.signal.aborted || error instanceof BuildError) return undefined;
      throw error;
    } finally {
      callOff();
      signal.removeEventListener("abort", stop);
    }
  }
}
