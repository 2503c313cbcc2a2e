/**
 * Exporting: the place holds what was exported, and nothing else.
 *
 * @module
 */
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";

import { exportFile, exportTree } from "../../src/store/export.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { folder, keepFolder, readFolder, temporary, writeFolder, type Entry } from "./trees.ts";

test("what is neither a file nor a folder is left alone", async () => {
  const directory = temporary();
  const path = join(directory, "it");
  const server = createServer().listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const store = new MemoryStore();
  const digest = await store.write(Buffer.from("new"));
  const tree = await keepFolder(store, { a: "a" });
  const blocked = { code: "EXPORT_BLOCKED", message: expect.stringContaining("no file") as string };
  await expect(exportFile(store, { digest, isExecutable: false }, path)).rejects.toMatchObject(
    blocked,
  );
  await expect(exportTree(store, tree, path)).rejects.toMatchObject(blocked);
  expect(fs.readdirSync(directory)).toEqual(["it"]);
  expect(fs.lstatSync(path).isSocket()).toBe(true);
});

/** What may be in the place of an export. */
const earlier: Readonly<Record<string, Entry | undefined>> = {
  nothing: undefined,
  "a file": "old",
  "an executable": { exec: "old" },
  "a folder": { old: "old", sub: { more: "old" } },
  "an empty folder": {},
  "a link to a file": { link: "beside" },
  "a link to a folder": { link: "folder" },
  "a link to nothing": { link: "nowhere" },
};

/** A directory with neighbours of the place `it`, and perhaps something in that place. */
function placeWith(entry: Entry | undefined): string {
  const directory = temporary();
  writeFolder(directory, { beside: "neighbour", folder: { inside: "neighbour" } });
  if (entry !== undefined) writeFolder(directory, { it: entry });
  return directory;
}
const neighbours = { beside: "neighbour", folder: { inside: "neighbour" } };

describe.each(Object.entries(earlier))("in the place of %s", (_, entry) => {
  const isFolder = typeof entry === "object" && !("link" in entry) && !("exec" in entry);

  test("a tree replaces it, exactly", async () => {
    const directory = placeWith(entry);
    const store = new MemoryStore();
    const tree = { new: "new", run: { exec: "r" }, sub: {} };
    await exportTree(store, await keepFolder(store, tree), join(directory, "it"));
    expect(readFolder(directory)).toEqual({ ...neighbours, it: tree });
  });

  test(isFolder ? "a file is refused" : "a file replaces it", async () => {
    const directory = placeWith(entry);
    const store = new MemoryStore();
    const digest = await store.write(Buffer.from("new"));
    const exporting = exportFile(store, { digest, isExecutable: true }, join(directory, "it"));
    if (isFolder) {
      await expect(exporting).rejects.toMatchObject({ code: "EXPORT_BLOCKED" });
      expect(readFolder(directory)).toEqual({ ...neighbours, it: entry });
    } else {
      await exporting;
      expect(readFolder(directory)).toEqual({ ...neighbours, it: { exec: "new" } });
    }
  });

  test("an export that breaks off leaves it as it was", async () => {
    const directory = placeWith(entry);
    const store = new MemoryStore();
    const tree = await keepFolder(store, { a: "a", b: "b" });
    const digest = await store.write(Buffer.from("b"));
    store.evict(digest);
    const place = join(directory, "it");
    await expect(exportTree(store, tree, place)).rejects.toMatchObject({ code: "BLOB_LOST" });
    const file = { digest, isExecutable: false };
    const expected = isFolder ? "EXPORT_BLOCKED" : "BLOB_LOST";
    await expect(exportFile(store, file, place)).rejects.toMatchObject({ code: expected });
    expect(readFolder(directory)).toEqual(
      entry === undefined ? neighbours : { ...neighbours, it: entry },
    );
  });
});

test("any tree replaces any other", async () => {
  const directory = temporary();
  const place = join(directory, "it");
  const store = new MemoryStore();
  await fc.assert(
    fc.asyncProperty(folder, async (entries) => {
      await exportTree(store, await keepFolder(store, entries), place);
      expect(readFolder(directory)).toEqual({ it: entries });
    }),
    { numRuns: 60 },
  );
});

test("missing parents are made, and what was exported may be written to", async () => {
  const directory = temporary();
  const store = new MemoryStore();
  const digest = await store.write(Buffer.from("new"));
  const path = join(directory, "a/b/c");
  await exportFile(store, { digest, isExecutable: false }, path);
  expect(readFolder(directory)).toEqual({ a: { b: { c: "new" } } });
  expect(fs.statSync(path).mode & 0o200).toBe(0o200);
});
