/**
 * Transports: calls of a gRPC service, over bytes.
 *
 * A transport knows connections, headers, deadlines and statuses. It knows no messages, tries nothing again and
 * limits nothing.
 *
 * @module
 */
import type { StatusName, Violation } from "./messages/status.ts";

/** What goes with a call. */
export interface RpcOptions {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /**
   * How long the call may take as a whole, in milliseconds. It fails with `DEADLINE_EXCEEDED` after that.
   *
   * @defaultValue no limit
   */
  readonly timeoutMs?: number;
  /** Headers of this call, besides those of the connection. Values of names that end in `-bin` are bytes. */
  readonly headers?: Readonly<Record<string, string | Uint8Array>>;
}

/**
 * Calls a service.
 *
 * 1. A call that fails rejects with an {@link RpcError}, and with nothing else but the signal's reason.
 * 2. Nothing connects before the first call. A lost connection is made anew by the next call.
 * 3. No value of a header is in any message.
 */
export interface Transport extends AsyncDisposable {
  /** For people, without anything secret. */
  readonly name: string;
  /** One message for one. */
  unary(method: string, request: Uint8Array, options: RpcOptions): Promise<Buffer>;
  /**
   * Many messages for one. They are asked for as they are taken; who stops taking them ends the call.
   * Rejects where it fails, after the messages before.
   */
  serverStream(method: string, request: Uint8Array, options: RpcOptions): AsyncIterable<Buffer>;
  /**
   * One message for many. The service may answer before it has them all: no further ones are taken then. What
   * `requests` throws ends the call, and is thrown.
   *
   * @param requests - Gives them, again if the call has to begin again.
   */
  clientStream(
    method: string,
    requests: () => AsyncIterable<Uint8Array>,
    options: RpcOptions,
  ): Promise<Buffer>;
}

/** What an {@link RpcError} is made of. */
export interface RpcErrorParts {
  readonly status: StatusName;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly limitMs?: number | undefined;
  readonly violations?: readonly Violation[];
}

/** A call that failed. For code, not for people: what they are told is in `errors.ts`. */
export class RpcError extends Error {
  static {
    this.prototype.name = "RpcError";
  }

  readonly status: StatusName;
  /** How long the service wants us to wait before we try again. */
  readonly retryAfterMs: number | undefined;
  /** How long the call might take, in milliseconds, where it failed because it took that long. */
  readonly limitMs: number | undefined;
  /** What of a precondition did not hold: inputs of an action that are not there. */
  readonly violations: readonly Violation[];

  constructor({ status, message, retryAfterMs, limitMs, violations = [] }: RpcErrorParts) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.limitMs = limitMs;
    this.violations = violations;
  }
}
