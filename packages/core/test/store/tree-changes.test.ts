/**
 * Tree changes, against what can be seen in the folders themselves.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Digest } from "../../src/digest/digest.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import type { ContentStore } from "../../src/store/store.ts";
import { entryChanges, firstDifferentByte } from "../../src/store/tree-changes.ts";
import { folder, isFolder, keepFolder, type Folder } from "./trees.ts";

/** How two trees of one store differ. */
const changesOf = (content: ContentStore, before: Digest, after: Digest) =>
  entryChanges(
    { before: content, after: content },
    "",
    { type: "directory", digest: before },
    { type: "directory", digest: after },
  );

/** Every entry by its path, as text; a directory is `/`, and its own line even when it has entries. */
function flat(entries: Folder, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, entry] of Object.entries(entries)) {
    const at = path === "" ? name : `${path}/${name}`;
    found.set(at, isFolder(entry) ? "/" : JSON.stringify(entry));
    if (!isFolder(entry)) continue;
    for (const [below, text] of flat(entry, at)) found.set(below, text);
  }
  return found;
}

test("they are exactly the paths that differ, but for those below one that differs itself", async () => {
  await fc.assert(
    fc.asyncProperty(folder, folder, async (before, after) => {
      const { content } = new MemoryStore();
      const trees = [await keepFolder(content, before), await keepFolder(content, after)] as const;
      const found: string[] = [];
      for await (const { path } of changesOf(content, ...trees)) found.push(path);
      const [left, right] = [flat(before), flat(after)];
      const differing = [...new Set([...left.keys(), ...right.keys()])].filter(
        (path) => left.get(path) !== right.get(path),
      );
      const topmost = differing.filter(
        (path) => !differing.some((other) => path.startsWith(`${other}/`)),
      );
      expect(found.toSorted()).toEqual(topmost.toSorted());
    }),
  );
});

test("they say what is there now and was before", async () => {
  const { content } = new MemoryStore();
  const before = await keepFolder(content, { same: "1", a: "x", dir: { b: { exec: "tool" } } });
  const after = await keepFolder(content, { same: "1", a: { link: "same" }, dir: { b: "tool" } });
  const changes = [];
  for await (const change of changesOf(content, before, after)) changes.push(change);
  expect(changes).toMatchObject([
    { path: "a", before: { type: "file" }, after: { type: "symlink", target: "same" } },
    { path: "dir/b", before: { isExecutable: true }, after: { isExecutable: false } },
  ]);
});

test("the first different byte is found, wherever it is", async () => {
  const { content } = new MemoryStore();
  const bytes = fc.uint8Array({ maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 200_000),
      bytes,
      bytes,
      async (shared, left, right) => {
        fc.pre(Buffer.compare(left, right) !== 0);
        const start = Buffer.alloc(shared, "abc");
        const digests = [left, right].map((end) => content.write(Buffer.concat([start, end])));
        const [a, b] = (await Promise.all(digests)) as [never, never];
        const end = [...left].findIndex((byte, at) => byte !== right[at]);
        const expected = shared + (end === -1 ? left.length : end);
        expect(await firstDifferentByte(content, a, b)).toBe(expected);
      },
    ),
  );
});
