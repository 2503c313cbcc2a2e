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

  /** Lets pending events run, if the last pause is long enough ago. Throws if aborted meanwhile. */
  async pause(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.#since < intervalMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
    signal?.throwIfAborted();
  }
}
