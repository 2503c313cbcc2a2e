/**
 * The server of our own does what tests want of it. Called directly, so that what it does is not mistaken for what a
 * client does.
 *
 * @module
 */
import { digestBytes, MessageWriter, type Digest } from "@ashlar/core";
import { expect, test } from "vitest";

import { connect } from "../../src/reapi/connect.ts";
import {
  decodeBatch,
  decodeMissing,
  encodeBatchRead,
  encodeBatchUpdate,
  encodeFindMissing,
} from "../../src/reapi/messages/blobs.ts";
import {
  decodePiece,
  decodeWriteStatus,
  encodeQueryWrite,
  encodeRead,
  encodeWrite,
} from "../../src/reapi/messages/byte-stream.ts";
import {
  decodeOperation,
  encodeExecute,
  encodeOperationName,
  type Operation,
} from "../../src/reapi/messages/execution.ts";
import { encodeGetResult, encodeUpdateResult } from "../../src/reapi/messages/results.ts";
import { methods } from "../../src/reapi/methods.ts";
import type { Transport } from "../../src/reapi/transport.ts";
import { ReapiServer, unsortedTree, type ReapiServerOptions } from "../../src/testing/index.ts";

const options = { signal: new AbortController().signal };
const hello = Buffer.from("hello");
const helloDigest = digestBytes(hello);
const instance = "";

