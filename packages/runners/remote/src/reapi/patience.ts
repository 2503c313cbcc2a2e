/**
 * Patience: how long a stream may stand still.
 *
 * A stream may take hours, so it has no deadline; but one on which nothing moves will not end by itself.
 *
 * @module
 */
import { CalledOff } from "../called-off.ts";
import { RpcError } from "./transport.ts";

const calledOff = new CalledOff();

/** Ends a stream on which nothing moves any more. */
export class Patience implements Disposable {
  readonly #controller = new AbortController();
  readonly #ms: number;
  readonly #forget: () => void;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param signal - Ends the stream too.
   * @param ms - How long nothing may move, in milliseconds.
   */
  constructor(signal: AbortSignal, ms: number) {
    this.#ms = ms;
    this.#forget = calledOff.add(signal, () => this.#controller.abort(signal.reason));
    this.moved();
  }

  /** For the stream. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has moved. */
  moved(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#lose(), this.#ms);
    else this.#timer.refresh();
  }

  /** Nothing is expected of the other side: it is waited for us. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.rest();
    this.#forget();
  }

  #lose(): void {
    const message = `nothing came for ${this.#ms / 1000} s`;
    this.#controller.abort(new RpcError({ status: "DEADLINE_EXCEEDED", message }));
  }
}
