/**
 * How patient calls are, over a transport that the test holds in its hand.
 *
 * @module
 */
import { expect, test } from "vitest";

import { Calls } from "../../src/reapi/calls.ts";
import { methods } from "../../src/reapi/methods.ts";
import type { RpcOptions, Transport } from "../../src/reapi/transport.ts";

const purpose = { signal: new AbortController().signal, doing: "test" };
const bytes = Buffer.from("x");

/** Rejects when the call is ended, and does nothing before. */
async function never({ signal }: RpcOptions): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

function callsOver(transport: Partial<Transport>, timeoutMs: number): Calls {
  const whole = { name: "test", ...transport } as Transport;
  return new Calls({ name: "test", instance: "", transport: whole }, { timeoutMs });
}

const later = async (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

test("a download on which nothing moves is given up", async () => {
  const calls = callsOver(
    {
      async *serverStream(_method, _request, options) {
        yield bytes;
        await never(options);
      },
    },
    5,
  );
  const messages = calls.serverStream(methods.read, bytes, purpose);
  expect((await messages.next()).value).toBe(bytes);
  await expect(messages.next()).rejects.toMatchObject({ status: "DEADLINE_EXCEEDED" });
});

test("who takes messages slowly is waited for", async () => {
  const calls = callsOver(
    {
      async *serverStream(_method, _request, { signal }) {
        for (let count = 0; count < 3; count++) {
          signal.throwIfAborted();
          yield bytes;
        }
      },
    },
    5,
  );
  let count = 0;
  for await (const _ of calls.serverStream(methods.read, bytes, purpose)) {
    await later(20);
    count++;
  }
  expect(count).toBe(3);
});

test("an upload on which nothing moves is given up", async () => {
  const calls = callsOver(
    { clientStream: async (_method, _requests, options) => never(options) },
    5,
  );
  async function* requests(): AsyncGenerator<Buffer, void> {
    yield bytes;
  }
  await expect(calls.clientStream(methods.write, requests, purpose)).rejects.toMatchObject({
    status: "DEADLINE_EXCEEDED",
  });
});

test("who makes messages slowly is waited for", async () => {
  const calls = callsOver(
    {
      async clientStream(_method, taken, { signal }) {
        for await (const _ of taken()) signal.throwIfAborted();
        return bytes;
      },
    },
    5,
  );
  async function* requests(): AsyncGenerator<Buffer, void> {
    for (let count = 0; count < 3; count++) {
      await later(20);
      yield bytes;
    }
  }
  expect(await calls.clientStream(methods.write, requests, purpose)).toBe(bytes);
});

test("a stream that is called off ends with the reason", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const calls = callsOver(
    {
      async *serverStream(_method, _request, options) {
        yield bytes;
        await never(options);
      },
    },
    60_000,
  );
  const messages = calls.serverStream(methods.read, bytes, { ...purpose, signal });
  await messages.next();
  const next = messages.next();
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(next).rejects.toBe(reason);
});

test("calls say whom they are about", async () => {
  const seen: unknown[] = [];
  const calls = callsOver(
    {
      unary: async (_method, _request, { headers }) => {
        seen.push(Object.keys(headers ?? {}));
        return bytes;
      },
    },
    5,
  );
  await calls.unary(methods.getActionResult, bytes, purpose);
  expect(seen).toEqual([["build.bazel.remote.execution.v2.requestmetadata-bin"]]);
});
