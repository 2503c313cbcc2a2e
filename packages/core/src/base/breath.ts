/**
 * Breathing: long synchronous work that lets the event loop turn, so that signals and timers are heard.
 *
 * @module
 */

/** How long to work before a pause, in milliseconds. */
const intervalMs = 15;

/** Paces one piece of long work. Await {@link Breath.pause} between its steps. */
export class Breath {
  #since: number = performance.now();

  /** Whether a pause would be one now. For steps so short that awaiting one that is not would show. */
  get isDue(): boolean {
    return performance.now() - this.#since >= intervalMs;
  }

  /** Lets pending events run, if the last pause is long enough ago. Throws if aborted meanwhile. */
  async pause(signal?: AbortSignal): Promise<void> {
    if (!this.isDue) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
    signal?.throwIfAborted();
  }
}
