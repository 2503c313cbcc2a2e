/**
 * Idling: for clocks that move only when nobody works, who waits here lets time pass exactly while somebody here waits for
 * time.
 *
 * Everybody who calls a store is at work, as far as such a clock knows, also while a service answers: an answer
 * takes no time. Only before something is tried again is there a pause, and then whoever waits for that waits for time.
 * Nobody here knows who waits for what, so all do.
 *
 * @module
 */
import { pause, type Clock } from "@ashlar/core";

/** Those who wait, and the pauses that they may be waiting for. */
export class Idling {
  readonly #clock: Clock;
  readonly #rests: Disposable[] = [];
  #waiting = 0;
  #pauses = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What a promise gives, of somebody who is at work and waits for it. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    this.#waiting++;
    this.#adjust();
    try {
      return await promise;
    } finally {
      this.#waiting--;
      this.#adjust();
    }
  }

  /** Lets time pass. Rejects with the signal's reason. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    this.#pauses++;
    this.#adjust();
    try {
      await pause(ms, this.#clock, signal);
    } finally {
      this.#pauses--;
      this.#adjust();
    }
  }

  #adjust(): void {
    const { activity } = this.#clock;
    if (activity === undefined) return;
    const wanted = this.#pauses > 0 ? this.#waiting : 0;
    while (this.#rests.length < wanted) {
      this.#rests.push(activity.rest(() => "a store waits to ask its remote cache again"));
    }
    while (this.#rests.length > wanted) this.#rests.pop()?.[Symbol.dispose]();
  }
}
