/**
 * Collecting garbage: what goes first, what stays in any case, and who may collect.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { encodeTree } from "../../src/artifact/directory.ts";
import { digestBytes } from "../../src/digest/digest.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { readDirectory } from "../../src/store/directories.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { ownHolder } from "../../src/store/holder.ts";
import { listBlobs } from "../../src/store/inventory.ts";
import { StoreLease } from "../../src/store/lease.ts";
import { storeUsage } from "../../src/store/store-usage.ts";
import { verifyStore } from "../../src/store/verify-store.ts";
import { writeTree } from "../../src/store/write-tree.ts";
import {
  ahead,
  deadHolder,
  freshStore,
  hourMs,
  keyOf,
  namesIn,
  pathOf,
  putResult,
  setUsed,
  temporaryFolder,
} from "./care-bench.ts";

describe("what goes", () => {
  test("nothing, without a limit", async () => {
    const store = freshStore();
    const key = await putResult(store, "a", { files: ["a"], agoMs: 1000 * hourMs });
    const loose = await store.write(Buffer.from("loose"));
    const { removed, kept } = await collectGarbage(store);
    expect(removed).toMatchObject({ results: { count: 0 }, blobs: { count: 0 } });
    expect(kept).toMatchObject({ results: { count: 1 }, blobs: { count: 2, bytes: 6 } });
    expect(await store.get(key)).toBeDefined();
    expect(await store.missing([loose])).toEqual([]);
  });

  test("all of it, when nothing may stay", async () => {
    const store = freshStore();
    await putResult(store, "a", { files: ["a", "b"], tree: await writeTree(store, { x: "x" }) });
    const { removed, kept } = await collectGarbage(store, { maxBytes: 0 });
    // Two files, a directory, and the file in it.
    expect(removed).toMatchObject({ results: { count: 1 }, blobs: { count: 4 } });
    expect(kept).toMatchObject({ results: { count: 0 }, blobs: { count: 0 } });
    expect((await storeUsage(store)).total.count).toBe(0);
  });

  test("the least recently used results, with what only they name, until the store fits", async () => {
    const store = freshStore();
    const [shared, large] = ["shared", "x".repeat(10_000)];
    const old = await putResult(store, "old", { files: [shared, large], agoMs: 3 * hourMs });
    const mid = await putResult(store, "mid", { files: [shared, "mid"], agoMs: 2 * hourMs });
    const young = await putResult(store, "new", { files: ["young"], agoMs: hourMs });
    const { total } = await storeUsage(store);
    const { removed } = await collectGarbage(store, { maxBytes: total.bytes - 1 });
    expect(removed).toMatchObject({ results: { count: 1 }, blobs: { count: 1, bytes: 10_000 } });
    expect(await store.get(old)).toBeUndefined();
    for (const key of [mid, young]) expect(await store.get(key)).toBeDefined();
    expect(await store.missing([digestBytes(Buffer.from(shared))])).toEqual([]);
  });

  test("nothing that is within the limit, and everything behind the first that is not", async () => {
    const store = freshStore();
    await putResult(store, "tiny", { files: ["t"], agoMs: 3 * hourMs });
    await putResult(store, "huge", { files: ["h".repeat(10_000)], agoMs: 2 * hourMs });
    const young = await putResult(store, "new", { files: ["young"], agoMs: hourMs });
    const { kept } = await collectGarbage(store, { maxBytes: 5_000 });
    expect(kept).toMatchObject({ results: { count: 1 }, blobs: { count: 1 } });
    expect(await store.get(young)).toBeDefined();
  });

  test("blobs that no result names, before any result", async () => {
    const store = freshStore();
    const loose = await store.write(Buffer.from("loose"));
    const key = await putResult(store, "a", { files: ["a"], agoMs: 1000 * hourMs });
    const { total } = await storeUsage(store);
    await collectGarbage(store, { maxBytes: total.bytes });
    expect(await store.missing([loose])).toEqual([]);
    await collectGarbage(store, { maxBytes: total.bytes - 1 });
    expect(await store.missing([loose])).toEqual([loose]);
    expect(await store.get(key)).toBeDefined();
  });

  test("what is too old", async () => {
    const store = freshStore();
    const old = await putResult(store, "old", { files: ["old"], agoMs: 3 * hourMs });
    const young = await putResult(store, "young", { files: ["young"], agoMs: hourMs });
    await collectGarbage(store, { maxAgeMs: 2 * hourMs });
    expect(await store.get(old)).toBeUndefined();
    // Its blob has a younger time stamp than the result had; nobody needs it any more.
    expect(await store.missing([digestBytes(Buffer.from("old"))])).toHaveLength(1);
    expect(await store.get(young)).toBeDefined();
    const loose = await store.write(Buffer.from("loose"));
    await collectGarbage(store, { maxAgeMs: 2 * hourMs, clock: ahead(1.5 * hourMs) });
    expect(await store.missing([loose])).toEqual([]);
    await collectGarbage(store, { maxAgeMs: 2 * hourMs, clock: ahead(3 * hourMs) });
    expect((await storeUsage(store)).total.count).toBe(0);
  });

  test("files in quarantine, last used first", async () => {
    const store = freshStore();
    const key = await putResult(store, "a", { files: ["a"] });
    fs.mkdirSync(join(store.directory, "quarantine"));
    fs.writeFileSync(join(store.directory, "quarantine", "cas-x"), "damaged");
    const { total } = await storeUsage(store);
    const { removed } = await collectGarbage(store, { maxBytes: total.bytes - 1 });
    expect(removed.quarantined).toEqual({ count: 1, bytes: 7 });
    expect(await store.get(key)).toBeDefined();
  });

  test("files on the way of the dead, and of nobody once they are a day old", async () => {
    const store = freshStore();
    await store.write(Buffer.from("a"));
    const elsewhere = "1-1-00000000-x";
    const here = store.temporaryPath();
    const names = [`${deadHolder()}-x`, elsewhere, "a-name-of-old"];
    for (const name of names) fs.writeFileSync(join(store.directory, "tmp", name), "four");
    fs.writeFileSync(here, "mine");
    const { removed } = await collectGarbage(store);
    expect(removed.temporary).toEqual({ count: 1, bytes: 4 });
    expect(namesIn(store, "tmp")).toHaveLength(3);
    await collectGarbage(store, { clock: ahead(25 * hourMs) });
    expect(namesIn(store, "tmp").map((name) => join(store.directory, "tmp", name))).toEqual([here]);
  });
});

describe("what a result names", () => {
  test("stays: files, logs, trees with all below, and the tree as one blob", async () => {
    const store = freshStore();
    const tree = await writeTree(store, { "a/b/c": "c", "a/d": "d", "e/": "" });
    const top = await readDirectory(store, tree);
    const treeBlob = await store.write(encodeTree(top, []));
    await putResult(store, "a", { files: ["f"], tree, treeBlob });
    const before = await storeUsage(store);
    const loose = await store.write(Buffer.from("loose"));
    await collectGarbage(store, { maxBytes: before.total.bytes });
    expect(await store.missing([loose])).toEqual([loose]);
    expect((await storeUsage(store)).blobs).toEqual(before.blobs);
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  test("stays when trees share directories and one of them goes", async () => {
    const store = freshStore();
    const common = { "lib/deep/one": "1", "lib/two": "2" };
    const [a, b] = [
      await writeTree(store, { ...common, a: "a" }),
      await writeTree(store, { ...common, b: "b" }),
    ];
    await putResult(store, "a", { tree: a, agoMs: 2 * hourMs });
    await putResult(store, "b", { tree: b, agoMs: hourMs });
    const { removed } = await collectGarbage(store, { maxAgeMs: 1.5 * hourMs });
    expect(removed).toMatchObject({ results: { count: 1 }, blobs: { count: 2 } });
    expect((await verifyStore(store)).problems).toEqual([]);
  });
});

describe("use", () => {
  test("of a result keeps it", async () => {
    const store = freshStore();
    const used = await putResult(store, "used", { files: ["used"], agoMs: 9 * hourMs });
    const idle = await putResult(store, "idle", { files: ["idle"], agoMs: 8 * hourMs });
    await store.get(used);
    await collectGarbage(store, { maxAgeMs: hourMs });
    expect(await store.get(used)).toBeDefined();
    expect(await store.get(idle)).toBeUndefined();
  });

  test("of a packed blob moves its mark", async () => {
    const store = freshStore();
    const digest = await store.write(Buffer.from("a"));
    const usedAtMs = (): number => [...listBlobs(store.directory)][0]!.usedAtMs;
    const uses = [
      () => store.read(digest),
      () => store.missing([digest]),
      () => store.write(Buffer.from("a")),
      () => store.copyAll([{ digest, path: join(temporaryFolder(), "copy"), mode: 0o644 }]),
    ];
    const now = vi.spyOn(Date, "now");
    onTestFinished(() => now.mockRestore());
    for (const [at, use] of uses.entries()) {
      const before = usedAtMs();
      now.mockReturnValue(before + hourMs);
      await use();
      expect(usedAtMs(), `use ${at}`).toBe(before + hourMs);
      now.mockReturnValue(before + hourMs + 60_000);
      await use();
      expect(usedAtMs(), "right after another").toBe(before + hourMs);
    }
    expect([...listBlobs(store.directory)]).toHaveLength(1);
  });

  test("of a blob that is a file moves its mark and not its mtime", async () => {
    const store = freshStore();
    const bytes = Buffer.alloc(200_000);
    const digest = await store.write(bytes);
    const path = pathOf(store, "cas", digest);
    fs.utimesSync(path, 1, 1);
    const uses = [
      () => store.read(digest),
      () => store.missing([digest]),
      () => store.write(bytes),
    ];
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now() + hourMs);
    onTestFinished(() => now.mockRestore());
    for (const use of uses) {
      const before = fs.statSync(path, { bigint: true });
      // Time stamps may stand still for some milliseconds.
      do await use();
      while (fs.statSync(path, { bigint: true }).ctimeNs <= before.ctimeNs);
    }
    expect(fs.statSync(path).mtimeMs).toBe(1000);
  });

  test("right after another is not marked", async () => {
    const store = freshStore();
    const key = await putResult(store, "a", { files: ["a"], agoMs: 60_000 });
    const before = fs.statSync(pathOf(store, "ac", key)).mtimeMs;
    await store.get(key);
    expect(fs.statSync(pathOf(store, "ac", key)).mtimeMs).toBe(before);
  });
});

describe("a lease", () => {
  test("keeps what was written since it began, and shortly before", async () => {
    const store = freshStore();
    const old = await putResult(store, "old", { files: ["old"], agoMs: hourMs });
    using lease = new StoreLease(store.directory);
    const loose = await store.write(Buffer.from("written meanwhile"));
    const key = await putResult(store, "new", { files: ["new"], agoMs: 60_000 });
    const { kept } = await collectGarbage(store, { maxBytes: 0 });
    expect(kept.results.count).toBe(1);
    expect(await store.get(old)).toBeUndefined();
    expect(await store.get(key)).toBeDefined();
    expect(await store.missing([loose])).toEqual([]);
    lease[Symbol.dispose]();
    await collectGarbage(store, { maxBytes: 0 });
    expect((await storeUsage(store)).total.count).toBe(0);
  });

  test("does not keep what was last used long before it began", async () => {
    const store = freshStore();
    const loose = await store.write(Buffer.from("a source of last year"));
    using _ = new StoreLease(store.directory);
    const [name] = namesIn(store, "leases");
    setUsed(join(store.directory, "leases", name!), -hourMs);
    await collectGarbage(store, { maxBytes: 0 });
    expect(await store.missing([loose])).toEqual([loose]);
  });

  test("of the dead counts for nothing, and is swept", async () => {
    const store = freshStore();
    const loose = await store.write(Buffer.from("loose"));
    using _ = new StoreLease(store.directory);
    const [mine] = namesIn(store, "leases");
    const leases = join(store.directory, "leases");
    // A pid that is not there; our own, of another birth; a process elsewhere that is silent.
    fs.writeFileSync(join(leases, `${deadHolder()}-x`), "");
    fs.writeFileSync(join(leases, `${ownHolder().replace(/-\d+-/, "-1-")}-x`), "");
    fs.writeFileSync(join(leases, `1-1-00000000-x`), "");
    await collectGarbage(store);
    expect(namesIn(store, "leases")).toEqual(["1-1-00000000-x", mine]);
    await collectGarbage(store, { clock: ahead(hourMs), maxBytes: 0 });
    expect(namesIn(store, "leases")).toEqual([mine]);
    expect(await store.missing([loose])).toEqual([]);
  });

  test("comes back when the store was removed, as old as it was", () => {
    const store = freshStore();
    using lease = new StoreLease(store.directory);
    const path = join(store.directory, "leases", namesIn(store, "leases")[0]!);
    const began = fs.statSync(path).mtimeMs;
    fs.rmSync(store.directory, { recursive: true });
    lease.refresh();
    expect(fs.statSync(path).mtimeMs).toBeCloseTo(began, 1);
  });

  test("shows life by itself, as long as it lasts", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const store = freshStore();
      const lease = new StoreLease(store.directory);
      fs.rmSync(store.directory, { recursive: true });
      vi.advanceTimersByTime(60_000);
      expect(namesIn(store, "leases")).toHaveLength(1);
      lease[Symbol.dispose]();
      vi.advanceTimersByTime(600_000);
      expect(namesIn(store, "leases")).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is done without where the store cannot be written to", () => {
    const file = join(temporaryFolder(), "store");
    fs.writeFileSync(file, "");
    using lease = new StoreLease(file);
    lease.refresh();
    expect(fs.readFileSync(file, "utf8")).toBe("");
  });
});

describe("the lock", () => {
  const lockOf = (store: DiskStore): string[] => namesIn(store, "collectors");

  test("lets one collector work at a time", async () => {
    const store = freshStore();
    for (const n of Array.from({ length: 50 }).keys()) await putResult(store, `${n}`);
    const stores = Array.from({ length: 8 }, () => new DiskStore(store.directory));
    const reports = await Promise.all(stores.map((each) => collectGarbage(each, { maxBytes: 0 })));
    const total = reports.reduce((sum, { removed }) => sum + removed.results.count, 0);
    expect(total).toBe(50);
    expect(lockOf(store)).toHaveLength(1);
  });

  test("is respected while its holder lives, and taken over when it is dead", async () => {
    const store = freshStore();
    await putResult(store, "a");
    await collectGarbage(store);
    const path = join(store.directory, "collectors", lockOf(store)[0]!);
    fs.writeFileSync(path, ownHolder());
    const busy = await collectGarbage(store, { maxBytes: 0 });
    expect(busy).toMatchObject({ isBusy: true, kept: { results: { count: 0 } } });
    fs.writeFileSync(path, "1-1-00000000");
    expect((await collectGarbage(store, { maxBytes: 0 })).isBusy).toBe(true);
    expect((await storeUsage(store)).results.count).toBe(1);

    expect((await collectGarbage(store, { clock: ahead(hourMs) })).isBusy).toBe(false);
    fs.writeFileSync(join(store.directory, "collectors", lockOf(store)[0]!), deadHolder());
    expect((await collectGarbage(store, { maxBytes: 0 })).isBusy).toBe(false);
    expect(lockOf(store)).toEqual(["3"]);
    expect((await storeUsage(store)).total.count).toBe(0);
  });

  test("is free again after a collection that was broken off", async () => {
    const store = freshStore();
    await putResult(store, "a");
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const collecting = collectGarbage(store, { maxBytes: 0, signal: controller.signal });
    await expect(collecting).rejects.toThrow("enough");
    expect((await collectGarbage(store, { maxBytes: 0 })).removed.results.count).toBe(1);
  });
});

describe("in the place of the store", () => {
  test("nothing is left as it is", async () => {
    const store = freshStore();
    expect(await collectGarbage(store, { maxBytes: 0 })).toMatchObject({ isBusy: false });
    expect(fs.existsSync(store.directory)).toBe(false);
  });

  test("a file is STORE_UNWRITABLE", async () => {
    const file = join(temporaryFolder(), "store");
    fs.writeFileSync(file, "");
    const collecting = collectGarbage(new DiskStore(file), { maxBytes: 0 });
    await expect(collecting).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  });
});

test.each([-1, Number.NaN])("a limit of %s is INVALID_OPTION", async (limit) => {
  const store = freshStore();
  for (const options of [{ maxBytes: limit }, { maxAgeMs: limit }]) {
    await expect(collectGarbage(store, options)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  }
});

/** Contents that results share by chance, and how long ago each result was used. */
const storesOfResults = fc.array(
  fc.record({ files: fc.array(fc.nat(8), { maxLength: 4 }), loose: fc.boolean() }),
  { maxLength: 8 },
);

