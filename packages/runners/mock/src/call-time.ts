/**
 * Time of a call: what a script says that its command takes, and what it waits for.
 *
 * A script is at work, and a virtual clock stands still, but while it waits in a way that is known: for time,
 * or for what it says that others will do.
 *
 * @module
 */
import { systemClock, type Clock, type RunContext } from "@ashlar/core";

/** The time of one call, on the build's clock. On the machine's, it only adds up what scripts say. */
export class CallTime implements Disposable {
  readonly startedAt: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Name of the stage. */
  readonly #name: string;
  /** Time that the machine's clock does not know of. */
  #sleptMs = 0;
  /** What the script waits for at this moment: it may be several things at once. */
  readonly #waits = new Set<{ readonly what: string }>();
  /** While it waits for anything. */
  #resting: Disposable | undefined;
  #isOver = false;

  constructor(name: string, { clock = systemClock, signal }: RunContext) {
    this.#clock = clock;
    this.#signal = signal;
    this.#name = name;
    this.startedAt = clock.now();
  }

  now(): number {
    return this.#clock.now() + this.#sleptMs;
  }

  /** The command is over, whatever its script still does. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#workOn();
  }

  readonly sleep = async (ms: number): Promise<void> => {
    if (this.#clock === systemClock && ms < Infinity) {
      this.#signal.throwIfAborted();
      this.#sleptMs += ms;
      return;
    }
    let callOff = (): void => {};
    try {
      await this.#waitFor("runs, and waits for its end", async () => {
        // On the machine's clock a timer cannot wait for ever.
        await new Promise<void>((resolve) => {
          if (ms < Infinity) callOff = this.#clock.after(ms, resolve);
        });
      });
    } finally {
      callOff();
    }
  };

  readonly waitFor = async <T>(what: Promise<T>, name = "another"): Promise<T> => {
    return await this.#waitFor(`waits for ${name}`, async () => await what);
  };

  async #waitFor<T>(what: string, wait: () => Promise<T>): Promise<T> {
    const waiting = { what };
    this.#waits.add(waiting);
    if (!this.#isOver) {
      this.#resting ??= this.#clock.activity?.rest(() => {
        return [...this.#waits].map((each) => `\`${this.#name}\` ${each.what}`).join("; ");
      });
    }
    try {
      return await untilAborted(this.#signal, wait);
    } finally {
      this.#waits.delete(waiting);
      if (this.#waits.size === 0) this.#workOn();
    }
  }

  #workOn(): void {
    this.#resting?.[Symbol.dispose]();
    this.#resting = undefined;
  }
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
