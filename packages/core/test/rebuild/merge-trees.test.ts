/**
 * Merging, against a naive model on plain data, and its laws.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { OnConflict } from "../../src/artifact/handle.ts";
import { parsePath } from "../../src/artifact/path.ts";
import { source } from "../../src/artifact/source.ts";
import { digestBytes, type Digest } from "../../src/digest/digest.ts";
import { mergeTrees } from "../../src/rebuild/merge-trees.ts";
import { applyView } from "../../src/rebuild/view.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import {
  folder,
  isExec,
  isFolder,
  isLink,
  keepFolder,
  loadFolder,
  type Entry,
  type Folder,
} from "../store/trees.ts";

const store = new MemoryStore();

/** A tree at the top. */
const atTop = (digest: Digest, name = "src") => ({
  path: parsePath(""),
  artifact: source(name),
  value: { kind: "tree", digest } as const,
});

async function mergeAll(trees: readonly Digest[], onConflict: OnConflict): Promise<Digest> {
  return await mergeTrees(
    store,
    trees.map((digest, at) => atTop(digest, `tree-${at + 1}`)),
    onConflict,
  );
}

async function merged(folders: readonly Folder[], onConflict: OnConflict): Promise<Folder> {
  const trees = await Promise.all(folders.map((each) => keepFolder(store, each)));
  return await loadFolder(store, await mergeAll(trees, onConflict));
}

/** Lays a tree, or a file, at a path; the others are trees at the top. */
async function laid(parts: Readonly<Record<string, Entry>>): Promise<Folder> {
  const all = [];
  for (const [path, entry] of Object.entries(parts)) {
    if (isLink(entry)) throw new Error("a link is no artifact");
    const text = isExec(entry) ? entry.exec : entry;
    const value = isFolder(entry)
      ? { kind: "tree" as const, digest: await keepFolder(store, entry) }
      : {
          kind: "file" as const,
          digest: await store.write(Buffer.from(text as string)),
          isExecutable: isExec(entry),
        };
    all.push({ path: parsePath(path), artifact: source(path || "top"), value });
  }
  return await loadFolder(store, await mergeTrees(store, all, "error"));
}

const conflict: unknown = expect.objectContaining({ code: "PATH_CONFLICT" });

describe("trees at the top", () => {
  test.each<[string, readonly Folder[], Folder]>([
    ["none: the empty tree", [], {}],
    ["one: itself", [{ a: { b: "b" } }], { a: { b: "b" } }],
    ["two that are apart", [{ a: "a" }, { b: "b" }], { a: "a", b: "b" }],
    ["folders are merged", [{ d: { a: "a" } }, { d: { b: "b" } }], { d: { a: "a", b: "b" } }],
    [
      "deep ones, too, and beside what only one has",
      [{ d: { e: { a: "a" }, x: "x" } }, { d: { e: { b: "b" } }, y: "y" }, { d: { e: {} } }],
      { d: { e: { a: "a", b: "b" }, x: "x" }, y: "y" },
    ],
    ["equal files are one", [{ a: "a" }, { a: "a" }], { a: "a" }],
    ["equal executables", [{ a: { exec: "a" } }, { a: { exec: "a" } }], { a: { exec: "a" } }],
    ["equal links", [{ a: { link: "b" } }, { a: { link: "b" } }], { a: { link: "b" } }],
    ["an empty folder stays", [{ d: {} }, { a: "a" }], { d: {}, a: "a" }],
    ["and is filled", [{ d: {} }, { d: { a: "a" } }], { d: { a: "a" } }],
  ])("%s", async (_, folders, expected) => {
    expect(await merged(folders, "error")).toEqual(expected);
    expect(await merged(folders, "last")).toEqual(expected);
  });

  test.each<[string, Folder, Folder]>([
    ["other bytes", { a: "1" }, { a: "2" }],
    ["the same bytes, executable", { a: "1" }, { a: { exec: "1" } }],
    ["a link elsewhere", { a: { link: "b" } }, { a: { link: "c" } }],
    ["a file and a folder", { a: "1" }, { a: { b: "b" } }],
    ["a file and an empty folder", { a: "1" }, { a: {} }],
    ["a link and a folder, even that which it leads to", { a: { link: "b" } }, { a: { x: "x" } }],
    ["deep below", { d: { e: { a: "1" } } }, { d: { e: { a: "2" } } }],
  ])("cannot differ: %s", async (_, first, second) => {
    await expect(merged([first, second], "error")).rejects.toEqual(conflict);
    await expect(merged([second, {}, first], "error")).rejects.toEqual(conflict);
    // Unless the last one wins, as a whole.
    const name = "a" in first ? "a" : "d";
    expect((await merged([first, second], "last"))[name]).toEqual(second[name]);
    expect((await merged([second, first], "last"))[name]).toEqual(first[name]);
  });

  test("a conflict is told by its path, and by what is there in both", async () => {
    const [one, two] = [{ d: { a: "1" } }, { d: { a: { exec: "22" } } }];
    await expect(merged([{ x: "x" }, one, two], "error")).rejects.toMatchObject({
      message: "two parts of a merge differ at `d/a`",
      facts: {
        first: "source tree-2: a file of 1 bytes, 6b86b273",
        second: "source tree-3: an executable file of 2 bytes, 785f3ec7",
      },
    });
  });

  test("a tree that comes again counts where it comes last", async () => {
    const [a, b] = [{ x: "a" }, { x: "b", y: "b" }];
    expect(await merged([a, b, a], "last")).toEqual({ x: "a", y: "b" });
  });
});

