/**
 * Calls over gRPC, against a small server of the library's own.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import * as grpc from "@grpc/grpc-js";
import { expect, test } from "vitest";

import { connect, type Connection } from "../../src/reapi/connect.ts";
import type { ConnectionOptions } from "../../src/reapi/connection-options.ts";
import { encodeStatus } from "../../src/reapi/messages/status.ts";
import type { RpcError } from "../../src/reapi/transport.ts";

const never = new AbortController().signal;
const bytes = (text: string): Buffer => Buffer.from(text);

type Handlers = Readonly<Record<string, grpc.UntypedHandleCall>>;

/** A server of one service `test`, and a connection to it. */
class Rig implements AsyncDisposable {
  readonly #server: grpc.Server;
  readonly port: number;
  readonly connection: Connection;

  private constructor(server: grpc.Server, port: number, options: ConnectionOptions) {
    this.#server = server;
    this.port = port;
    this.connection = connect(`grpc://127.0.0.1:${port}`, options);
  }

  static async create(handlers: Handlers, options: ConnectionOptions = {}): Promise<Rig> {
    const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
    const same = (message: Buffer): Buffer => message;
    const methods = Object.keys(handlers).map((name) => [
      name,
      {
        path: `/test/${name}`,
        requestStream: name === "up",
        responseStream: name === "down",
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    ]);
    server.addService(Object.fromEntries(methods), handlers);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new Rig(server, port, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.transport[Symbol.asyncDispose]();
    this.#server.forceShutdown();
  }
}

const echo: grpc.handleUnaryCall<Buffer, Buffer> = ({ request }, reply) => reply(null, request);
const hang: grpc.handleUnaryCall<Buffer, Buffer> = () => {};

async function fails(promise: Promise<unknown>): Promise<RpcError> {
  return promise.then(
    () => {
      throw new Error("it should have failed");
    },
    (error: unknown) => error as RpcError,
  );
}

test("one message for one", async () => {
  await using rig = await Rig.create({ one: echo });
  const { transport } = rig.connection;
  const answer = await transport.unary("/test/one", bytes("hello"), { signal: never });
  expect(answer.toString()).toBe("hello");
});

test("messages may be larger than gRPC's usual 4 MiB, both ways", async () => {
  await using rig = await Rig.create({ one: echo });
  const large = Buffer.alloc(9 * 2 ** 20, 1);
  const answer = await rig.connection.transport.unary("/test/one", large, { signal: never });
  expect(answer.equals(large)).toBe(true);
});

test("headers of the connection and of the call arrive, those in bytes too", async () => {
  let seen: grpc.Metadata | undefined;
  const one: grpc.handleUnaryCall<Buffer, Buffer> = ({ metadata }, reply) => {
    seen = metadata;
    reply(null, Buffer.alloc(0));
  };
  process.env["ASHLAR_TEST_HEADER"] = "from the environment";
  await using rig = await Rig.create(
    { one },
    {
      token: "token-of-mine",
      headers: { "X-Plain": "plain", "x-env": { env: "ASHLAR_TEST_HEADER" } },
      headerSource: async (address) => ({ "x-source": address }),
    },
  );
  const headers = { "x-call": "call", "x-bytes-bin": Uint8Array.of(1, 2, 255) };
  await rig.connection.transport.unary("/test/one", bytes(""), { signal: never, headers });
  expect(seen?.getMap()).toMatchObject({
    authorization: "Bearer token-of-mine",
    "x-plain": "plain",
    "x-env": "from the environment",
    "x-source": `grpc://127.0.0.1:${rig.port}`,
    "x-call": "call",
    "x-bytes-bin": Buffer.of(1, 2, 255),
  });
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { readonly version: string };
  expect(String(seen?.get("user-agent")[0])).toMatch(`ashlar/${version} `);
});

test("a failure has its status, and what the service says of it in detail", async () => {
  const metadata = new grpc.Metadata();
  const details = {
    status: "FAILED_PRECONDITION",
    message: "inputs are missing",
    violations: [{ type: "MISSING", subject: "blobs/x/5", description: "" }],
    retryAfterMs: 250,
  } as const;
  metadata.set("grpc-status-details-bin", encodeStatus(details));
  await using rig = await Rig.create({
    one: (_: unknown, reply: grpc.sendUnaryData<Buffer>) =>
      reply({ code: grpc.status.FAILED_PRECONDITION, details: "inputs are missing", metadata }),
  });
  const call = rig.connection.transport.unary("/test/one", bytes(""), { signal: never });
  expect(await fails(call)).toMatchObject({ name: "RpcError", ...details });
});

test("no value of a header is in a message, though the service repeats it", async () => {
  const secrets = ["token-of-mine", "another secret", "from-the-source"];
  await using rig = await Rig.create(
    {
      one: (_: unknown, reply: grpc.sendUnaryData<Buffer>) =>
        reply({
          code: grpc.status.UNAUTHENTICATED,
          details: `none of ${secrets.join(", ")} will do`,
        }),
    },
    {
      token: secrets[0]!,
      headers: { "x-other": secrets[1]! },
      headerSource: async () => ({ "x-source": secrets[2]! }),
    },
  );
  const call = rig.connection.transport.unary("/test/one", bytes(""), { signal: never });
  const error = await fails(call);
  expect(error.message).toBe("none of ***, ***, *** will do");
  const everything = `${error.stack} ${JSON.stringify(error)}`;
  for (const secret of secrets) expect(everything).not.toContain(secret);
});

test("no part of a header's value is in a message, whatever the service makes of it", async () => {
  const word = Buffer.from("me:hunter22").toString("base64");
  // The one is the beginning of the other.
  const [short, long] = ["key-of-mine", "key-of-mine.and-more"];
  await using rig = await Rig.create(
    {
      one: (_: unknown, reply: grpc.sendUnaryData<Buffer>) =>
        reply({
          code: grpc.status.UNAUTHENTICATED,
          details: `not me:hunter22 (${word}), not hunter22, not ${long}`,
        }),
    },
    { headers: { authorization: `Basic ${word}`, "x-short": short, "x-long": long } },
  );
  const error = await fails(
    rig.connection.transport.unary("/test/one", bytes(""), { signal: never }),
  );
  expect(error.message).toBe("not *** (***), not ***, not ***");
});

test("nobody listens", async () => {
  const { transport } = connect("grpc://127.0.0.1:1");
  await using _ = transport;
  const error = await fails(transport.unary("/test/one", bytes(""), { signal: never }));
  expect(error).toMatchObject({ name: "RpcError", status: "UNAVAILABLE" });
  expect(error.message).toContain("ECONNREFUSED");
});

test("a call that takes too long has exceeded its deadline", async () => {
  await using rig = await Rig.create({ one: hang });
  const options = { signal: never, timeoutMs: 20 };
  const error = await fails(rig.connection.transport.unary("/test/one", bytes(""), options));
  expect(error.status).toBe("DEADLINE_EXCEEDED");
});

test.each(["before it begins", "while it is under way"])(
  "a call that is called off %s rejects with the reason",
  async (when) => {
    const { promise: arrived, resolve: arrive } = resolvers();
    await using rig = await Rig.create({ one: () => arrive() });
    const controller = new AbortController();
    const reason = new Error("enough");
    if (when.startsWith("before")) controller.abort(reason);
    const { signal } = controller;
    const call = rig.connection.transport.unary("/test/one", bytes(""), { signal });
    const error = fails(call);
    if (!signal.aborted) await arrived.then(() => controller.abort(reason));
    expect(await error).toBe(reason);
  },
);

test("closing ends the calls that are under way", async () => {
  const { promise: arrived, resolve: arrive } = resolvers();
  await using rig = await Rig.create({ one: () => arrive() });
  const { transport } = rig.connection;
  const error = fails(transport.unary("/test/one", bytes(""), { signal: never }));
  await arrived;
  await transport[Symbol.asyncDispose]();
  expect(await error).toMatchObject({ status: "CANCELLED", message: "the connection was closed" });
});

test("many messages for one", async () => {
  const down: grpc.handleServerStreamingCall<Buffer, Buffer> = (call) => {
    for (const text of ["a", "b", "c"]) call.write(bytes(text + call.request.toString()));
    call.end();
  };
  await using rig = await Rig.create({ down });
  const texts: string[] = [];
  const { transport } = rig.connection;
  for await (const each of transport.serverStream("/test/down", bytes("!"), { signal: never })) {
    texts.push(each.toString());
  }
  expect(texts).toEqual(["a!", "b!", "c!"]);
});

test("a stream that breaks gives what came before", async () => {
  const down: grpc.handleServerStreamingCall<Buffer, Buffer> = (call) => {
    call.write(bytes("a"));
    call.emit("error", { code: grpc.status.ABORTED, details: "broken" });
  };
  await using rig = await Rig.create({ down });
  const { transport } = rig.connection;
  const stream = transport.serverStream("/test/down", bytes(""), { signal: never });
  const messages = stream[Symbol.asyncIterator]();
  expect((await messages.next()).value).toEqual(bytes("a"));
  expect(await fails(messages.next())).toMatchObject({ status: "ABORTED", message: "broken" });
});

test("who stops taking messages ends the call", async () => {
  const { promise: ended, resolve: end } = resolvers();
  const down: grpc.handleServerStreamingCall<Buffer, Buffer> = (call) => {
    call.on("cancelled", () => end());
    call.write(bytes("a"));
  };
  await using rig = await Rig.create({ down });
  const { transport } = rig.connection;
  for await (const _ of transport.serverStream("/test/down", bytes(""), { signal: never })) break;
  await expect(ended).resolves.toBeUndefined();
});

test("a stream that is called off rejects with the reason", async () => {
  const down: grpc.handleServerStreamingCall<Buffer, Buffer> = (call) => {
    call.write(bytes("a"));
  };
  await using rig = await Rig.create({ down });
  const controller = new AbortController();
  const reason = new Error("enough");
  const { signal } = controller;
  const stream = rig.connection.transport.serverStream("/test/down", bytes(""), { signal });
  const messages = stream[Symbol.asyncIterator]();
  await messages.next();
  const error = fails(messages.next());
  controller.abort(reason);
  expect(await error).toBe(reason);
});

async function* pieces(
  count: number,
  onTake: (index: number) => void = () => {},
): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index++) {
    onTake(index);
    yield Buffer.alloc(1024, index);
  }
}

