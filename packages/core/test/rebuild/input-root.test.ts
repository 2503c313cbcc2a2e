/**
 * Input roots: artifacts laid at paths, against a naive model.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parsePath } from "../../src/artifact/path.ts";
import { source } from "../../src/artifact/source.ts";
import { digestBytes } from "../../src/digest/digest.ts";
import { layInputRoot, type FilledMount } from "../../src/rebuild/input-root.ts";
import type { Value } from "../../src/runner/runner.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import {
  isExec,
  isFolder,
  isLink,
  keepFolder,
  loadFolder,
  type Entry,
  type Folder,
} from "../store/trees.ts";

async function keepValue(store: MemoryStore, entry: Entry): Promise<Value> {
  if (isFolder(entry)) return { kind: "tree", digest: await keepFolder(store, entry) };
  if (isLink(entry)) throw new Error("a link is no value");
  const text = isExec(entry) ? entry.exec : entry;
  const digest = await store.write(Buffer.from(text));
  return { kind: "file", digest, isExecutable: isExec(entry) };
}

/** The input root with artifacts at paths. */
async function laid(mounts: Readonly<Record<string, Entry>>): Promise<Folder> {
  const store = new MemoryStore();
  const filled: FilledMount[] = [];
  for (const [path, entry] of Object.entries(mounts)) {
    const value = await keepValue(store, entry);
    const artifact = source(path === "" ? "root" : path);
    filled.push({ path: parsePath(path), artifact, isWritable: false, value });
  }
  const { digest, added } = await layInputRoot(store, filled);
  for (const message of added.values()) await store.write(message);
  expect(await store.missing([digest])).toEqual([]);
  return await loadFolder(store, digest);
}

const conflict: unknown = expect.objectContaining({ code: "PATH_CONFLICT" });

describe("artifacts lie", () => {
  test.each<[string, Readonly<Record<string, Entry>>, Folder]>([
    ["nowhere", {}, {}],
    ["at the top", { "": { a: "a" } }, { a: "a" }],
    [
      "in folders of their own",
      { "in/a": "a", "in/b": { c: "c" } },
      { in: { a: "a", b: { c: "c" } } },
    ],
    ["beside a tree's entries", { "": { a: "a" }, b: "b" }, { a: "a", b: "b" }],
    ["in a tree's folder", { "": { a: { x: "x" } }, "a/y": "y" }, { a: { x: "x", y: "y" } }],
    [
      "deep in a tree",
      { t: { a: { b: {} } }, "t/a/b/c/d": "d" },
      { t: { a: { b: { c: { d: "d" } } } } },
    ],
    ["as executables", { run: { exec: "r" } }, { run: { exec: "r" } }],
    ["as empty trees", { "": {}, a: {} }, { a: {} }],
    ["beside links", { "": { l: { link: "a" } }, a: "a" }, { l: { link: "a" }, a: "a" }],
    [
      "in trees that lie in trees",
      { "": { x: "x" }, t: { y: "y" }, "t/u": { z: "z" } },
      { x: "x", t: { y: "y", u: { z: "z" } } },
    ],
  ])("%s", async (_, mounts, expected) => {
    expect(await laid(mounts)).toEqual(expected);
  });
});

describe("a conflict:", () => {
  test.each<[string, Readonly<Record<string, Entry>>]>([
    ["a file of a tree", { "": { a: "a" }, a: "b" }],
    ["a folder of a tree", { "": { a: { x: "x" } }, a: { y: "y" } }],
    ["an empty folder of a tree", { "": { a: {} }, a: { y: "y" } }],
    ["a link of a tree", { "": { a: { link: "b" } }, a: "b" }],
    ["below a file of a tree", { "": { a: "a" }, "a/b": "b" }],
    ["below a link of a tree", { "": { a: { link: "b" }, b: {} }, "a/c": "c" }],
    ["below a file", { a: "a", "a/b": "b" }],
    ["deep below a file", { a: "a", "a/b/c/d": "b" }],
  ])("%s", async (_, mounts) => {
    await expect(laid(mounts)).rejects.toEqual(conflict);
  });

  test("is told by the path and the names of both", async () => {
    await expect(laid({ "": { deps: { a: "a" } }, "deps/a": "b" })).rejects.toMatchObject({
      message: "two artifacts are laid on `deps/a`",
      facts: { first: "root", second: "a" },
    });
  });
});

test("any mounts make what laying them one by one would make, in any order", async () => {
  /** Lays one entry into a tree, or fails as it should. */
  function lay(into: Folder, [name = "", ...rest]: readonly string[], entry: Entry): Folder {
    const there = into[name];
    if (rest.length === 0) {
      if (there !== undefined) throw new Error("taken");
      return { ...into, [name]: entry };
    }
    if (there !== undefined && !isFolder(there)) throw new Error("taken");
    return { ...into, [name]: lay(there ?? {}, rest, entry) };
  }
  const segment = fc.constantFrom("a", "b", "c");
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const tree: fc.Arbitrary<Folder> = fc.dictionary(
    segment,
    fc.oneof(
      fc.constant("file"),
      fc.constant({}),
      fc.constant({ a: "deep" }),
      fc.constant({ link: "a" }),
    ),
    { maxKeys: 2 },
  );
  const entry = fc.oneof(fc.constant("file"), fc.constant({ exec: "run" }), tree);
  const mounts = fc.uniqueArray(fc.tuple(path, entry), { selector: ([at]) => at, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(mounts, fc.option(tree), async (some, top) => {
      const all: [string, Entry][] = top === null ? some : [["", top], ...some];
      // Outer ones first, as they are meant.
      const outerFirst = some.toSorted(([a], [b]) => a.split("/").length - b.split("/").length);
      let expected: Folder | undefined;
      try {
        expected = outerFirst.reduce<Folder>(
          (into, [at, each]) => lay(into, at.split("/"), each),
          top ?? {},
        );
      } catch {
        // A conflict.
      }
      for (const order of [all, all.toReversed()]) {
        const laying = laid(Object.fromEntries(order));
        if (expected === undefined) await expect(laying).rejects.toEqual(conflict);
        else expect(await laying).toEqual(expected);
      }
    }),
    { numRuns: 500 },
  );
});

test("what is mounted and not entered is not even read", async () => {
  const store = new MemoryStore();
  const digest = digestBytes(Buffer.from("a directory that is not in the store"));
  const artifact = source("deps");
  const mount = { path: parsePath("in/deps"), artifact, isWritable: false };
  const { added } = await layInputRoot(store, [{ ...mount, value: { kind: "tree", digest } }]);
  expect(added.size).toBe(2);
});

test("a tree alone at the top is the input root", async () => {
  const store = new MemoryStore();
  const digest = await keepFolder(store, { a: "a" });
  const mount = { path: parsePath(""), artifact: source("src"), isWritable: false };
  expect(await layInputRoot(store, [{ ...mount, value: { kind: "tree", digest } }])).toEqual({
    digest,
    added: new Map(),
  });
});
