/**
 * Differences of trees: there are some exactly if the digests differ, and each is where it is said to be.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { digestBytes } from "../../src/digest/digest.ts";
import { diffTrees } from "../../src/explain/diff-trees.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { keepFolder, type Entry, type Folder } from "../store/trees.ts";

const folders: fc.Arbitrary<Folder> = fc.letrec<{ entry: Entry; folder: Folder }>((tie) => ({
  entry: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom("a", "b", { exec: "a" }, { link: "a" }, { link: "b" }),
    tie("folder"),
  ),
  folder: fc.dictionary(fc.constantFrom("x", "y", "z"), tie("entry"), { maxKeys: 3 }),
})).folder;

async function differences(before: Folder, after: Folder): Promise<readonly string[]> {
  const content = new MemoryStore();
  const [one, other] = [await keepFolder(content, before), await keepFolder(content, after)];
  const found = await diffTrees({ content, digest: one }, { content, digest: other });
  return found.map(({ path, how }) => `${path} ${how}`);
}

test("there are differences exactly if the trees differ", async () => {
  await fc.assert(
    fc.asyncProperty(folders, folders, async (before, after) => {
      const content = new MemoryStore();
      const [one, other] = [await keepFolder(content, before), await keepFolder(content, after)];
      expect((await differences(before, after)).length > 0).toBe(one !== other);
    }),
  );
});

test("what is turned round is turned round in each difference", async () => {
  const opposite: Readonly<Record<string, string>> = {
    added: "removed",
    removed: "added",
    executable: "not-executable",
    "not-executable": "executable",
  };
  await fc.assert(
    fc.asyncProperty(folders, folders, async (before, after) => {
      const turned = (await differences(after, before)).map((each) => {
        const [path = "", how = ""] = each.split(" ");
        return `${path} ${opposite[how] ?? how}`;
      });
      expect(await differences(before, after)).toEqual(turned);
    }),
  );
});

test("a directory that cannot be read any more is one difference", async () => {
  const content = new MemoryStore();
  const digest = await keepFolder(content, { a: { x: "1" }, b: "1" });
  const gone = digestBytes(Buffer.from("gone"));
  const found = await diffTrees({ content, digest: gone }, { content, digest });
  expect(found).toMatchObject([{ path: "/", how: "unreadable" }]);
});
