/**
 * Materialising: what was taken comes back.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { digestBytes } from "../../src/digest/digest.ts";
import { writeDirectory } from "../../src/store/directories.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { materializeTree } from "../../src/store/materialize.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { snapshot } from "../../src/store/snapshot.ts";
import { changed, folder, keepFolder, readFolder, temporary } from "./trees.ts";

test("any tree comes back as it was, from any store", async () => {
  const directory = temporary();
  const disk = new DiskStore(join(directory, "store"));
  await fc.assert(
    fc.asyncProperty(folder, fc.boolean(), async (entries, onDisk) => {
      const store = onDisk ? disk : new MemoryStore();
      const tree = await keepFolder(store, entries);
      const place = fs.mkdtempSync(join(directory, "t"));
      await materializeTree(store, tree, place);
      expect(readFolder(place)).toEqual(entries);
      expect(await snapshot(store, place)).toBe(tree);
      fs.rmSync(place, { recursive: true });
    }),
    { numRuns: 100 },
  );
});

test("files are read-only unless they are to be written to", async () => {
  const store = new MemoryStore();
  const tree = await keepFolder(store, { a: "a", run: { exec: "r" }, sub: { b: "b" } });
  const modes = async (writable?: boolean | ((path: string) => boolean)): Promise<string[]> => {
    const place = temporary();
    await materializeTree(store, tree, place, writable === undefined ? {} : { writable });
    return ["a", "run", "sub/b"].map((path) =>
      (fs.statSync(join(place, path)).mode & 0o700).toString(8),
    );
  };
  expect(await modes()).toEqual(["400", "500", "400"]);
  expect(await modes(true)).toEqual(["600", "700", "600"]);
  expect(await modes((path) => path.startsWith("sub/"))).toEqual(["400", "500", "600"]);
});

test("every entry gets the time asked for", async () => {
  const store = new MemoryStore();
  const tree = await keepFolder(store, { a: "a", sub: { b: "b", l: { link: "b" } }, empty: {} });
  const place = temporary();
  await materializeTree(store, tree, place, { mtime: 1_000_000_000 });
  for (const path of ["", "a", "sub", "sub/b", "sub/l", "empty"]) {
    expect(fs.lstatSync(join(place, path)).mtimeMs, path).toBe(1_000_000_000_000);
  }
});

test("what happens to a copy does not reach the store", async () => {
  const store = new DiskStore(join(temporary(), "store"));
  const tree = await keepFolder(store, { a: "content" });
  const place = temporary();
  await materializeTree(store, tree, place, { writable: true });
  fs.writeFileSync(join(place, "a"), "changed");
  expect((await store.read(digestBytes(Buffer.from("content")))).toString()).toBe("content");
});

test("a lost blob is BLOB_LOST", async () => {
  const store = new MemoryStore();
  const tree = await keepFolder(store, { sub: { a: "content" } });
  store.evict(digestBytes(Buffer.from("content")));
  await expect(materializeTree(store, tree, temporary())).rejects.toMatchObject({
    code: "BLOB_LOST",
  });
});

test("a tree whose entries would lie elsewhere is refused", async () => {
  const store = new MemoryStore();
  const outside = temporary();
  const place = join(outside, "place");
  fs.mkdirSync(place);
  const digest = await store.write(Buffer.from("evil"));
  // As from a store that others write to: nothing remembers it decoded.
  const other = new MemoryStore();
  await other.write(Buffer.from("evil"));
  const tree = await writeDirectory(store, {
    files: [{ name: "../escaped", digest, isExecutable: false }],
    directories: [],
    symlinks: [],
  });
  await other.write(await store.read(tree));
  await expect(materializeTree(other, tree, place)).rejects.toMatchObject({
    code: "MALFORMED_MESSAGE",
  });
  expect(fs.readdirSync(outside)).toEqual(["place"]);
});

test("an aborted copy stops", async () => {
  const store = new MemoryStore();
  const names = Array.from({ length: 300 }, (_, n) => [`f${n}`, `${n}`] as const);
  const tree = await keepFolder(store, Object.fromEntries(names));
  const controller = new AbortController();
  let copies = 0;
  const slow = changed(store, {
    async copyTo(digest, path, mode): Promise<void> {
      if (++copies === 5) {
        controller.abort(new Error("enough"));
        for (const end = performance.now() + 20; performance.now() < end;);
      }
      await store.copyTo(digest, path, mode);
    },
  });
  await expect(
    materializeTree(slow, tree, temporary(), { signal: controller.signal }),
  ).rejects.toThrow("enough");
  expect(copies).toBeLessThan(20);
});
