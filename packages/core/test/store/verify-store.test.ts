/**
 * Verifying finds every damage, moves it out of the way, and touches nothing that is whole.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { digestBytes } from "../../src/digest/digest.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { markOffset, recordBytes } from "../../src/store/pack-record.ts";
import { verifyStore, type StoreProblem } from "../../src/store/verify-store.ts";
import { writeTree } from "../../src/store/write-tree.ts";
import { change, freshStore, namesIn, pathOf, putResult, temporaryFolder } from "./care-bench.ts";
import { flipByte } from "./unpack.ts";

const blob = digestBytes(Buffer.from("bytes"));

/** A result with a file and a tree. */
async function smallStore(): Promise<{ store: DiskStore; resultPath: string; blobPath: string }> {
  const store = freshStore();
  const tree = await writeTree(store, { "a/b/c": "deep", d: "bytes" });
  const key = await putResult(store, "a", { files: ["bytes"], tree });
  return { store, resultPath: pathOf(store, "ac", key), blobPath: pathOf(store, "cas", blob) };
}

const kinds = (problems: readonly StoreProblem[]): string[] => problems.map(({ kind }) => kind);

test("a store that is whole has no problems, and stays as it is", async () => {
  const { store } = await smallStore();
  const listing = (): string[] =>
    fs.readdirSync(store.directory, { recursive: true, encoding: "utf8" });
  const before = listing();
  const report = await verifyStore(store);
  expect(report).toMatchObject({ problems: [], results: { count: 1 }, blobs: { count: 5 } });
  expect(listing()).toEqual(before);
});

