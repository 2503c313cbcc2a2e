import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { copyTree, forgetTimes, hashTree, isWithin, walk } from "../../src/programs/tree.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ashlar-tree-"));
  mkdirSync(join(root, "a/b"), { recursive: true });
  writeFileSync(join(root, "a/b/file"), "text");
  writeFileSync(join(root, "a.txt"), "");
  symlinkSync("a.txt", join(root, "link"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

test("a walk goes parents first, and says what an entry is", () => {
  expect([...walk(root)].map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    "directory a",
    "directory a/b",
    "file a/b/file",
    "file a.txt",
    "symlink link",
  ]);
  expect([...walk(root, (path) => path === "a")]).toHaveLength(2);
});

test.each<[string, () => void]>([
  ["a byte", () => writeFileSync(join(root, "a/b/file"), "tex")],
  ["a name", () => writeFileSync(join(root, "a/b/other"), "")],
  ["an empty folder", () => mkdirSync(join(root, "c"))],
  ["the executable bit", () => chmodSync(join(root, "a.txt"), 0o755)],
])("%s is part of the hash", (_, change) => {
  const before = hashTree(root);
  change();
  expect(hashTree(root)).not.toBe(before);
});

test("times and the writable bit are no part of the hash", () => {
  const before = hashTree(root);
  utimesSync(join(root, "a.txt"), 5, 5);
  chmodSync(join(root, "a.txt"), 0o444);
  expect(hashTree(root)).toBe(before);
});

test("a copy is equal, and writable", () => {
  const copy = join(root, "..", `${root}-copy`);
  chmodSync(join(root, "a/b/file"), 0o555);
  copyTree(root, copy);

  expect(hashTree(copy)).toBe(hashTree(root));
  expect(statSync(join(copy, "a/b/file")).mode & 0o777).toBe(0o755);
  rmSync(copy, { recursive: true });
});

test("forgotten times are all one second past 1970", () => {
  forgetTimes(root);
  for (const path of [".", "a", "a/b/file"]) expect(statSync(join(root, path)).mtimeMs).toBe(1000);
});

test("a folder does not hold its namesakes", () => {
  expect(isWithin("/ws/a/b", "/ws/a")).toBe(true);
  expect(isWithin("/ws/a", "/ws/a")).toBe(true);
  expect(isWithin("/ws/ab", "/ws/a")).toBe(false);
  expect(isWithin("/ws/a/../b", "/ws/a")).toBe(false);
  expect(isWithin("/ws", "/")).toBe(true);
});
