/**
 * The pulse: whether a service that says nothing of an operation is still there.
 *
 *     silent for a while ──▶ asked what it can do ──▶ any answer: it is busy, listen on
 *                                              └────▶ none: the stream is broken
 *
 * A command may take hours in which its service has nothing to say, so silence is no failure. But a host that is gone says
 * nothing either, and a connection to it does not break by itself for many minutes.
 *
 * @module
 */
import { CalledOff } from "../called-off.ts";
import type { Connection } from "../reapi/connect.ts";
import { encodeGetCapabilities } from "../reapi/messages/capabilities.ts";
import type { StatusName } from "../reapi/messages/status.ts";
import { methods } from "../reapi/methods.ts";
import { RpcError } from "../reapi/transport.ts";

/** How long a stream is silent before the service is asked, and how long that may take, in milliseconds. */
export interface PulseTimes {
  /** @defaultValue 10,000 */
  readonly silentMs?: number;
  /** @defaultValue 5000 */
  readonly answerMs?: number;
}

/** What the library says when nobody has answered. */
const unanswered: ReadonlySet<StatusName> = new Set([
  ...(["CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"] as const),
]);

const calledOff = new CalledOff();

/** Feels the pulse of one service, for all streams of it. */
export class Pulse {
  readonly #connection: Connection;
  readonly #silentMs: number;
  readonly #answerMs: number;
  #asked: { readonly at: number; readonly isThere: Promise<boolean> } | undefined;

  constructor(connection: Connection, { silentMs = 10_000, answerMs = 5000 }: PulseTimes = {}) {
    this.#connection = connection;
    this.#silentMs = silentMs;
    this.#answerMs = answerMs;
  }

  /**
   * Keeps watch over one stream.
   *
   * @param signal - Ends the stream too.
   * @param isDoubtful - Whether the service is asked at once: it did not answer the last time.
   */
  keepWatch(signal: AbortSignal, isDoubtful: boolean): PulseWatch {
    const isThere = async (): Promise<boolean> => await this.isThere();
    return new PulseWatch({ signal, isThere, silentMs: this.#silentMs, isDoubtful });
  }

  /** Whether the service answers. All who ask in the time in which an answer may come ask together. */
  async isThere(): Promise<boolean> {
    const now = performance.now();
    const isRecent = this.#asked !== undefined && now - this.#asked.at < this.#answerMs;
    if (!isRecent) this.#asked = { at: now, isThere: this.#ask() };
    return (await this.#asked?.isThere) ?? false;
  }

  async #ask(): Promise<boolean> {
    const { transport, instance } = this.#connection;
    const { signal } = new AbortController();
    const options = { signal, timeoutMs: this.#answerMs };
    try {
      await transport.unary(methods.getCapabilities, encodeGetCapabilities(instance), options);
      return true;
    } catch (error) {
      return !(error instanceof RpcError) || !unanswered.has(error.status);
    }
  }
}

interface PulseWatchParts {
  readonly signal: AbortSignal;
  readonly isThere: () => Promise<boolean>;
  readonly silentMs: number;
  readonly isDoubtful: boolean;
}

/** Ends a stream when nobody is at its other end any more. To be disposed of when it is over. */
export class PulseWatch implements Disposable {
  readonly #controller = new AbortController();
  readonly #parts: PulseWatchParts;
  readonly #forget: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(parts: PulseWatchParts) {
    const { signal, silentMs, isDoubtful } = parts;
    this.#parts = parts;
    this.#forget = calledOff.add(signal, () => this.#controller.abort(signal.reason));
    if (signal.aborted) this.#controller.abort(signal.reason);
    this.#look(isDoubtful ? 0 : silentMs);
  }

  /** For the stream. Aborted with an {@link RpcError} when the service is not there. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has come. */
  heard(): void {
    this.#look(this.#parts.silentMs);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#forget();
  }

  #look(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), ms);
  }

  async #ask(): Promise<void> {
    const { isThere, silentMs } = this.#parts;
    const wasThere = await isThere();
    if (this.#isOver) return;
    if (wasThere) return this.#look(silentMs);
    const message = "it says nothing any more, and does not answer";
    this.#controller.abort(new RpcError({ status: "UNAVAILABLE", message }));
  }
}
