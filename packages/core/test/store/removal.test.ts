/**
 * Removal spares what came into use after it was decided on.
 *
 * @module
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { isNamed, listHalf, type NamedItem } from "../../src/store/inventory.ts";
import { StoreLease } from "../../src/store/lease.ts";
import { resultUsedAt } from "../../src/store/recency.ts";
import { Removal } from "../../src/store/removal.ts";
import { freshStore, hourMs, namesIn, putResult, setUsed } from "./care-bench.ts";

test("a result that was used since stays", async () => {
  const store = freshStore();
  const key = await putResult(store, "a", { agoMs: hourMs });
  const [item] = [...listHalf(store.directory, "ac")];
  const removal = new Removal(store.directory, Date.now());
  await store.get(key);
  expect(removal.remove(item!, resultUsedAt)).toBe(false);
  expect(existsSync(item!.path)).toBe(true);
});

test("a lease that began since counts from the next file on", async () => {
  const store = freshStore();
  for (const name of ["a", "b", "c"]) await putResult(store, name, { agoMs: 60_000 });
  const [a, b, c] = [...listHalf(store.directory, "ac")].filter(isNamed) as [
    NamedItem,
    NamedItem,
    NamedItem,
  ];
  const removal = new Removal(store.directory, Date.now());
  expect(removal.remove(a, resultUsedAt)).toBe(true);
  const lease = new StoreLease(store.directory);
  expect(removal.remove(b, resultUsedAt)).toBe(false);
  lease[Symbol.dispose]();
  // The folder's time tells one look from the next.
  setUsed(join(store.directory, "leases"), hourMs);
  expect(namesIn(store, "leases")).toEqual([]);
  expect(removal.remove(c, resultUsedAt)).toBe(true);
});

test("what somebody else has removed is gone", async () => {
  const store = freshStore();
  await putResult(store, "a");
  const [item] = [...listHalf(store.directory, "ac")];
  rmSync(item!.path);
  expect(new Removal(store.directory, Date.now()).remove(item!, resultUsedAt)).toBe(true);
});
