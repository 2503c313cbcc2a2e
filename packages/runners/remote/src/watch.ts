/**
 * Watches: a call to a service goes on as long as there is hope.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import type { Clock } from "@ashlar/core";

/**
 * A look that comes so much too late, in milliseconds, was held up: by a loop that is busy, or a machine that slept. What was
 * answered meanwhile has not been read yet, so there is another look, after a pause in which it is; not for ever.
 */
const heldUpMs = 250;
const maxPauses = 4;

/** What a watch is to look at. */
export interface WatchOptions {
  readonly clock: Clock;
  /** Ends the call, with its reason. */
  readonly signal: AbortSignal;
  /** How long the whole call may take; or how long nothing may be heard of the service. In milliseconds. */
  readonly limit: { readonly totalMs: number } | { readonly silentMs: number };
  /** When something was heard of the service for the last time, in this call or another. */
  readonly heardAt: () => number;
  /** Whether time passes by itself, so that a look may come late. Not where a test moves it. */
  readonly canBeLate: boolean;
  /** Makes the error for a call that took too long. */
  readonly tooLate: (ms: number) => Error;
}

/** Aborts {@link signal} when a call is no longer to go on. To be disposed of when it is over. */
export class Watch implements Disposable {
  readonly #controller = new AbortController();
  readonly #options: WatchOptions;
  readonly #startedAt: number;
  readonly #stop: () => void;
  #callOff: () => void;
  #dueAt: number;
  #pauses = 0;

  constructor(options: WatchOptions) {
    const { clock, signal, limit } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#stop = () => this.#controller.abort(signal.reason);
    // Who is called may have any number of calls of his own that listen to it.
    setMaxListeners(0, this.signal);
    if (signal.aborted) this.#stop();
    signal.addEventListener("abort", this.#stop, { once: true });
    const ms = "totalMs" in limit ? limit.totalMs : limit.silentMs;
    this.#dueAt = this.#startedAt + ms;
    this.#callOff = clock.after(ms, () => this.#look(ms));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#callOff();
    this.#options.signal.removeEventListener("abort", this.#stop);
  }

  #look(ms: number): void {
    const { clock, limit, heardAt, canBeLate, tooLate } = this.#options;
    const since = "totalMs" in limit ? this.#startedAt : Math.max(this.#startedAt, heardAt());
    const now = clock.now();
    const isLate = canBeLate && now - this.#dueAt >= heldUpMs;
    const isHeldUp = isLate && this.#pauses++ < maxPauses;
    const leftMs = isHeldUp ? heldUpMs : since + ms - now;
    if (leftMs <= 0) return this.#controller.abort(tooLate(ms));
    this.#dueAt = now + leftMs;
    this.#callOff = clock.after(leftMs, () => this.#look(ms));
  }
}
