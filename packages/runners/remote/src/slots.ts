/**
 * Slots: some at a time, in the order of arrival.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

/** Lets only so many pieces of work go on at once. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

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
    // One signal may end any number of those who wait.
    setMaxListeners(0, signal);
    await new Promise<void>((resolve, reject) => {
      const take = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(take);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
