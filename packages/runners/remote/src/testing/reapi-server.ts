/**
 * A service of the Remote Execution API in memory, with faults.
 *
 * For tests of faults: a server of our own cannot show that we understand the API as others do.
 *
 * @module
 */
import type * as grpc from "@grpc/grpc-js";

import { methods } from "../reapi/methods.ts";
import { goodBehaviour, type Behaviour } from "./behaviour.ts";
import { blobServices } from "./blob-services.ts";
import { byteStreamService } from "./byte-stream-service.ts";
import { Content } from "./content.ts";
import { executionService, type Execute } from "./execution-service.ts";
import { Faults, type CallSeen, type Fault, type MethodName } from "./faults.ts";
import type { Handlers } from "./service.ts";

/** Certificates of a server, as PEM. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Who has signed the certificates of clients, which must then show one. */
  readonly clientCa?: string;
}

/** How a server is started. */
export interface ReapiServerOptions {
  /** How it differs from a good one. */
  readonly behaviour?: Partial<Behaviour>;
  /** Executes actions. @defaultValue none: it is a cache */
  readonly execute?: Execute;
  readonly tls?: ServerTls;
  /** Most bytes of a message that it takes. @defaultValue 4 MiB, as gRPC has it */
  readonly maxMessageBytes?: number;
  /** @defaultValue one that is free */
  readonly port?: number;
}

/** A server that runs, on 127.0.0.1. */
export class ReapiServer implements AsyncDisposable {
  readonly behaviour: Behaviour;
  /** Blobs and results. */
  readonly content: Content = new Content();
  readonly #faults = new Faults();
  readonly #options: ReapiServerOptions;
  #server: grpc.Server | undefined;
  #port: number;

  private constructor(options: ReapiServerOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    const execEnabled = options.execute !== undefined;
    this.behaviour = { ...goodBehaviour(), execEnabled, ...options.behaviour };
  }

  /** Starts one. */
  static async start(options: ReapiServerOptions = {}): Promise<ReapiServer> {
    const server = new ReapiServer(options);
    await server.resume();
    return server;
  }

  /** Where it is: `grpc://127.0.0.1:<port>`, or `grpcs://localhost:<port>` with TLS. */
  get address(): string {
    const { tls } = this.#options;
    return tls === undefined ? `grpc://127.0.0.1:${this.#port}` : `grpcs://localhost:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** All calls so far, in the order in which they came. */
  get calls(): readonly CallSeen[] {
    return this.#faults.seen;
  }

  /** How often a method was called. */
  count(method: MethodName): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** Lets calls fail, from now on. The first fault that fits counts. */
  fail(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** No call fails any more. */
  heal(): void {
    this.#faults.clear();
  }

  /** Breaks all connections, and takes no new ones. Executions are forgotten; blobs and results are not. */
  async stop(): Promise<void> {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  /** Listens again, where it did before. */
  async resume(): Promise<void> {
    const { Server, ServerCredentials, Metadata } = await import("@grpc/grpc-js");
    const { maxMessageBytes = 4 * 2 ** 20, tls, execute } = this.#options;
    const server = new Server({
      "grpc.max_receive_message_length": maxMessageBytes,
      "grpc.max_send_message_length": -1,
    });
    const { behaviour, content } = this;
    const ground = { Metadata, behaviour, content, faults: this.#faults };
    const handlers: Handlers = {
      ...blobServices(ground),
      ...byteStreamService(ground),
      ...executionService(ground, execute),
    };
    server.addService(definitionOf(handlers), { ...handlers });
    const credentials = credentialsOf(ServerCredentials, tls);
    this.#port = await new Promise((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.#port}`, credentials, (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const streamed: Readonly<Record<string, readonly [request: boolean, response: boolean]>> = {
  read: [false, true],
  write: [true, false],
  execute: [false, true],
  waitExecution: [false, true],
};

function definitionOf(handlers: Handlers): grpc.ServiceDefinition {
  const same = (message: Buffer): Buffer => message;
  const definitions = Object.keys(handlers).map((name) => {
    const [requestStream = false, responseStream = false] = streamed[name] ?? [];
    const definition: grpc.MethodDefinition<Buffer, Buffer> = {
      path: methods[name as MethodName],
      requestStream,
      responseStream,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    return [name, definition] as const;
  });
  return Object.fromEntries(definitions);
}

function credentialsOf(
  credentials: typeof grpc.ServerCredentials,
  tls: ServerTls | undefined,
): grpc.ServerCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const ca = tls.clientCa === undefined ? null : Buffer.from(tls.clientCa);
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  return credentials.createSsl(ca, [pair], ca !== null);
}
