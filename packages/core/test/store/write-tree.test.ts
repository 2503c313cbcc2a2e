/**
 * Trees from memory.
 *
 * @module
 */
import { expect, test } from "vitest";

import { emptyDigest } from "../../src/digest/digest.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { writeTree, type TreeFiles } from "../../src/store/write-tree.ts";
import { loadFolder, type Folder } from "./trees.ts";

async function written(files: TreeFiles): Promise<Folder> {
  const store = new MemoryStore();
  return await loadFolder(store, await writeTree(store, files));
}

test("files lie at their paths", async () => {
  expect(
    await written({
      "a.txt": "a",
      "./b//c": Buffer.from("c"),
      "b/d/e": "e",
      "empty/": "",
      "b/": "",
    }),
  ).toEqual({ "a.txt": "a", b: { c: "c", d: { e: "e" } }, empty: {} });
});

test("nothing is the empty tree", async () => {
  expect(await writeTree(new MemoryStore(), {})).toBe(emptyDigest);
});

test.each(["../a", "/a", "a/../../b"])("%j is no path in a tree", async (path) => {
  await expect(written({ [path]: "" })).rejects.toMatchObject({ code: "MALFORMED_PATH" });
});

test.each<[string, TreeFiles]>([
  ["a file without a name", { "": "x" }],
  ["a file in the place of the tree", { ".": "x" }],
])("%s is refused", async (_, files) => {
  await expect(written(files)).rejects.toMatchObject({ code: "MALFORMED_PATH" });
});

test.each<[string, TreeFiles]>([
  ["a file and a folder", { a: "x", "a/b": "y" }],
  ["a folder and a file", { "a/b": "y", a: "x" }],
  ["a file and an empty folder", { a: "x", "a/": "" }],
  ["two files", { a: "x", "./a": "y" }],
])("%s of one name are refused", async (_, files) => {
  await expect(written(files)).rejects.toMatchObject({ code: "PATH_CONFLICT" });
});
