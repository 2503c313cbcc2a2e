/**
 * Back-off: how long to wait before a service is asked again, and when to give up.
 *
 * @module
 */
import type { Clock } from "@ashlar/core";

/** Waits between tries, in milliseconds: the first, and the longest. */
const firstMs = 100;
const longestMs = 5000;

/** Tries that are waited for, one after another: a quarter of a minute in all, in which a service can be restarted. */
const maxTries = 8;

/** How long all of them may take together, in milliseconds: a try may be long, too. */
const maxMs = 17_000;

/** Counts the failures of one thing that is tried again and again. */
export class Backoff {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #random: () => number;
  #failures = 0;
  #failedAt = 0;

  constructor(clock: Clock, signal: AbortSignal, random: () => number = Math.random) {
    this.#clock = clock;
    this.#signal = signal;
    this.#random = random;
  }

  /** It went well: the next failure is the first one again. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Waits for the next try. Resolves with `false` when it is time to give up. Rejects with the signal's reason.
   *
   * @param wishMs - What the service wants us to wait, in milliseconds.
   */
  async wait(wishMs?: number): Promise<boolean> {
    this.#signal.throwIfAborted();
    if (++this.#failures === 1) this.#failedAt = this.#clock.now();
    if (this.#failures > maxTries || this.#clock.now() - this.#failedAt > maxMs) return false;
    const usual = Math.min(longestMs, firstMs * 2 ** (this.#failures - 1));
    // A tenth more or less, so that those who failed together do not come back together.
    const delayMs = Math.max(wishMs ?? 0, usual * (0.9 + 0.2 * this.#random()));
    await this.#pause(delayMs);
    return true;
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        callOff();
        reject(this.#signal.reason as Error);
      };
      const callOff = this.#clock.after(delayMs, () => {
        this.#signal.removeEventListener("abort", stop);
        resolve();
      });
      this.#signal.addEventListener("abort", stop, { once: true });
    });
  }
}
