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
import { Turns } from "../src/turns.ts";

const keyOf = (n: number): Digest => digestBytes(Buffer.from(`action ${n}`));

function resultBy(worker: string): ActionResult {
  const logs = { stdout: emptyDigest, stderr: emptyDigest };
  const nothing = { files: [], directories: [], exitCode: 0, startedAt: 0, finishedAt: 0 };
  return { ...nothing, ...logs, worker };
}

test("what was taken is found at once, and in the store when all is done", async () => {
  const store = new MemoryStore();
  const keeping = new Keeping(store, new Turns());
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
  const keeping = new Keeping(store, new Turns());
  let write = (): void => {};
  const slowly = {
    get: async (key: Digest) => await store.get(key),
    put: async (key: Digest, result: ActionResult) => {
      await new Promise<void>((resolve) => (write = resolve));
      await store.put(key, result);
    },
  };
  const slow = new Keeping(slowly, new Turns());
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
  const full = {
    get: async () => undefined,
    put: async (key: Digest) => {
      if (key === keyOf(1)) throw new Error("the disk is full");
      written.push(key);
    },
  };
  const keeping = new Keeping(full, new Turns());
  for (const n of [0, 1, 2]) keeping.take(keyOf(n), resultBy("found"));
  await expect(keeping.idle()).rejects.toThrow("the disk is full");
  expect(written).toEqual([keyOf(0), keyOf(2)]);
  await keeping.idle();
});

test("it lets those go first who have found something", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const store = {
    get: async () => undefined,
    put: async () => void order.push("put"),
  };
  const keeping = new Keeping(store, turns);
  const found = ["first", "second"].map(async (name, n) => {
    await turns.next();
    order.push(name);
    keeping.take(keyOf(n), resultBy(name));
  });
  await Promise.all(found);
  await keeping.idle();
  expect(order).toEqual(["first", "second", "put", "put"]);
});

test("in turns, one goes as far as he gets before the next", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const steps = async (name: string): Promise<void> => {
    await turns.next();
    for (let step = 0; step < 20; step++) {
      order.push(name);
      await Promise.resolve();
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
  };
  await Promise.all(["a", "b", "c"].map(steps));
  expect(order.join("")).toBe("a".repeat(20) + "b".repeat(20) + "c".repeat(20));
  // And again, when nobody has waited for a while.
  await steps("d");
  expect(order).toHaveLength(80);
});
