/**
 * The pool: at most so many commands at once, the most urgent first.
 *
 * @module
 */
import { Heap } from "../base/heap.ts";

/** One who waits for a slot. */
interface Waiter {
  readonly priority: number;
  readonly order: number;
  readonly start: () => void;
}

/** Slots for running commands. */
export class Pool {
  #free: number;
  #arrived = 0;
  readonly #waiting = new Heap<Waiter>((a, b) => b.priority - a.priority || a.order - b.order);

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Runs a piece of work in a slot, as soon as one is free. Greater priority goes first. */
  async use<T>(priority: number, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else {
      await new Promise<void>((start) => {
        this.#waiting.push({ priority, order: this.#arrived++, start });
      });
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.pop();
      if (next === undefined) this.#free++;
      else next.start();
    }
  }
}
