/**
 * Services that say nothing while they execute: whether they are busy, or gone.
 *
 * @module
 */
import { digestBytes, MessageWriter } from "@ashlar/core";
import { expect, test } from "vitest";

import { Executions, type ExecutionEnd } from "../../src/execution/executions.ts";
import { methods } from "../../src/reapi/methods.ts";
import { RpcError, type RpcOptions, type Transport } from "../../src/reapi/transport.ts";
import { hasty } from "./rig.ts";

/** Rejects when the call is ended, or has taken as long as it may. */
async function never({ signal, timeoutMs }: RpcOptions): Promise<never> {
  return await new Promise((_, reject) => {
    const late = new RpcError({ status: "DEADLINE_EXCEEDED", message: "late" });
    if (timeoutMs !== undefined) setTimeout(() => reject(late), timeoutMs);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** An operation that is done, and has failed with an error of its own. */
const done = new MessageWriter().string(1, "operation").bool(3, true).finish();

async function execute(transport: Partial<Transport>): Promise<ExecutionEnd> {
  const whole = { name: "test", ...transport } as Transport;
  const connection = { name: "test", instance: "", transport: whole };
  const executions = new Executions(connection, "id", { silentMs: 5, answerMs: 5 });
  return await executions.execute({
    ...{ key: digestBytes(Buffer.from("key")), name: "stage", skipCacheLookup: false },
    ...{ priority: 0, isOnce: false, clock: hasty, signal: new AbortController().signal },
    onProgress: () => {},
  });
}

test("one that answers is listened to, however long it says nothing", async () => {
  let asked = 0;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const streams: string[] = [];
  const end = await execute({
    async *serverStream(method) {
      streams.push(method);
      await gate;
      yield done;
    },
    unary: async () => {
      if (++asked === 5) open();
      return Buffer.of();
    },
  });
  expect(streams).toEqual([methods.execute]);
  expect([end.outage, end.mayHaveRun]).toEqual([undefined, true]);
});

test("one that answers with an error is there", async () => {
  let asked = 0;
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const end = await execute({
    async *serverStream() {
      await gate;
      yield done;
    },
    unary: async () => {
      if (++asked === 3) open();
      throw new RpcError({ status: "UNIMPLEMENTED", message: "no capabilities" });
    },
  });
  expect(end.outage).toBe(undefined);
});

test("one that does not is tried again, and given up as one that cannot be reached", async () => {
  let streams = 0;
  const end = await execute({
    async *serverStream(_method, _request, options) {
      streams++;
      await never(options);
      yield done;
    },
    unary: async (_method, _request, options) => await never(options),
  });
  expect(streams).toBe(9);
  expect(end.outage).toMatchObject({
    status: "UNAVAILABLE",
    message: "it says nothing any more, and does not answer",
  });
});

test("one that is back is listened to again, by the name of the operation", async () => {
  const streams: string[] = [];
  let isBack = false;
  const begun = new MessageWriter().string(1, "operation").finish();
  const end = await execute({
    async *serverStream(method, _request, options) {
      streams.push(method);
      if (isBack) return yield done;
      yield begun;
      await never(options);
    },
    unary: async (_method, _request, options) => {
      isBack = true;
      return await never(options);
    },
  });
  expect(streams).toEqual([methods.execute, methods.waitExecution]);
  expect(end.outage).toBe(undefined);
});
