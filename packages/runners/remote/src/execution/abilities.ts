/**
 * Abilities: whether a service executes actions as we name them, asked once before the first.
 *
 * @module
 */
import { BuildError, untilAborted, type Clock } from "@ashlar/core";

import { Calls } from "../reapi/calls.ts";
import type { Connection } from "../reapi/connect.ts";
import { askService } from "../reapi/service.ts";
import { Backoff } from "./backoff.ts";

/**
 * A question that has taken so much longer than it may, in milliseconds, was held up here: the machine slept, or the loop was
 * busy, and an answer may have come. It is asked again; not for ever.
 */
const heldUpMs = 250;
const maxHeldUp = 4;

/** Asks one service. */
export class Abilities {
  readonly #calls: Calls;
  readonly #askMs: number;
  readonly #now: () => number;
  #asked: Promise<void> | undefined;

  /**
   * @param askMs - How long the service may take to answer, with all tries, in milliseconds.
   * @param now - Milliseconds of any clock that does not go back.
   */
  constructor(connection: Connection, askMs: number, now: () => number = () => performance.now()) {
    this.#askMs = askMs;
    this.#now = now;
    this.#calls = new Calls(connection, { timeoutMs: askMs });
  }

  /**
   * Makes sure that it executes, and names content as we do. A service that says nothing is believed to.
   *
   * @throws {@link BuildError} `REMOTE_UNAVAILABLE`, `REMOTE_REFUSED`, `REMOTE_UNFIT`, `REMOTE_INSTANCE`, `REMOTE_TLS`.
   *   Rejects with the signal's reason.
   */
  async check(signal: AbortSignal, clock: Clock): Promise<void> {
    if (this.#asked === undefined) {
      // For all who want to know, so it does not end with the one who asks first.
      const asked = this.#ask(clock, new AbortController().signal);
      this.#asked = asked;
      // It may be there the next time.
      asked.catch(() => (this.#asked = undefined));
    }
    await untilAborted(this.#asked, signal);
  }

  async #ask(clock: Clock, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(clock, signal);
    let until = this.#now() + this.#askMs;
    for (let heldUp = 0; ;) {
      try {
        await askService(this.#calls, "execution", signal);
        return;
      } catch (error) {
        const mayPass = error instanceof BuildError && error.code === "REMOTE_UNAVAILABLE";
        const lateMs = this.#now() - until;
        const isHeldUp = lateMs >= heldUpMs && heldUp++ < maxHeldUp;
        if (!mayPass || (lateMs > 0 && !isHeldUp) || !(await backoff.wait())) throw error;
        if (isHeldUp) until = this.#now() + this.#askMs;
      }
    }
  }
}
