/**
 * Views: what part of a tree they keep, against a naive model.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { View } from "../../src/artifact/handle.ts";
import { parsePath } from "../../src/artifact/path.ts";
import { applyView } from "../../src/rebuild/view.ts";
import { compileGlobs } from "../../src/store/globs.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { isFolder, keepFolder, loadFolder, type Entry, type Folder } from "../store/trees.ts";

/** The tree that a view of a tree is, as data. */
async function viewed(tree: Folder, view: View): Promise<Folder> {
  const store = new MemoryStore();
  const value = await applyView(store, await keepFolder(store, tree), view, "tree");
  return await loadFolder(store, value.digest);
}

/** Trees whose names the globs below speak of. */
const name = fc.constantFrom("a", "b", "ab", "x.js", "y.ts", ".h");
const tree: fc.Arbitrary<Folder> = fc.letrec<{ tree: Folder }>((tie) => ({
  tree: fc.dictionary(
    name,
    fc.oneof(
      { maxDepth: 3, depthIdentifier: "view" },
      fc.constantFrom("", "text"),
      fc.constant({ exec: "run" }),
      fc.constant({ link: "a" }),
      tie("tree"),
    ),
    { maxKeys: 5, depthIdentifier: "view" },
  ),
})).tree;
const part = fc.constantFrom(
  "a",
  "b",
  "*",
  "**",
  "?",
  "{a,b}",
  "[ab]",
  "a*",
  "*.js",
  ".*",
  "*.{js,ts}",
);
const glob = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const globs = fc.array(glob, { maxLength: 3 });

describe("pick, without and blank agree with a naive model", () => {
  /** All entries one by one: each is in or out by itself. */
  function keep(folder: Folder, isIn: (path: string) => boolean, above = ""): Folder {
    return Object.fromEntries(
      Object.entries(folder).flatMap(([entry, value]): [string, Entry][] => {
        const path = above + entry;
        if (!isFolder(value)) return isIn(path) ? [[entry, value]] : [];
        const kept = keep(value, isIn, `${path}/`);
        return isIn(path) || Object.keys(kept).length > 0 ? [[entry, kept]] : [];
      }),
    );
  }
  /** What matches goes, with all below. What holds it stays, even if nothing is left in it. */
  function drop(folder: Folder, isOut: (path: string) => boolean, above = ""): Folder {
    return Object.fromEntries(
      Object.entries(folder).flatMap(([entry, value]): [string, Entry][] => {
        const path = above + entry;
        if (isOut(path)) return [];
        return [[entry, isFolder(value) ? drop(value, isOut, `${path}/`) : value]];
      }),
    );
  }

  /** Links stay what they are. */
  function empty(folder: Folder, isBlank: (path: string) => boolean, above = ""): Folder {
    return Object.fromEntries(
      Object.entries(folder).map(([entry, value]): [string, Entry] => {
        const path = above + entry;
        if (isFolder(value)) return [entry, empty(value, isBlank, `${path}/`)];
        if (!isBlank(path) || (typeof value !== "string" && "link" in value)) return [entry, value];
        return [entry, typeof value === "string" ? "" : { exec: "" }];
      }),
    );
  }

  test("blank", async () => {
    await fc.assert(
      fc.asyncProperty(tree, globs, async (folder, patterns) => {
        const set = await compileGlobs(patterns);
        expect(await viewed(folder, { type: "blank", globs: patterns })).toEqual(
          empty(folder, (path) => set.matches(path)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("pick", async () => {
    await fc.assert(
      fc.asyncProperty(tree, globs, async (folder, patterns) => {
        const set = await compileGlobs(patterns);
        expect(await viewed(folder, { type: "pick", globs: patterns })).toEqual(
          keep(folder, (path) => set.matches(path)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("without", async () => {
    await fc.assert(
      fc.asyncProperty(tree, globs, async (folder, patterns) => {
        const set = await compileGlobs(patterns);
        expect(await viewed(folder, { type: "without", globs: patterns })).toEqual(
          drop(folder, (path) => set.matches(path)),
        );
      }),
      { numRuns: 500 },
    );
  });
});

test("a view is content: the same part of other trees is the same", async () => {
  const store = new MemoryStore();
  const view = { type: "pick", globs: ["src"] } as const;
  const one = await keepFolder(store, { src: { a: "a" }, other: "1" });
  const two = await keepFolder(store, { src: { a: "a" }, other: "2" });
  expect(await applyView(store, one, view, "t")).toEqual(await applyView(store, two, view, "t"));
});

describe("file and dir", () => {
  const folder: Folder = {
    file: "text",
    run: { exec: "run" },
    dir: { inner: "inner", deep: { x: "x" }, up: { link: "../file" } },
    toFile: { link: "file" },
    toDir: { link: "dir" },
    toDeep: { link: "toDir/deep/" },
    dotted: { link: "./dir/../run" },
    "..data": { x: "x" },
    data: { link: "..data/x" },
    nowhere: { link: "gone" },
    out: { link: "../file" },
    absolute: { link: "/dir" },
    loop: { link: "pool" },
    pool: { link: "loop" },
  };
  const view = async (type: "file" | "dir", path: string): Promise<unknown> => {
    const store = new MemoryStore();
    const digest = await keepFolder(store, folder);
    const value = await applyView(store, digest, { type, path: parsePath(path) }, "tree");
    if (value.kind === "tree") return await loadFolder(store, value.digest);
    const text = (await store.read(value.digest)).toString();
    return value.isExecutable ? { exec: text } : text;
  };

  test.each<["file" | "dir", string, unknown]>([
    ["file", "file", "text"],
    ["file", "run", { exec: "run" }],
    ["file", "dir/inner", "inner"],
    ["dir", "dir/deep", { x: "x" }],
    ["dir", "", folder],
    ["file", "toFile", "text"],
    ["file", "toDir/inner", "inner"],
    ["file", "toDeep/x", "x"],
    ["file", "dir/up", "text"],
    ["file", "toDir/up", "text"],
    ["dir", "toDeep", { x: "x" }],
    ["file", "dotted", { exec: "run" }],
    ["file", "data", "x"],
  ])("%s(%j) follows what there is", async (type, path, expected) => {
    expect(await view(type, path)).toEqual(expected);
  });

  test.each<["file" | "dir", string]>([
    ["file", "missing"],
    ["dir", "dir/missing"],
    ["file", "file/below"],
    ["file", "nowhere"],
    ["file", "out"],
    ["dir", "absolute"],
    ["file", "loop"],
    ["file", "loop/x"],
  ])("%s(%j) is VIEW_MISSING", async (type, path) => {
    await expect(view(type, path)).rejects.toMatchObject({ code: "VIEW_MISSING" });
  });

  test.each<["file" | "dir", string]>([
    ["file", "dir"],
    ["dir", "file"],
    ["file", ""],
    ["file", "toDir"],
    ["dir", "toFile"],
  ])("%s(%j) is VIEW_WRONG_KIND", async (type, path) => {
    await expect(view(type, path)).rejects.toMatchObject({ code: "VIEW_WRONG_KIND" });
  });

  test("the error names what there is, in the folder that was looked at", async () => {
    await expect(view("file", "dir/inne")).rejects.toMatchObject({
      message: "`tree` holds no `dir/inne`",
      facts: { "`dir` holds": "inner, deep, up" },
      hint: "did you mean `inner`?",
    });
  });
});
