/**
 * Calls that one signal ends.
 *
 * A build has one signal and hundreds of calls at once: a listener for each would be slow to remove, and Node takes
 * more than ten for a leak.
 *
 * @module
 */

/** Keeps what is to be done when signals are aborted, with one listener for each signal. */
export class CalledOff {
  readonly #bySignal = new Map<AbortSignal, Set<() => void>>();

  /** Calls back when the signal is aborted. Returns what calls that off. */
  add(signal: AbortSignal, callback: () => void): () => void {
    const callbacks = this.#bySignal.get(signal) ?? this.#listen(signal);
    callbacks.add(callback);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0) this.#leave(signal, callbacks);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const callbacks = new Set<() => void>();
    this.#bySignal.set(signal, callbacks);
    signal.addEventListener("abort", this.#fire);
    return callbacks;
  }

  #leave(signal: AbortSignal, callbacks: Set<() => void>): void {
    if (this.#bySignal.get(signal) !== callbacks) return;
    this.#bySignal.delete(signal);
    signal.removeEventListener("abort", this.#fire);
  }

  readonly #fire = ({ target }: Event): void => {
    const signal = target as AbortSignal;
    const callbacks = this.#bySignal.get(signal) ?? new Set();
    this.#leave(signal, callbacks);
    for (const callback of callbacks) callback();
  };
}