describe("artifacts at paths", () => {
  test.each<[string, Readonly<Record<string, Entry>>, Folder]>([
    ["apart", { "a/b": "b", c: { d: "d" } }, { a: { b: "b" }, c: { d: "d" } }],
    ["in a tree", { "": { a: "a" }, "d/e": "e" }, { a: "a", d: { e: "e" } }],
    ["in a folder of a tree", { "": { d: { a: "a" } }, d: { b: "b" } }, { d: { a: "a", b: "b" } }],
    ["on an equal file", { "": { a: "a" }, a: "a" }, { a: "a" }],
    ["in each other", { d: { a: "a" }, "d/e": { b: "b" } }, { d: { a: "a", e: { b: "b" } } }],
    [
      "in each other, and in a tree that has it all",
      { "": { d: { a: "a", e: { b: "b" } } }, d: { a: "a" }, "d/e": { b: "b" } },
      { d: { a: "a", e: { b: "b" } } },
    ],
  ])("%s", async (_, parts, expected) => {
    expect(await laid(parts)).toEqual(expected);
  });

  test.each<[string, Readonly<Record<string, Entry>>]>([
    ["on another file", { "": { a: "a" }, a: "b" }],
    ["below a file", { a: "a", "a/b": "b" }],
    ["below a file of a tree", { "": { a: "a" }, "a/b": {} }],
    ["below a link of a tree", { "": { a: { link: "d" }, d: {} }, "a/b": "b" }],
    ["in each other, with another file", { d: { e: { b: "1" } }, "d/e": { b: "2" } }],
  ])("cannot lie %s", async (_, parts) => {
    await expect(laid(parts)).rejects.toEqual(conflict);
  });
});

test("what does not meet anything is not even read", async () => {
  const unknown = digestBytes(Buffer.from("a directory that is not in the store"));
  const at = (path: string) => ({ ...atTop(unknown), path: parsePath(path) });
  const digest = await mergeTrees(store, [at("a"), at("b/c")], "error");
  expect(await store.missing([digest])).toEqual([]);
  expect(await mergeTrees(store, [at(""), at("")], "error")).toBe(unknown);
});

/** What a person would expect. */
function model(a: Entry, b: Entry, onConflict: OnConflict): Entry {
  if (isFolder(a) && isFolder(b)) {
    const result: Record<string, Entry> = { ...a };
    for (const [name, entry] of Object.entries(b)) {
      const there = Object.hasOwn(result, name) ? result[name] : undefined;
      result[name] = there === undefined ? entry : model(there, entry, onConflict);
    }
    return result;
  }
  if (onConflict === "last" || JSON.stringify(a) === JSON.stringify(b)) return b;
  throw new Error("conflict");
}

