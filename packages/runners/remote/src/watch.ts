/**
 * Watches: a call to a service goes on as long as there is hope.
 *
 *     heard ──a third of the time──▶ asked: is anybody there? ──no answer──▶ given up
 *       ▲                                  └─yes─▶ it is busy with this, for as long as its patience lasts
 *       └── something of this call, or of another ──┘
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

/** What is due so soon is due. */
const leastMs = 1;

/** For calls that may take as long as they like, but not in silence. In milliseconds. */
export interface Silence {
  /** How long nothing may be heard of the service. */
  readonly silentMs: number;
  /** Asks the service for something small. Resolves with whether it answers; rejects never. */
  readonly ask: () => Promise<boolean>;
  /** How long nothing but such answers may be heard: services write to disks before they say so. */
  readonly busyMs: number;
}

/** What a watch is to look at. */
export interface WatchOptions {
  readonly clock: Clock;
  /** Ends the call, with its reason. */
  readonly signal: AbortSignal;
  /** How long the whole call may take, in milliseconds; or how long nothing may be heard of the service. */
  readonly limit: Silence | { readonly totalMs: number };
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
  /** When the service answered that it is there. */
  #answeredAt = -Infinity;
  #isAsking = false;

  constructor(options: WatchOptions) {
    const { clock, signal, limit } = options;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#stop = () => this.#controller.abort(signal.reason);
    // Who is called may have any number of calls of his own that listen to it.
    setMaxListeners(0, this.signal);
    if (signal.aborted) this.#stop();
    signal.addEventListener("abort", this.#stop, { once: true });
    const ms = "totalMs" in limit ? limit.totalMs : askMs(limit);
    this.#dueAt = this.#startedAt + ms;
    this.#callOff = clock.after(ms, () => this.#look());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#callOff();
    this.#options.signal.removeEventListener("abort", this.#stop);
  }

  #look(): void {
    const { clock, limit, canBeLate, tooLate } = this.#options;
    const now = clock.now();
    const isLate = canBeLate && now - this.#dueAt >= heldUpMs;
    const isHeldUp = isLate && this.#pauses++ < maxPauses;
    const [endsAt, ms] = "totalMs" in limit ? this.#endOfTime(limit.totalMs) : this.#endOf(limit);
    const leftMs = isHeldUp ? heldUpMs : endsAt - now;
    if (leftMs < leastMs) return this.#controller.abort(tooLate(ms));
    const nextMs = "totalMs" in limit || isHeldUp ? leftMs : this.#askIn(limit, now, leftMs);
    this.#dueAt = now + nextMs;
    this.#callOff = clock.after(nextMs, () => this.#look());
  }

  #endOfTime(totalMs: number): [endsAt: number, ms: number] {
    return [this.#startedAt + totalMs, totalMs];
  }

  /** When there is no hope any more, as far as is known now, and after how long a silence that is. */
  #endOf({ silentMs, busyMs }: Silence): [endsAt: number, ms: number] {
    const heardAt = this.#heardAt();
    const silentTo = Math.max(heardAt, this.#answeredAt) + silentMs;
    const busyTo = heardAt + busyMs;
    return silentTo < busyTo ? [silentTo, silentMs] : [busyTo, busyMs];
  }

  /** Asks, if it is time to. Gives the time to the next look. */
  #askIn(silence: Silence, now: number, leftMs: number): number {
    const quietMs = now - Math.max(this.#heardAt(), this.#answeredAt);
    const earlyMs = askMs(silence) - quietMs;
    if (earlyMs >= leastMs) return Math.min(earlyMs, leftMs);
    if (!this.#isAsking) void this.#ask(silence);
    return leftMs;
  }

  #heardAt(): number {
    return Math.max(this.#startedAt, this.#options.heardAt());
  }

  async #ask({ ask }: Silence): Promise<void> {
    this.#isAsking = true;
    if (await ask()) this.#answeredAt = this.#options.clock.now();
    this.#isAsking = false;
  }
}

/** After how long a silence a service is asked whether it is there, in milliseconds. */
function askMs({ silentMs }: Silence): number {
  return Math.ceil(silentMs / 3);
}
