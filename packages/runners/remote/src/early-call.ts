/**
 * Early calls: what is asked of a service while nobody knows yet whether it can serve us.
 *
 *     what can you do? ────────▶ this ─────┐
 *     do you have that? ───────▶ yes, or no ┴─▶ counts
 *                                └─ it failed: asked anew, when it is known
 *
 * The first look-ups of a build would otherwise be a round trip later. An answer may be misleading, as that of a service
 * which names content by another digest, so it is of no use before the other one.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import type { CallContext } from "./remote-cache.ts";

/** One call. To be disposed of when nobody wants the answer any more. */
export class EarlyCall<T> implements Disposable {
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #stop: () => void;
  #answer: Promise<T> | undefined;

  /**
   * Makes the call.
   *
   * @param signal - Ends it.
   */
  constructor(signal: AbortSignal, call: (context: CallContext) => Promise<T>) {
    this.#signal = signal;
    this.#stop = () => this.#controller.abort(signal.reason);
    signal.addEventListener("abort", this.#stop, { once: true });
    // Who is called may have any number of calls of his own that listen to it.
    setMaxListeners(0, this.#controller.signal);
    this.#answer = call({ signal: this.#controller.signal });
    this.#answer.catch(() => {
      this.#answer = undefined;
    });
  }

  /** The answer that there is, or is to come, for the first who asks; `undefined` if the call has failed by now. */
  take(): Promise<T> | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#stop);
    this.#controller.abort();
  }
}