async function started(
  settings?: ReapiServerOptions,
): Promise<{ server: ReapiServer; transport: Transport } & AsyncDisposable> {
  const server = await ReapiServer.start(settings);
  const { transport } = connect(server.address);
  return {
    server,
    transport,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("blobs that were written are there, and what they are not is refused", async () => {
  await using rig = await started();
  const { server, transport } = rig;
  const other = digestBytes(Buffer.from("other"));
  await transport.unary(
    methods.batchUpdateBlobs,
    encodeBatchUpdate(instance, [
      { digest: helloDigest, data: hello, compressor: 0 },
      { digest: other, data: hello, compressor: 0 },
    ]),
    options,
  );
  expect([...server.content.blobs.keys()]).toEqual([helloDigest]);
  const digests = [helloDigest, other];
  const request = encodeFindMissing({ instance, digests });
  const missing = await transport.unary(methods.findMissingBlobs, request, options);
  expect(decodeMissing(missing)).toEqual([other]);
  server.behaviour.wrongBytes.add(helloDigest);
  const read = await transport.unary(
    methods.batchReadBlobs,
    encodeBatchRead({ instance, digests }),
    options,
  );
  const [first, second] = decodeBatch(read);
  expect(first?.data).toHaveLength(5);
  expect(digestBytes(first!.data)).not.toBe(helloDigest);
  expect(second?.status.status).toBe("NOT_FOUND");
});

test("an upload goes on where it broke off", async () => {
  await using rig = await started();
  const { server, transport } = rig;
  const resourceName = `uploads/u/blobs/${helloDigest}`;
  server.fail({ method: "write", times: 1, afterBytes: 3 });
  async function* pieces(offset: number, end: number): AsyncGenerator<Buffer> {
    const data = hello.subarray(offset, end);
    yield encodeWrite({ resourceName, offset, data, finish: end === hello.length });
  }
  await expect(
    transport.clientStream(methods.write, () => pieces(0, 3), options),
  ).rejects.toMatchObject({
    status: "UNAVAILABLE",
  });
  const query = encodeQueryWrite(resourceName);
  const status = await transport.unary(methods.queryWriteStatus, query, options);
  expect(decodeWriteStatus(status)).toEqual({ committedSize: 3, complete: false });
  await transport.clientStream(methods.write, () => pieces(3, 5), options);
  expect(server.content.get(helloDigest)).toEqual(hello);
  const read: Buffer[] = [];
  const request = encodeRead({ resourceName: `blobs/${helloDigest}`, offset: 1 });
  for await (const message of transport.serverStream(methods.read, request, options)) {
    read.push(decodePiece(message));
  }
  expect(Buffer.concat(read).toString()).toBe("ello");
});

test("results are kept unless they are not taken", async () => {
  await using rig = await started();
  const { server, transport } = rig;
  const update = encodeUpdateResult({ instance, key: helloDigest, result: Buffer.of(32, 3) });
  const get = encodeGetResult({ instance, key: helloDigest });
  const lookUp = (): Promise<Buffer> => transport.unary(methods.getActionResult, get, options);
  await expect(lookUp()).rejects.toMatchObject({ status: "NOT_FOUND" });
  await transport.unary(methods.updateActionResult, update, options);
  expect(await lookUp()).toEqual(Buffer.of(32, 3));
  server.behaviour.updateEnabled = false;
  await expect(transport.unary(methods.updateActionResult, update, options)).rejects.toMatchObject({
    status: "PERMISSION_DENIED",
  });
  expect(server.count("updateActionResult")).toBe(2);
});

test("faults come when they are due, and a server that was stopped comes back", async () => {
  await using rig = await started();
  const { server, transport } = rig;
  server.content.results.set(helloDigest, Buffer.of(32, 3));
  const get = encodeGetResult({ instance, key: helloDigest });
  const status = (): Promise<string> =>
    transport.unary(methods.getActionResult, get, options).then(
      () => "OK",
      (error: { readonly status: string }) => error.status,
    );
  server.fail({ method: "getActionResult", after: 1, times: 2, status: "RESOURCE_EXHAUSTED" });
  server.fail({ method: "findMissingBlobs", status: "INTERNAL" });
  const statuses = [await status(), await status(), await status(), await status()];
  expect(statuses).toEqual(["OK", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "OK"]);
  await server.stop();
  expect(await status()).toBe("UNAVAILABLE");
  await server.resume();
  // The library connects again when it sees fit.
  while ((await status()) === "UNAVAILABLE") await new Promise(setImmediate);
  expect(await status()).toBe("OK");
});

test("an unsorted tree has the same directories", () => {
  const writer = new MessageWriter();
  const tree = writer.element(1, "root").element(2, "a").element(2, "b").finish();
  expect(unsortedTree(tree).toString("hex")).toBe("1201621201610a04726f6f74");
});

test("another instance is not known", async () => {
  await using rig = await started({ behaviour: { instance: "main" } });
  const request = encodeFindMissing({ instance: "other", digests: [] });
  await expect(
    rig.transport.unary(methods.findMissingBlobs, request, options),
  ).rejects.toMatchObject({ status: "NOT_FOUND", message: 'unknown instance name "other"' });
});

/** An action over the empty input root, with its command. */
function addAction(server: ReapiServer): { key: Digest; command: Digest } {
  const writer = new MessageWriter();
  const command = server.content.add(writer.element(1, "true").finish());
  const root = digestBytes(Buffer.alloc(0));
  const action = writer.clear().digest(1, command).digest(2, root).finish();
  return { key: server.content.add(action), command };
}

async function run(
  transport: Transport,
  method: string,
  request: Buffer,
): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  for await (const message of transport.serverStream(method, request, options)) {
    operations.push(decodeOperation(message));
  }
  return operations;
}

test("an action is executed by the function, and kept", async () => {
  const ran: string[] = [];
  await using rig = await started({
    execute: ({ key, command }) => {
      ran.push(`${key} ${command.toString("hex")}`);
      return { result: Buffer.of(32, 3) };
    },
  });
  const { server, transport } = rig;
  const { key } = addAction(server);
  const request = { instance, key, skipCacheLookup: false, priority: 0 };
  const operations = await run(transport, methods.execute, encodeExecute(request));
  expect(operations.map(({ progress }) => progress?.stage)).toEqual([
    "queued",
    "executing",
    "completed",
  ]);
  expect(operations.at(-1)?.response).toMatchObject({ result: Buffer.of(32, 3), wasCached: false });
  expect(ran).toEqual([`${key} 0a0474727565`]);
  const [again] = await run(transport, methods.execute, encodeExecute(request));
  expect(again?.response?.wasCached).toBe(true);
  const name = encodeOperationName(operations[0]!.name);
  const [, , waited] = await run(transport, methods.waitExecution, name);
  expect(waited?.response?.result).toEqual(Buffer.of(32, 3));
});

test("missing inputs are said in either way", async () => {
  await using rig = await started({ execute: () => ({}) });
  const { server, transport } = rig;
  const { key, command } = addAction(server);
  server.content.blobs.delete(command);
  const request = encodeExecute({ instance, key, skipCacheLookup: false, priority: 0 });
  await expect(run(transport, methods.execute, request)).rejects.toMatchObject({
    status: "FAILED_PRECONDITION",
    violations: [{ type: "MISSING", subject: `blobs/${command}`, description: "" }],
  });
  server.behaviour.missingInputs = "status";
  const operations = await run(transport, methods.execute, request);
  expect(operations.at(-1)?.response?.status).toMatchObject({ status: "NOT_FOUND" });
});

test("a stream of an execution breaks, the execution goes on, and can be cancelled", async () => {
  await using rig = await started({
    execute: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  });
  const { server, transport } = rig;
  const { key } = addAction(server);
  server.fail({ method: "execute", times: 1, afterBytes: 0 });
  const request = encodeExecute({ instance, key, skipCacheLookup: false, priority: 0 });
  const stream = transport.serverStream(methods.execute, request, options);
  const messages = stream[Symbol.asyncIterator]();
  const { name } = decodeOperation((await messages.next()).value as Buffer);
  const broken = (async () => {
    while ((await messages.next()).done !== true);
  })();
  await expect(broken).rejects.toMatchObject({ status: "UNAVAILABLE" });
  const waiting = run(transport, methods.waitExecution, encodeOperationName(name));
  await transport.unary(methods.cancelOperation, encodeOperationName(name), options);
  const operations = await waiting;
  expect(operations.at(-1)?.response?.status?.status).toBe("CANCELLED");
});
