/**
 * Results in packs: what is put is found by all, the last one stands, and damage is a miss.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { emptyDigest, hashOf, makeDigest } from "../../src/digest/digest.ts";
import { encodeActionResult, type ActionResult } from "../../src/graph/action-result.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { OpenFiles } from "../../src/store/open-files.ts";
import { PackFile } from "../../src/store/pack-file.ts";
import { resultPacks } from "../../src/store/pack-kinds.ts";
import { listPacks, resultFolder } from "../../src/store/pack-names.ts";
import { recordBytes } from "../../src/store/pack-record.ts";
import { PackSet } from "../../src/store/pack-set.ts";
import { sealBytes } from "../../src/store/seal.ts";
import { storeUsage } from "../../src/store/store-usage.ts";
import { verifyStore } from "../../src/store/verify-store.ts";
import { freshStore, keyOf, namesIn } from "./care-bench.ts";
import { flipByte, packedPlace } from "./unpack.ts";

const day = 24 * 60 * 60 * 1000;

function resultOf(exitCode: number): ActionResult {
  return {
    files: [],
    directories: [],
    ...{ exitCode, stdout: emptyDigest, stderr: emptyDigest },
    ...{ worker: "test/mock", startedAt: 1, finishedAt: 2 },
  };
}

/** Gives a packed result the time of its last use. */
function setUsed(store: DiskStore, name: string, agoMs: number): void {
  const { dataPath, at } = packedPlace(store.directory, keyOf(name), resultPacks);
  const pack = listPacks(resultFolder(store.directory)).find((each) => each.dataPath === dataPath)!;
  new PackFile(new OpenFiles(), pack).mark(at, Date.now() - agoMs, 0);
}

test("no file is made for a result", async () => {
  const store = freshStore();
  for (let at = 0; at < 10; at++) await store.put(keyOf(`${at}`), resultOf(at));
  expect(namesIn(store, "results")).toHaveLength(2);
  expect(namesIn(store, "ac")).toEqual([]);
});

test("what one of several has put, the others get; the last one stands, for all of them", async () => {
  const first = freshStore();
  // 0 to 3: stores on one directory, each as if in a process of its own.
  const steps = fc.array(
    fc.record({
      by: fc.nat(3),
      name: fc.constantFrom("a", "b"),
      do: fc.constantFrom("put", "get", "release", "reopen"),
    }),
    { maxLength: 40 },
  );
  let exitCode = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      fs.rmSync(first.directory, { recursive: true, force: true });
      const stores = [0, 1, 2, 3].map(() => new DiskStore(first.directory));
      const expected = new Map<string, number>();
      for (const { by, name, do: what } of all) {
        const store = stores[by]!;
        if (what === "put") {
          expected.set(name, ++exitCode);
          await store.put(keyOf(name), resultOf(exitCode));
        } else if (what === "get") {
          expect((await store.get(keyOf(name)))?.exitCode).toBe(expected.get(name));
        } else if (what === "release") store.releasePack();
        else stores[by] = new DiskStore(first.directory);
      }
      for (const store of stores) {
        for (const name of ["a", "b"]) {
          expect((await store.get(keyOf(name)))?.exitCode).toBe(expected.get(name));
        }
      }
      for (const store of stores) store.releasePack();
    }),
    { numRuns: 60 },
  );
});

test("one that lies under another's key is absent", async () => {
  const store = freshStore();
  const bytes = sealBytes(encodeActionResult(resultOf(0)), hashOf(keyOf("a")));
  const set = new PackSet(resultFolder(store.directory), 0);
  set.add(bytes, [{ digest: makeDigest(hashOf(keyOf("b")), bytes.byteLength) }]);
  expect(await store.get(keyOf("b"))).toBeUndefined();
});

describe("of a process that was killed", () => {
  test("in the middle of a record, nothing is served, and the next one writes over it", async () => {
    const killed = freshStore();
    for (const name of ["a", "b"]) await killed.put(keyOf(name), resultOf(0));
    killed.releasePack();
    const { indexPath } = packedPlace(killed.directory, keyOf("b"), resultPacks);
    for (let bytes = recordBytes + 1; bytes < 2 * recordBytes; bytes += 9) {
      fs.truncateSync(indexPath, bytes);
      const store = new DiskStore(killed.directory);
      expect(await store.get(keyOf("b"))).toBeUndefined();
      expect(await store.get(keyOf("a"))).toMatchObject({ exitCode: 0 });
    }
    const next = new DiskStore(killed.directory);
    await next.put(keyOf("b"), resultOf(1));
    expect(await new DiskStore(killed.directory).get(keyOf("b"))).toMatchObject({ exitCode: 1 });
    expect((await verifyStore(next)).problems).toEqual([]);
  });

  test("before the record, nothing is served", async () => {
    const killed = freshStore();
    await killed.put(keyOf("a"), resultOf(0));
    killed.releasePack();
    const { dataPath } = packedPlace(killed.directory, keyOf("a"), resultPacks);
    fs.appendFileSync(dataPath, sealBytes(encodeActionResult(resultOf(0)), hashOf(keyOf("b"))));
    const store = new DiskStore(killed.directory);
    expect(await store.get(keyOf("b"))).toBeUndefined();
    await store.put(keyOf("b"), resultOf(1));
    expect(await store.get(keyOf("a"))).toMatchObject({ exitCode: 0 });
    expect(await store.get(keyOf("b"))).toMatchObject({ exitCode: 1 });
  });

  test("between a record and taking the one before away, both hold", async () => {
    const store = freshStore();
    await store.put(keyOf("a"), resultOf(1));
    const bytes = sealBytes(encodeActionResult(resultOf(2)), hashOf(keyOf("a")));
    const killed = new PackSet(resultFolder(store.directory), 0);
    killed.add(bytes, [{ digest: makeDigest(hashOf(keyOf("a")), bytes.byteLength) }]);
    expect([1, 2]).toContain((await store.get(keyOf("a")))?.exitCode);
    await store.put(keyOf("a"), resultOf(3));
    for (const each of [store, new DiskStore(store.directory)]) {
      expect(await each.get(keyOf("a"))).toMatchObject({ exitCode: 3 });
    }
  });
});