test("one message for many", async () => {
  const up: grpc.handleClientStreamingCall<Buffer, Buffer> = (call, reply) => {
    let length = 0;
    call.on("data", (piece: Buffer) => (length += piece.length));
    call.on("end", () => reply(null, bytes(String(length))));
  };
  await using rig = await Rig.create({ up });
  const { transport } = rig.connection;
  const answer = await transport.clientStream("/test/up", () => pieces(100), { signal: never });
  expect(answer.toString()).toBe(String(100 * 1024));
});

test("no more is taken once the service has answered", async () => {
  const up: grpc.handleClientStreamingCall<Buffer, Buffer> = (call, reply) => {
    call.once("data", () => reply(null, bytes("enough")));
  };
  await using rig = await Rig.create({ up });
  let taken = 0;
  const { transport } = rig.connection;
  const many = pieces(1_000_000, () => taken++);
  const answer = await transport.clientStream("/test/up", () => many, { signal: never });
  expect(answer.toString()).toBe("enough");
  expect(taken).toBeLessThan(1_000_000);
});

test("what the messages' source throws ends the call, and is thrown", async () => {
  const { promise: arrived, resolve: arrive } = resolvers();
  const { promise: ended, resolve: end } = resolvers();
  const up: grpc.handleClientStreamingCall<Buffer, Buffer> = (call) => {
    call.on("cancelled", end);
    call.on("error", () => {});
    call.on("data", arrive);
  };
  await using rig = await Rig.create({ up });
  const fault = new Error("no such file");
  async function* broken(): AsyncGenerator<Buffer> {
    yield bytes("a");
    await arrived;
    throw fault;
  }
  const { transport } = rig.connection;
  expect(await fails(transport.clientStream("/test/up", broken, { signal: never }))).toBe(fault);
  await ended;
});

test("many calls may hang at one signal", async () => {
  await using rig = await Rig.create({ one: echo });
  const { signal } = new AbortController();
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listen);
  const { transport } = rig.connection;
  await Promise.all(
    Array.from({ length: 300 }, () => transport.unary("/test/one", bytes("x"), { signal })),
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(warnings).toEqual([]);
});

function resolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
