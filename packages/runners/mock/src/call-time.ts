/**
 * Time of a call: what a script says that its command takes.
 *
 * @module
 */
import { systemClock, type Clock, type RunContext } from "@ashlar/core";

/** The time of one call, on the build's clock. On the machine's, it only adds up what scripts say. */
export class CallTime {
  readonly startedAt: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Time that the machine's clock does not know of. */
  #sleptMs = 0;

  constructor({ clock = systemClock, signal }: RunContext) {
    this.#clock = clock;
    this.#signal = signal;
    this.startedAt = clock.now();
  }

  now(): number {
    return this.#clock.now() + this.#sleptMs;
  }

  readonly sleep = async (ms: number): Promise<void> => {
    if (this.#clock !== systemClock) return await pause(this.#clock, ms, this.#signal);
    this.#signal.throwIfAborted();
    this.#sleptMs += ms;
  };
}

/** What work gives, or a rejection as soon as the signal is aborted. */
export async function untilAborted<T>(signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    // Work may have thrown at once; then nobody would catch the other rejection.
    signal.removeEventListener("abort", stop);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  using _ = clock.activity?.rest();
  let callOff = (): void => {};
  try {
    const over = (): Promise<void> =>
      new Promise((resolve) => {
        callOff = clock.after(ms, resolve);
      });
    await untilAborted(signal, over);
  } finally {
    callOff();
  }
}
