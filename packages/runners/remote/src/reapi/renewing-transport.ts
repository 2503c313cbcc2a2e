/**
 * Renewing transports: a call that is refused for who we say that we are is made once more, with headers that were got anew.
 *
 *     call ─▶ UNAUTHENTICATED ─▶ were they got anew meanwhile, or can they be? ─yes─▶ call ─▶ whatever comes
 *                                       └─no─▶ UNAUTHENTICATED
 *
 * A token may be revoked, or a clock wrong, long before what a credential helper gave has expired. Headers that were got anew
 * and refused as well are not got anew again, or a service that knows us no more would start a program for each call.
 *
 * @module
 */
import type { CallHeaders } from "./call-headers.ts";
import { RpcError, type RpcOptions, type Transport } from "./transport.ts";

/** Makes calls by another transport, and once more where new headers may help. */
export class RenewingTransport implements Transport {
  readonly #transport: Transport;
  readonly #headers: CallHeaders;

  /** @param headers - Those that the transport sends. */
  constructor(transport: Transport, headers: CallHeaders) {
    this.#transport = transport;
    this.#headers = headers;
  }

  get name(): string {
    return this.#transport.name;
  }

  async unary(method: string, request: Uint8Array, options: RpcOptions): Promise<Buffer> {
    return await this.#twice(
      async () => await this.#transport.unary(method, request, options),
      options.signal,
    );
  }

  async *serverStream(
    method: string,
    request: Uint8Array,
    options: RpcOptions,
  ): AsyncGenerator<Buffer, void> {
    const begin = async () => {
      const messages = this.#transport.serverStream(method, request, options);
      const each = messages[Symbol.asyncIterator]();
      return { each, first: await each.next() };
    };
    const { each, first } = await this.#twice(begin, options.signal);
    try {
      for (let next = first; next.done !== true; next = await each.next()) yield next.value;
    } finally {
      await each.return?.();
    }
  }

  async clientStream(
    method: string,
    requests: () => AsyncIterable<Uint8Array>,
    options: RpcOptions,
  ): Promise<Buffer> {
    return await this.#twice(
      async () => await this.#transport.clientStream(method, requests, options),
      options.signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #twice<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { edition } = this.#headers;
    try {
      const value = await call();
      this.#headers.accepted(edition);
      return value;
    } catch (error) {
      const isRefused = error instanceof RpcError && error.status === "UNAUTHENTICATED";
      if (!isRefused || !(await this.#headers.renew(edition, signal))) throw error;
    }
    const renewed = this.#headers.edition;
    const value = await call();
    this.#headers.accepted(renewed);
    return value;
  }
}
