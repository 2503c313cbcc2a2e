/**
 * Calls of one service: each with a purpose, a deadline, and who makes it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { hashOf, type ActionKey } from "@ashlar/core";

import type { Connection } from "./connect.ts";
import { explained } from "./failures.ts";
import { encodeRequestMetadata, requestMetadataHeader } from "./messages/request-metadata.ts";
import type { methods } from "./methods.ts";
import { Patience } from "./patience.ts";
import { toolVersion } from "./tool-version.ts";
import type { RpcOptions } from "./transport.ts";

type Method = (typeof methods)[keyof typeof methods];

/** What goes with a call. */
export interface CallPurpose {
  readonly signal: AbortSignal;
  /** What we want to do, after "does not let us". */
  readonly doing: string;
  /** The action that it is about. */
  readonly key?: ActionKey;
}

/** How patient calls are. */
export interface CallsOptions {
  /** How long a call of one message may take, and a stream stand still, in milliseconds. */
  readonly timeoutMs: number;
}

/** Makes calls. They fail with what the transport fails with: see `explain`. */
export class Calls {
  readonly connection: Connection;
  readonly #timeoutMs: number;
  readonly #invocationId = randomUUID();
  /** For calls that are about no action. */
  readonly #plain: RpcOptions["headers"];

  constructor(connection: Connection, { timeoutMs }: CallsOptions) {
    this.connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#plain = this.#headersOf(undefined);
  }

  /** One message for one. */
  async unary(method: Method, request: Uint8Array, purpose: CallPurpose): Promise<Buffer> {
    const { signal } = purpose;
    return this.connection.transport.unary(method, request, {
      signal,
      timeoutMs: this.#timeoutMs,
      headers: this.#headersFor(purpose),
    });
  }

  /** Many messages for one. Who takes them may take his time. */
  async *serverStream(
    method: Method,
    request: Uint8Array,
    purpose: CallPurpose,
  ): AsyncGenerator<Buffer, void> {
    using patience = new Patience(purpose.signal, this.#timeoutMs);
    const options = { signal: patience.signal, headers: this.#headersFor(purpose) };
    for await (const message of this.connection.transport.serverStream(method, request, options)) {
      patience.rest();
      yield message;
      patience.moved();
    }
  }

  /** One message for many. Who makes them may take his time. */
  async clientStream(
    method: Method,
    requests: () => AsyncIterable<Uint8Array>,
    purpose: CallPurpose,
  ): Promise<Buffer> {
    using patience = new Patience(purpose.signal, this.#timeoutMs);
    const options = { signal: patience.signal, headers: this.#headersFor(purpose) };
    return await this.connection.transport.clientStream(
      method,
      () => watched(requests(), patience),
      options,
    );
  }

  /** The error for a user of one that a call has failed with. */
  explain(error: unknown, { doing }: Pick<CallPurpose, "doing">): unknown {
    const { name, instance } = this.connection;
    return explained(error, { name, instance, doing });
  }

  #headersFor({ key }: CallPurpose): NonNullable<RpcOptions["headers"]> {
    return (key === undefined ? this.#plain : undefined) ?? this.#headersOf(key);
  }

  #headersOf(key: ActionKey | undefined): NonNullable<RpcOptions["headers"]> {
    const metadata = {
      toolVersion,
      invocationId: this.#invocationId,
      ...(key !== undefined && { actionId: hashOf(key) }),
    };
    return { [requestMetadataHeader]: encodeRequestMetadata(metadata) };
  }
}

async function* watched<T>(items: AsyncIterable<T>, patience: Patience): AsyncGenerator<T, void> {
  patience.rest();
  for await (const item of items) {
    patience.moved();
    yield item;
    patience.rest();
  }
  patience.moved();
}