/** Folders of few names and contents, so that many meet. */
const close: fc.Arbitrary<Folder> = fc.letrec<{ folder: Folder; entry: Entry }>((tie) => ({
  entry: fc.oneof(
    { maxDepth: 3, depthIdentifier: "close" },
    { weight: 3, arbitrary: fc.constant("same") },
    fc.constantFrom<Entry>("other", { exec: "same" }, { link: "a" }),
    { weight: 3, arbitrary: tie("folder") },
  ),
  folder: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("entry"), {
    maxKeys: 3,
    depthIdentifier: "close",
    noNullPrototype: true,
  }),
})).folder;

describe("for any trees", () => {
  test.each<OnConflict>(["error", "last"])("the model agrees (%s)", async (onConflict) => {
    await fc.assert(
      fc.asyncProperty(fc.array(close, { minLength: 1, maxLength: 4 }), async (folders) => {
        let expected: Entry | undefined;
        try {
          expected = folders.reduce<Entry>((a, b) => model(a, b, onConflict), {});
        } catch {
          // A conflict.
        }
        const merging = merged(folders, onConflict);
        if (expected === undefined) await expect(merging).rejects.toEqual(conflict);
        else expect(await merging).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("where nothing conflicts, neither order nor grouping counts", async () => {
    await fc.assert(
      fc.asyncProperty(close, close, close, async (a, b, c) => {
        const trees = [a, b, c].map(async (each) => await keepFolder(store, each));
        const [x, y, z] = (await Promise.all(trees)) as [Digest, Digest, Digest];
        let all: Digest;
        try {
          all = await mergeAll([x, y, z], "error");
        } catch {
          return fc.pre(false);
        }
        const merge2 = async (p: Digest, q: Digest): Promise<Digest> =>
          await mergeAll([p, q], "error");
        expect(await merge2(await merge2(x, y), z)).toBe(all);
        expect(await merge2(x, await merge2(y, z))).toBe(all);
        expect(await mergeAll([z, x, y], "error")).toBe(all);
        expect(await mergeAll([x, y, z], "last")).toBe(all);
      }),
      { numRuns: 200, maxSkipsPerRun: 100 },
    );
  });

  test("merging the picks that share a tree out gives the tree back", async () => {
    await fc.assert(
      fc.asyncProperty(folder, fc.string({ minLength: 1, maxLength: 1 }), async (all, letter) => {
        const tree = await keepFolder(store, all);
        const names = Object.keys(all);
        const literal = (name: string): string =>
          name.replaceAll(/[\\*?[\](){}!+@|"]/g, String.raw`\$&`);
        // Some by the letter, and the rest.
        const [some, rest] = [true, false].map((isSome) =>
          names.filter((name) => name < letter === isSome).map((name) => literal(name)),
        ) as [string[], string[]];
        const parts: Digest[] = [];
        for (const globs of [some, rest]) {
          if (globs.length === 0) continue;
          const view = { type: "pick", globs } as const;
          parts.push((await applyView(store, tree, view, "tree")).digest);
        }
        expect(await mergeAll(parts, "error")).toBe(tree);
        if (some.length === 0) return;
        const without = await applyView(store, tree, { type: "without", globs: some }, "tree");
        expect(await mergeAll([parts[0]!, without.digest], "error")).toBe(tree);
      }),
      { numRuns: 200 },
    );
  });

  test("laying a tree at a path is taken back by the view of that path", async () => {
    await fc.assert(
      fc.asyncProperty(folder, close, async (inner, outer) => {
        const tree = await keepFolder(store, inner);
        const part = { ...atTop(tree), path: parsePath("x/y") };
        const digest = await mergeTrees(
          store,
          [atTop(await keepFolder(store, outer)), part],
          "error",
        );
        const view = { type: "dir", path: parsePath("x/y") } as const;
        expect((await applyView(store, digest, view, "merged")).digest).toBe(tree);
      }),
      { numRuns: 100 },
    );
  });
});
