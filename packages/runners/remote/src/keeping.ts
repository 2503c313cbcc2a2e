/**
 * Keeping: results that were found elsewhere go into the store here when there is time, behind whoever waits for them.
 *
 * A stage that is found lets the next one be looked for, and the network has nothing to do meanwhile: to write first would
 * cost as much as it takes, for each level of the graph. It is done while answers are awaited.
 *
 * @module
 */
import type { ActionCache, ActionKey, ActionResult } from "@ashlar/core";

/** Results that are written in one turn of the event loop: few, for answers are to be heard between. */
const maxInTurn = 8;

/** Puts results into a store, some time later. */
export class Keeping {
  readonly #store: ActionCache;
  readonly #waiting = new Map<ActionKey, ActionResult>();
  #work: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(store: ActionCache) {
    this.#store = store;
  }

  /** A result that is on its way into the store. */
  find(key: ActionKey): ActionResult | undefined {
    return this.#waiting.get(key);
  }

  /** Takes a result, and returns at once. */
  take(key: ActionKey, result: ActionResult): void {
    this.#waiting.set(key, result);
    this.#work ??= this.#write();
  }

  /** Resolves when nothing is on its way under a key any more: another result may be put in its place. */
  async yield(key: ActionKey): Promise<void> {
    if (this.#waiting.delete(key)) await this.#work;
  }

  /** Resolves when all that was taken so far is there. Rejects as the store does, once for all. */
  async idle(): Promise<void> {
    await this.#work;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const key of [...this.#waiting.keys()].slice(0, maxInTurn)) await this.#put(key);
    }
    this.#work = undefined;
  }

  async #put(key: ActionKey): Promise<void> {
    const result = this.#waiting.get(key);
    if (result === undefined) return;
    try {
      await this.#store.put(key, result);
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#waiting.get(key) === result) this.#waiting.delete(key);
  }
}
