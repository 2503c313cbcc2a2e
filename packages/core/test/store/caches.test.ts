/** Caches in a store: one at a time, among processes too, and none is held by the dead. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { listCaches, removeCache } from "../../src/store/cache-care.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { storeUsage } from "../../src/store/store-usage.ts";
import { TemporaryCaches } from "../../src/store/temporary-caches.ts";
import { bundleProgram } from "./bundle-program.ts";
import { freshStore, temporaryFolder } from "./care-bench.ts";

const { signal: never } = new AbortController();

test("a cache is made empty, and kept", async () => {
  const store = freshStore();
  {
    using turn = await store.caches.take("things", never);
    expect(fs.readdirSync(turn.directory)).toEqual([]);
    fs.writeFileSync(join(turn.directory, "a"), "12345");
  }
  using again = await new DiskStore(store.directory).caches.take("things", never);
  expect(fs.readdirSync(again.directory)).toEqual(["a"]);
});

test("two stores on one directory take turns, and waiting can be called off", async () => {
  const store = freshStore();
  const other = new DiskStore(store.directory);
  const first = await store.caches.take("things", never);
  const cancel = new AbortController();
  const given = other.caches.take("things", cancel.signal);
  const waiting = store.caches.take("things", never);
  let isThere = false;
  void waiting.then(() => (isThere = true));
  // Another cache is nobody's concern.
  (await other.caches.take("others", never))[Symbol.dispose]();
  cancel.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  expect(isThere).toBe(false);
  first[Symbol.dispose]();
  (await waiting)[Symbol.dispose]();
});

test("processes take turns, and one that is killed holds nothing", async () => {
  const store = freshStore();
  const program = await bundleProgram(
    new URL("cache-program.ts", import.meta.url),
    temporaryFolder(),
  );
  const start = (what: string): ChildProcess =>
    spawn(process.execPath, [program, store.directory, "things", what], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  const holder = start("hold");
  await once(holder.stdout!, "data");
  const others = Array.from({ length: 4 }, () => start("once"));
  expect((await listCaches(store))[0]?.isInUse).toBe(true);
  expect(await removeCache(store, "things")).toBe(false);
  holder.kill("SIGKILL");
  for (const [code] of await Promise.all(others.map(async (each) => await once(each, "exit")))) {
    expect(code).toBe(0);
  }
  const lines = fs
    .readFileSync(join(store.directory, "caches/things/files/log"), "utf8")
    .split("\n");
  expect(lines.slice(0, -1).map((line) => line.split(" "))).toHaveLength(4);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^(\d+) \1$/);
  expect((await listCaches(store))[0]?.isInUse).toBe(false);
});

test("usage counts caches, garbage collection leaves them, and one can be removed", async () => {
  const store = freshStore();
  for (const name of ["things", "others"]) {
    using turn = await store.caches.take(name, never);
    fs.mkdirSync(join(turn.directory, "d"));
    fs.writeFileSync(join(turn.directory, "d", "f"), "12345");
    fs.writeFileSync(join(turn.directory, "a"), "1");
  }
  // As Go leaves its modules.
  fs.chmodSync(join(store.directory, "caches/things/files/d"), 0o555);
  expect((await storeUsage(store)).caches).toEqual({ count: 4, bytes: 12 });
  await collectGarbage(store, { maxBytes: 0 });
  expect(await listCaches(store)).toMatchObject([
    { name: "others", files: { count: 2, bytes: 6 }, isInUse: false },
    { name: "things", files: { count: 2, bytes: 6 }, isInUse: false },
  ]);
  expect(await removeCache(store, "things")).toBe(true);
  expect(await removeCache(store, "things")).toBe(false);
  expect((await listCaches(store)).map(({ name }) => name)).toEqual(["others"]);
  expect((await storeUsage(store)).temporary.count).toBe(0);
  using turn = await store.caches.take("things", never);
  expect(fs.readdirSync(turn.directory)).toEqual([]);
});

test("removing takes nothing but caches", async () => {
  const store = freshStore();
  const digest = await store.write(Buffer.from("content"));
  for (const name of ["..", "../packs", "", "none", "."]) {
    expect(await removeCache(store, name)).toBe(false);
  }
  expect(await store.missing([digest])).toEqual([]);
});

test("a store that cannot be written to is STORE_UNWRITABLE", async () => {
  const file = join(temporaryFolder(), "store");
  fs.writeFileSync(file, "");
  const { caches } = new DiskStore(file);
  for (let n = 0; n < 2; n++) {
    await expect(caches.take("things", never)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  }
});

test("temporary caches last until they are disposed of", async () => {
  const caches = new TemporaryCaches();
  const turn = await caches.take("things", never);
  fs.writeFileSync(join(turn.directory, "a"), "1");
  turn[Symbol.dispose]();
  const { directory } = await caches.take("things", never);
  expect(fs.readdirSync(directory)).toEqual(["a"]);
  await caches[Symbol.asyncDispose]();
  expect(fs.existsSync(directory)).toBe(false);
});
