/**
 * The transport over `@grpc/grpc-js`.
 *
 * Messages pass as the bytes that they are: the library's own codecs write explicit defaults, and so wrong digests.
 *
 * @module
 */
import type { Client, ClientUnaryCall, Metadata, StatusObject } from "@grpc/grpc-js";

import { CalledOff } from "../called-off.ts";
import type { CallHeaders } from "./call-headers.ts";
import { callOnce } from "./call-once.ts";
import type { Grpc } from "./channel.ts";
import { deferred } from "./deferred.ts";
import { decodeStatus, statusName, type Status } from "./messages/status.ts";
import { send } from "./send.ts";
import { RpcError, type RpcOptions, type Transport } from "./transport.ts";

/** A call that can be ended. */
type Cancellable = Pick<ClientUnaryCall, "cancel">;

/** What a call begins with. */
interface Beginning {
  readonly grpc: Grpc;
  readonly client: Client;
  readonly metadata: Metadata;
  readonly options: { readonly deadline?: number };
}

/** What a transport is made of. */
export interface GrpcParts {
  readonly name: string;
  readonly headers: CallHeaders;
  /** Called at the first call, and again when it failed. */
  readonly open: () => Promise<{
    readonly grpc: Grpc;
    readonly clients: readonly [Client, ...Client[]];
  }>;
}

/** Calls a service by gRPC. */
export class GrpcTransport implements Transport {
  readonly name: string;
  readonly #headers: CallHeaders;
  readonly #open: GrpcParts["open"];
  #opened: ReturnType<GrpcParts["open"]> | undefined;
  /** Calls under way. */
  readonly #calls = new Set<Cancellable>();
  readonly #calledOff = new CalledOff();
  #isClosed = false;
  #turn = 0;

  constructor({ name, headers, open }: GrpcParts) {
    this.name = name;
    this.#headers = headers;
    this.#open = open;
  }

  async unary(method: string, request: Uint8Array, options: RpcOptions): Promise<Buffer> {
    const { grpc, client, metadata, options: callOptions } = await this.#begin(options);
    const { deadline = Infinity } = callOptions;
    return await new Promise((resolve, reject) => {
      const sent = { method, message: asBuffer(request), metadata, deadline };
      const call = callOnce(grpc, client, sent, (status, isOk, answer) => {
        end();
        if (!isOk) reject(this.#failure(status, options));
        else if (answer === undefined) reject(unanswered());
        else resolve(answer);
      });
      const end = this.#watch(call, options.signal);
    });
  }

  async *serverStream(
    method: string,
    request: Uint8Array,
    options: RpcOptions,
  ): AsyncGenerator<Buffer, void> {
    const { client, metadata, options: callOptions } = await this.#begin(options);
    const call = client.makeServerStreamRequest(
      method,
      asBuffer,
      asIs,
      request,
      metadata,
      callOptions,
    );
    // The end of a call that nobody reads any more is an error to the library.
    call.on("error", () => {});
    const end = this.#watch(call, options.signal);
    try {
      for await (const message of call) yield message as Buffer;
    } catch (error) {
      throw this.#failure(error as StatusObject, options);
    } finally {
      end();
      call.cancel();
    }
  }

  async clientStream(
    method: string,
    requests: () => AsyncIterable<Uint8Array>,
    options: RpcOptions,
  ): Promise<Buffer> {
    const { client, metadata, options: callOptions } = await this.#begin(options);
    const answer = deferred<Buffer>();
    const call = client.makeClientStreamRequest(
      method,
      asBuffer,
      asIs,
      metadata,
      callOptions,
      (error, message = nothing) => {
        if (error === null) answer.resolve(message);
        else answer.reject(this.#failure(error, options));
      },
    );
    const end = this.#watch(call, options.signal);
    try {
      await send(call, requests(), answer.promise);
      return await answer.promise;
    } finally {
      end();
      // Of no effect on a call that is over.
      call.cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const call of this.#calls) call.cancel();
    const opened = await this.#opened?.catch(() => undefined);
    for (const client of opened?.clients ?? []) client.close();
  }

  async #begin({ signal, timeoutMs, headers = {} }: RpcOptions): Promise<Beginning> {
    signal.throwIfAborted();
    this.#opened ??= this.#open();
    const opening = this.#opened;
    const [{ grpc, clients }, fixed] = await Promise.all([
      opening.catch((error: unknown) => {
        if (this.#opened === opening) this.#opened = undefined;
        throw error;
      }),
      this.#headers.now(signal),
    ]);
    signal.throwIfAborted();
    if (this.#isClosed) throw closed();
    const metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(fixed)) metadata.set(name, value);
    for (const [name, value] of Object.entries(headers)) {
      metadata.set(name, typeof value === "string" ? value : Buffer.from(value));
    }
    return {
      grpc,
      client: this.#next(clients),
      metadata,
      options: timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs },
    };
  }

  #next(clients: readonly [Client, ...Client[]]): Client {
    this.#turn = (this.#turn + 1) % clients.length;
    return clients[this.#turn] ?? clients[0];
  }

  /** Ends the call when it is called off. Returns what is to be done when it is over. */
  #watch(call: Cancellable, signal: AbortSignal): () => void {
    this.#calls.add(call);
    const forget = this.#calledOff.add(signal, () => call.cancel());
    return () => {
      this.#calls.delete(call);
      forget();
    };
  }

  /** What the library says, as an error of ours. What it throws of itself holds headers and goes nowhere. */
  #failure(error: StatusObject, { signal, timeoutMs }: RpcOptions): unknown {
    if (signal.aborted) return signal.reason;
    if (this.#isClosed) return closed();
    const { message, violations, retryAfterMs } = detailsOf(error);
    const status = statusName(error.code);
    const isOwn = status === "DEADLINE_EXCEEDED" && ownDeadline.test(error.details);
    return new RpcError({
      status,
      message: this.#headers.conceal(error.details === "" ? message : error.details),
      retryAfterMs,
      limitMs: isOwn ? timeoutMs : undefined,
      violations: violations.map(({ type, subject, description }) => {
        return { type, subject, description: this.#headers.conceal(description) };
      }),
    });
  }
}

/** What the library says of a call that took as long as it might. A service has words of its own. */
const ownDeadline = /^Deadline exceeded(?: after|$)/;

/** `google.rpc.Status` in the trailers, where a service sends it. */
function detailsOf({ metadata }: StatusObject): Omit<Status, "status"> {
  try {
    const [bytes] = metadata.get("grpc-status-details-bin");
    if (Buffer.isBuffer(bytes)) return decodeStatus(bytes);
  } catch {
    // Details that cannot be read tell nothing; the status itself is known.
  }
  return { message: "", violations: [] };
}

function unanswered(): RpcError {
  return new RpcError({ status: "INTERNAL", message: "it answered without a message" });
}

function closed(): RpcError {
  return new RpcError({ status: "CANCELLED", message: "the connection was closed" });
}

const nothing: Buffer = Buffer.alloc(0);

function asBuffer(message: Uint8Array): Buffer {
  return Buffer.isBuffer(message)
    ? message
    : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}

function asIs(message: Buffer): Buffer {
  return message;
}
