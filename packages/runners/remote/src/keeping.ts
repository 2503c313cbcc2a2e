/**
 * Keeping: results that were found elsewhere go into the store here when there is time, behind whoever waits for them.
 *
 * A stage that is found lets the next one be looked for, and the network has nothing to do meanwhile: to write first would
 * cost as much as it takes, for each level of the graph. It is done while answers are awaited.
 *
 * @module
 */
import type { ActionCache, ActionKey, ActionResult } from "@ashlar/core";

import type { Turns } from "./turns.ts";

/** Puts results into a store, some time later. */
export class Keeping {
  readonly #store: ActionCache;
  readonly #turns: Turns;
  readonly #waiting = new Map<ActionKey, ActionResult>();
  #work: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param turns - Of those who have found something: they go first. */
  constructor(store: ActionCache, turns: Turns) {
    this.#store = store;
    this.#turns = turns;
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
    for (;;) {
      await this.#turns.next();
      const [next] = this.#waiting;
      if (next === undefined) break;
      await this.#put(...next);
    }
    this.#work = undefined;
  }

  async #put(key: ActionKey, result: ActionResult): Promise<void> {
    try {
      await this.#store.put(key, result);
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#waiting.get(key) === result) this.#waiting.delete(key);
  }
}
