/** How results that were found elsewhere come into a store. */
import {
  digestBytes,
  emptyDigest,
  MemoryStore,
  type ActionResult,
  type Digest,
} from "@ashlar/core";
import { expect, test } from "vitest";

import { Keeping } from "../src/keeping.ts";

const keyOf = (n: number): Digest => digestBytes(Buffer.from(`action ${n}`));

function resultBy(worker: string): ActionResult {
  const logs = { stdout: emptyDigest, stderr: emptyDigest };
  const nothing = { files: [], directories: [], exitCode: 0, startedAt: 0, finishedAt: 0 };
  return { ...nothing, ...logs, worker };
}

test("what was taken is found at once, and in the store when all is done", async () => {
  const store = new MemoryStore();
  const keeping = new Keeping(store);
  for (let n = 0; n < 100; n++) keeping.take(keyOf(n), resultBy(`worker ${n}`));
  expect(keeping.find(keyOf(42))?.worker).toBe("worker 42");
  expect(await store.get(keyOf(42))).toBe(undefined);
  await keeping.idle();
  for (let n = 0; n < 100; n++) expect((await store.get(keyOf(n)))?.worker).toBe(`worker ${n}`);
  expect(keeping.find(keyOf(42))).toBe(undefined);
  keeping.take(keyOf(1), resultBy("another"));
  await keeping.idle();
  expect((await store.get(keyOf(1)))?.worker).toBe("another");
});

test("what is put in its place stays, whether it was on its way or being written", async () => {
  const store = new MemoryStore();
  const keeping = new Keeping(store);
  let write = (): void => {};
  const slow = new Keeping({
    get: async (key) => await store.get(key),
    put: async (key, result) => {
      await new Promise<void>((resolve) => (write = resolve));
      await store.put(key, result);
    },
  });
  keeping.take(keyOf(1), resultBy("found"));
  await keeping.yield(keyOf(1));
  await store.put(keyOf(1), resultBy("made"));
  await keeping.idle();
  slow.take(keyOf(2), resultBy("found"));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const yielding = slow.yield(keyOf(2));
  write();
  await yielding;
  await store.put(keyOf(2), resultBy("made"));
  await slow.idle();
  for (const n of [1, 2]) expect((await store.get(keyOf(n)))?.worker).toBe("made");
});

test("a store that cannot be written to is told of once, and holds up nothing else", async () => {
  const written: Digest[] = [];
  const keeping = new Keeping({
    get: async () => undefined,
    put: async (key) => {
      if (key === keyOf(1)) throw new Error("the disk is full");
      written.push(key);
    },
  });
  for (const n of [0, 1, 2]) keeping.take(keyOf(n), resultBy("found"));
  await expect(keeping.idle()).rejects.toThrow("the disk is full");
  expect(written).toEqual([keyOf(0), keyOf(2)]);
  await keeping.idle();
});