describe.each<[string, (path: string) => void]>([
  ["truncated", (path) => change(path, (bytes) => bytes.subarray(0, 2))],
  ["emptied", (path) => change(path, () => Buffer.alloc(0))],
  ["longer", (path) => change(path, (bytes) => Buffer.concat([bytes, bytes]))],
  ["flipped in a bit", (path) => change(path, (bytes) => bytes.fill(bytes[0]! ^ 1, 0, 1))],
])("a file that was %s", (_, damage) => {
  test("is quarantined when it is a blob, and what names it is incomplete", async () => {
    const { store, blobPath } = await smallStore();
    damage(blobPath);
    const heard: StoreProblem[] = [];
    const report = await verifyStore(store, { onProblem: (problem) => heard.push(problem) });
    expect(kinds(report.problems)).toEqual(["damaged-blob", "incomplete-result"]);
    expect(report.problems[1]).toMatchObject({ missing: blob, movedTo: undefined });
    expect(heard).toEqual(report.problems);
    expect(report).toMatchObject({ results: { count: 1 }, blobs: { count: 4 } });
    expect(fs.existsSync(join(store.directory, report.problems[0]!.movedTo!))).toBe(true);
    await expect(store.read(blob)).rejects.toMatchObject({ code: "BLOB_LOST" });
    expect(await store.missing([blob])).toEqual([blob]);
    // Made again, it is whole.
    await store.write(Buffer.from("bytes"));
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  test("is quarantined when it is a result", async () => {
    const { store, resultPath } = await smallStore();
    damage(resultPath);
    expect(kinds((await verifyStore(store)).problems)).toEqual(["damaged-result"]);
    expect(fs.existsSync(resultPath)).toBe(false);
    expect(namesIn(store, "quarantine")).toHaveLength(1);
  });

  test("is quarantined when it is a note", async () => {
    const { store } = await smallStore();
    store.notes.write("note", Buffer.from("worth remembering"));
    expect((await verifyStore(store)).problems).toEqual([]);
    damage(join(store.directory, "notes", "note"));
    expect(kinds((await verifyStore(store)).problems)).toEqual(["damaged-note"]);
    expect(store.notes.read("note")).toBeUndefined();
  });
});

test("a result under another's key is damaged", async () => {
  const { store, resultPath } = await smallStore();
  const other = pathOf(store, "ac", await putResult(store, "b"));
  fs.rmSync(other);
  fs.copyFileSync(resultPath, other);
  expect(kinds((await verifyStore(store)).problems)).toEqual(["damaged-result"]);
});

test("a deleted blob makes all incomplete that name it, at any depth", async () => {
  const store = freshStore();
  const tree = await writeTree(store, { "a/b/c": "deep" });
  for (const name of ["x", "y"]) await putResult(store, name, { tree });
  await putResult(store, "z", { files: ["other"] });
  const deep = digestBytes(Buffer.from("deep"));
  fs.rmSync(pathOf(store, "cas", deep));
  const { problems } = await verifyStore(store);
  expect(problems.map(({ missing }) => missing)).toEqual([deep, deep]);
  fs.rmSync(pathOf(store, "cas", tree));
  expect((await verifyStore(store)).problems[0]).toMatchObject({ missing: tree });
});

test("what has no name that anybody would look for is a stray", async () => {
  const { store, blobPath } = await smallStore();
  fs.writeFileSync(join(blobPath, "..", ".DS_Store"), "");
  fs.mkdirSync(join(blobPath, "..", "f".repeat(64)));
  fs.renameSync(blobPath, join(store.directory, "ac", "00", "..", "stray"));
  fs.mkdirSync(join(store.directory, "ac", "00"), { recursive: true });
  fs.renameSync(
    join(store.directory, "ac", "stray"),
    join(store.directory, "ac", "00", `1${blob.slice(1, 64)}`),
  );
  const { problems } = await verifyStore(store);
  expect(kinds(problems).toSorted()).toEqual(["incomplete-result", "stray", "stray", "stray"]);
  expect(namesIn(store, "quarantine")).toHaveLength(3);
});

test("a large blob is read, too", async () => {
  const store = freshStore();
  const digest = await store.write(Buffer.alloc(17 * 1024 * 1024, "large"));
  expect((await verifyStore(store)).problems).toEqual([]);
  const file = fs.openSync(pathOf(store, "cas", digest), fs.constants.O_RDONLY);
  fs.closeSync(file);
  change(pathOf(store, "cas", digest), (bytes) => bytes.fill(1, 16_000_000));
  expect(kinds((await verifyStore(store)).problems)).toEqual(["damaged-blob"]);
});

test("where there is no store, there are no problems", async () => {
  const store = freshStore();
  expect((await verifyStore(store)).problems).toEqual([]);
  await store.write(Buffer.from("bytes"));
  fs.rmSync(store.directory, { recursive: true });
  expect(await verifyStore(store)).toMatchObject({ problems: [], blobs: { count: 0 } });
});

test("a file in the place of the store is STORE_UNWRITABLE", async () => {
  const file = join(temporaryFolder(), "store");
  fs.writeFileSync(file, "");
  const verifying = verifyStore(new DiskStore(file));
  await expect(verifying).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
});

test("verifying can be broken off", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(verifyStore(freshStore(), { signal })).rejects.toThrow("enough");
});

test("any damage to any file is found, and only that file is moved", async () => {
  const damages = fc.record({
    file: fc.nat(),
    at: fc.nat(),
    flip: fc.integer({ min: 1, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(damages, async ({ file, at, flip }) => {
      const { store } = await smallStore();
      const paths = ["ac", "cas"].flatMap((half) =>
        fs
          .readdirSync(join(store.directory, half), { recursive: true, encoding: "utf8" })
          .filter((name) => /[0-9a-f]{64}$/.test(name))
          .map((name) => join(half, name)),
      );
      const path = paths[file % paths.length]!;
      change(join(store.directory, path), (bytes) =>
        bytes.fill(
          bytes[at % bytes.byteLength]! ^ flip,
          at % bytes.byteLength,
          (at % bytes.byteLength) + 1,
        ),
      );
      const { problems } = await verifyStore(store);
      const moved = problems.filter(({ movedTo }) => movedTo !== undefined);
      expect(moved.map((problem) => problem.path)).toEqual([path]);
    }),
    { numRuns: 40 },
  );
});

describe("in a pack,", () => {
  const packedStore = async (): Promise<DiskStore> => {
    const store = freshStore();
    const tree = await writeTree(store, { "a/b/c": "deep", d: "bytes" });
    await putResult(store, "a", { files: ["bytes", "others"], tree });
    store.releasePack();
    return store;
  };
  const packPath = (store: DiskStore, end: string): string =>
    join(
      store.directory,
      "packs",
      namesIn(store, "packs").find((name) => name.endsWith(end))!,
    );

  test("any byte of a blob that has changed is found, and the blob quarantined", async () => {
    const size = fs.statSync(packPath(await packedStore(), ".pack")).size;
    await fc.assert(
      fc.asyncProperty(fc.nat(size - 1), async (at) => {
        const store = await packedStore();
        flipByte(packPath(store, ".pack"), at);
        const { problems, blobs } = await verifyStore(store);
        expect(kinds(problems).toSorted()).toEqual(["damaged-blob", "incomplete-result"]);
        expect(blobs.count).toBe(5);
        expect(fs.existsSync(join(store.directory, problems[0]!.movedTo!))).toBe(true);
        expect(kinds((await verifyStore(store)).problems)).toEqual(["incomplete-result"]);
      }),
      { numRuns: 20 },
    );
  });

  test("whatever has changed in a record, no other bytes are served", async () => {
    const size = fs.statSync(packPath(await packedStore(), ".idx")).size;
    await fc.assert(
      fc.asyncProperty(fc.nat(size - 1), async (at) => {
        const store = await packedStore();
        flipByte(packPath(store, ".idx"), at);
        const { problems } = await verifyStore(store);
        // When it was used may be changed; in the name and place of a blob, anything is found.
        if (at % recordBytes < markOffset) expect(kinds(problems)).toContain("stray");
        const again = await verifyStore(store);
        expect(kinds(again.problems).filter((kind) => kind !== "incomplete-result")).toEqual([]);
        for (const text of ["deep", "bytes", "others"]) {
          const read = await store.read(digestBytes(Buffer.from(text))).catch(() => undefined);
          expect([undefined, text]).toContain(read?.toString());
        }
      }),
      { numRuns: 20 },
    );
  });

  test("what is no pack is a stray", async () => {
    const store = await packedStore();
    const digest = digestBytes(Buffer.from("deep"));
    fs.writeFileSync(join(store.directory, "packs", "notes.txt"), "");
    fs.rmSync(packPath(store, ".idx"));
    const { problems } = await verifyStore(store);
    expect(kinds(problems).toSorted()).toEqual(["incomplete-result", "stray", "stray"]);
    expect(await store.missing([digest])).toEqual([digest]);
    expect(namesIn(store, "packs")).toEqual([]);
  });
});
