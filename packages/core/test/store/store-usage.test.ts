/**
 * Usage: what a store holds, by kind and by age.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { DiskStore } from "../../src/store/disk-store.ts";
import { storeUsage } from "../../src/store/store-usage.ts";
import { ahead, freshStore, hourMs, putResult, temporaryFolder } from "./care-bench.ts";

test("a store is counted by kind", async () => {
  const store = freshStore();
  await putResult(store, "a", { files: ["12345"] });
  store.notes.write("note", Buffer.from("n"));
  fs.mkdirSync(join(store.temporaryPath(), "a", "b"), { recursive: true });
  fs.writeFileSync(join(store.directory, "tmp", "x"), "123");
  fs.mkdirSync(join(store.directory, "quarantine"));
  fs.writeFileSync(join(store.directory, "quarantine", "cas-x"), "1234567");
  fs.mkdirSync(join(store.directory, "trees", "a", "tree"), { recursive: true });
  fs.writeFileSync(join(store.directory, "trees", "a", "tree", "x"), "1234");
  const usage = await storeUsage(store);
  expect(usage).toMatchObject({
    results: { count: 1 },
    blobs: { count: 1, bytes: 5 },
    temporary: { count: 2 },
    quarantined: { count: 1, bytes: 7 },
    notes: { count: 1 },
    trees: { count: 1, bytes: 4 },
  });
  expect(usage.total.count).toBe(7);
});

test("ages are counted from the last use", async () => {
  const store = freshStore();
  const ages = [0.5, 2, 48, 200, 1000];
  for (const [at, hours] of ages.entries()) {
    await putResult(store, `${at}`, { files: [`${at}`], agoMs: hours * hourMs });
  }
  const counts = async (hours: number): Promise<number[][]> => {
    const usage = await storeUsage(store, { clock: ahead(hours * hourMs) });
    return usage.ages.map(({ results, blobs }) => [results.count, blobs.count]);
  };
  expect(await counts(0)).toEqual([
    [1, 5],
    [1, 0],
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
  expect((await counts(2000)).at(-1)).toEqual([5, 5]);
  // A clock that was set back: what was used in the future was used just now.
  expect((await counts(-2000))[0]).toEqual([5, 5]);
});

test("where there is no store, there is nothing", async () => {
  const store = freshStore();
  expect((await storeUsage(store)).total).toEqual({ count: 0, bytes: 0 });
  expect(fs.existsSync(store.directory)).toBe(false);
});

test("a file in the place of the store is STORE_UNWRITABLE", async () => {
  const file = join(temporaryFolder(), "store");
  fs.writeFileSync(file, "");
  const counting = storeUsage(new DiskStore(file));
  await expect(counting).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
});

test("counting can be broken off", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(storeUsage(freshStore(), { signal })).rejects.toThrow("enough");
});