test("what stays is whole, fits, and is younger than what goes, whatever is in the store", async () => {
  await fc.assert(
    fc.asyncProperty(storesOfResults, fc.nat(4_000), async (results, maxBytes) => {
      const folder = fs.mkdtempSync(join(temporaryFolder(), "each-"));
      const store = new DiskStore(folder);
      const textOf = (n: number): string => String(n).repeat(100 * (n + 1));
      for (const [at, { files, loose }] of results.entries()) {
        const tree = await writeTree(store, { "a/b": textOf(files[0] ?? 0) });
        if (loose) await store.write(Buffer.from(`loose ${at}`));
        const parts = { files: files.map(textOf), agoMs: (at + 1) * hourMs };
        await putResult(store, `${at}`, at % 2 === 0 ? { ...parts, tree } : parts);
      }
      const before = await storeUsage(store);
      const { removed, kept } = await collectGarbage(store, { maxBytes });
      const after = await storeUsage(store);

      expect(after).toMatchObject({ results: kept.results, blobs: kept.blobs });
      expect(after.total.bytes).toBeLessThanOrEqual(maxBytes);
      expect(after.blobs.count + removed.blobs.count).toBe(before.blobs.count);
      if (before.total.bytes <= maxBytes) expect(after.total).toEqual(before.total);
      expect((await verifyStore(store)).problems).toEqual([]);
      const stays = results.map((_, at) => fs.existsSync(pathOf(store, "ac", keyOf(`${at}`))));
      expect(stays).toEqual(stays.toSorted((a, b) => Number(b) - Number(a)));
      const again = await collectGarbage(store, { maxBytes });
      expect(again.removed).toMatchObject({ results: { count: 0 }, blobs: { count: 0 } });
    }),
    { numRuns: 40 },
  );
});
