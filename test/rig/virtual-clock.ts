/**
 * A clock that stands still until the test moves it.
 *
 * @module
 */
import type { Clock } from "@ashlar/core";

/** Time in the hand of a test. */
export class VirtualClock implements Clock {
  #now = 1_000_000;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass, and everything happen that was to happen meanwhile. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { callback } of due.toSorted((a, b) => a.at - b.at)) callback();
  }

  /** How many callbacks are still to come. */
  get pending(): number {
    return this.#timers.length;
  }
}