describe("care", () => {
  const aged = async (): Promise<DiskStore> => {
    const store = freshStore();
    for (const name of ["old", "new"]) {
      await store.put(keyOf(name), {
        ...resultOf(0),
        stdout: await store.write(Buffer.from(name)),
      });
    }
    store.releasePack();
    setUsed(store, "old", 2 * day);
    return store;
  };

  test("what was not used for long goes, with the room that it took", async () => {
    const store = await aged();
    const { removed, kept } = await collectGarbage(store, { maxAgeMs: day });
    expect([removed.results.count, kept.results.count]).toEqual([1, 1]);
    for (const each of [store, new DiskStore(store.directory)]) {
      expect(await each.get(keyOf("old"))).toBeUndefined();
      expect(await each.get(keyOf("new"))).toMatchObject({ exitCode: 0 });
    }
    await collectGarbage(store, { maxBytes: 0 });
    expect(namesIn(store, "results")).toEqual([]);
  });

  test("what is used again stays", async () => {
    for (const use of [
      async (store: DiskStore) => void (await store.get(keyOf("old"))),
      async (store: DiskStore) => store.markUsed([keyOf("old")]),
    ]) {
      const store = await aged();
      await use(new DiskStore(store.directory));
      const { removed } = await collectGarbage(store, { maxAgeMs: day });
      expect(removed.results.count).toBe(0);
    }
  });

  test("what moves to another pack is found there, by those who know its old place as well", async () => {
    const store = freshStore();
    const long = "x".repeat(1000);
    for (let at = 0; at < 8; at++) await store.put(keyOf(`${at}`), resultOf(at));
    await store.put(keyOf("long"), { ...resultOf(9), worker: long });
    store.releasePack();
    for (const name of ["long", "1", "2", "3"]) setUsed(store, name, 2 * day);
    const reader = new DiskStore(store.directory);
    expect(await reader.get(keyOf("0"))).toMatchObject({ exitCode: 0 });
    const before = namesIn(store, "results");
    await collectGarbage(new DiskStore(store.directory), { maxAgeMs: day });
    expect(namesIn(store, "results")).not.toEqual(before);
    expect(await reader.get(keyOf("0"))).toMatchObject({ exitCode: 0 });
    expect(await reader.get(keyOf("7"))).toMatchObject({ exitCode: 7 });
    expect(await reader.get(keyOf("1"))).toBeUndefined();
  });

  test("a flipped bit is found, whichever it is, and the result quarantined", async () => {
    const size = fs.statSync(
      packedPlace((await aged()).directory, keyOf("new"), resultPacks).dataPath,
    ).size;
    await fc.assert(
      fc.asyncProperty(fc.nat(size - 1), async (at) => {
        const store = await aged();
        const { dataPath } = packedPlace(store.directory, keyOf("new"), resultPacks);
        flipByte(dataPath, at);
        const { problems, results } = await verifyStore(store);
        expect(problems.map(({ kind }) => kind)).toEqual(["damaged-result"]);
        expect(results.count).toBe(1);
        expect(fs.existsSync(join(store.directory, problems[0]!.movedTo!))).toBe(true);
        expect((await verifyStore(store)).problems).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test("one that names what is gone is incomplete, and stays", async () => {
    const store = await aged();
    fs.rmSync(join(store.directory, "packs"), { recursive: true });
    const { problems } = await verifyStore(store);
    expect(problems.map(({ kind }) => kind)).toEqual(["incomplete-result", "incomplete-result"]);
    expect(problems[0]!.path).toMatch(/^results\/[0-9a-f]{16}\.pack$/);
    expect(await store.get(keyOf("new"))).toMatchObject({ exitCode: 0 });
  });

  test("they count as results", async () => {
    const store = await aged();
    const usage = await storeUsage(store);
    expect(usage.results.count).toBe(2);
    expect(usage.ages.map(({ results }) => results.count)).toEqual([1, 0, 1, 0, 0]);
  });
});
