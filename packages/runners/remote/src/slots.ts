/**
 * Slots: some at a time, in the order of arrival.
 *
 * @module
 */
import { CalledOff } from "./called-off.ts";

/** One signal may end any number of those who wait. */
const calledOff = new CalledOff();

/** Lets only so many pieces of work go on at once. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Does work when there is a slot. Who waits, and is aborted meanwhile, rejects with the signal's reason. */
  async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#giveBack();
    }
  }

  /** Whoever gives a slot back hands it to the first who waits. */
  async #wait(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const take = (): void => {
        forget();
        resolve();
      };
      const forget = calledOff.add(signal, () => {
        this.#waiting.delete(take);
        reject(signal.reason as Error);
      });
      this.#waiting.add(take);
    });
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
