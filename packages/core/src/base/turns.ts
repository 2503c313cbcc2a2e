/**
 * Turns: one at a time for each name, in the order of arrival, in this process.
 *
 * @module
 */
import { untilAborted } from "./until-aborted.ts";

/** Hands turns out. */
export class Turns {
  /** By name: settles when all who have come so far are done. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /** Waits for a turn, and gives what ends it. Rejects with the signal's reason. */
  async take(name: string, signal: AbortSignal): Promise<() => void> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    let end = (): void => {};
    const mine = new Promise<void>((resolve) => (end = resolve));
    // Both, for this one may give up while the one before is still at work.
    const queue = Promise.all([before, mine]);
    this.#queues.set(name, queue);
    const leave = (): void => {
      end();
      if (this.#queues.get(name) !== queue) return;
      void queue.then(() => {
        if (this.#queues.get(name) === queue) this.#queues.delete(name);
      });
    };
    try {
      await untilAborted(before, signal);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }
}
