/**
 * Turns: those who all could go on at once do so one after another, each as far as he gets.
 *
 * Answers come in bunches. If all of a bunch went on in the same turn of the event loop, each a step at a time, what follows from the first
 * would be asked when all of them are done, and the answers to that came in a bunch again, for each level of the graph. In
 * turns, the first question is on its way while the second answer is read.
 *
 * @module
 */

/** Lets one go on in each turn of the event loop. */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#schedule();
    });
  }

  #schedule(): void {
    setImmediate(() => {
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
