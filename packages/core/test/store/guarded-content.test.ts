/** Guarded content: what holds certain bytes never reaches the store behind. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { encodeDirectory } from "../../src/artifact/directory.ts";
import { BytePatterns } from "../../src/base/byte-patterns.ts";
import { digestBytes } from "../../src/digest/digest.ts";
import { BuildError } from "../../src/errors/build-error.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { findInFile, GuardedContent } from "../../src/store/guarded-content.ts";
import { materializeTree } from "../../src/store/materialize.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { snapshot } from "../../src/store/snapshot.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-guarded-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const patternsOf = (...texts: readonly string[]): BytePatterns =>
  new BytePatterns(texts.map((text) => ({ name: `<${text}>`, bytes: Buffer.from(text) })));

function guarded(...texts: readonly string[]): { store: MemoryStore; content: GuardedContent } {
  const store = new MemoryStore();
  const refuse = (name: string, path?: string): BuildError =>
    new BuildError({ code: "SECRET_IN_OUTPUT", message: `${name} in ${path ?? "bytes"}` });
  return { store, content: new GuardedContent(store, patternsOf(...texts), refuse) };
}

describe("writing", () => {
  test("refuses bytes that hold a pattern, and stores the others", async () => {
    const { store, content } = guarded("secret", "other");
    const good = await content.write(Buffer.from("sec ret"));
    expect(await store.missing([good])).toEqual([]);
    const bad = Buffer.from("an other thing");
    await expect(content.write(bad)).rejects.toThrow("<other> in bytes");
    expect(await store.missing([digestBytes(bad)])).toHaveLength(1);
  });

  test.each([
    ["a small file", 0],
    ["a large file", 3 * 1024 * 1024],
  ])("refuses %s that holds a pattern, and names it", async (_, size) => {
    const { store, content } = guarded("secret");
    const path = join(folder, "file");
    writeFileSync(path, "");
    truncateSync(path, size);
    appendFileSync(path, "secre");
    const good = await content.writeFile(path);
    expect(await store.missing([good])).toEqual([]);
    appendFileSync(path, "t");
    await expect(content.writeFile(path)).rejects.toThrow(`<secret> in ${path}`);
  });

  test("rejects with the error of reading", async () => {
    const { content } = guarded("secret");
    await expect(content.writeFile(join(folder, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("finds a pattern in any file, in chunks of any size", async () => {
    const path = join(folder, "file");
    const text = fc
      .array(fc.constantFrom("a", "b"), { maxLength: 40 })
      .map((list) => list.join(""));
    const pattern = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(pattern, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        async (held, lists, chunk) => {
          writeFileSync(path, held);
          const patterns = lists.map((list) => list.join(""));
          const found = await findInFile(path, patternsOf(...patterns), chunk);
          expect(found !== undefined).toBe(patterns.some((each) => held.includes(each)));
        },
      ),
    );
  });
});

test("a snapshot of a folder writes nothing past the guard, whatever the store behind can do", async () => {
  const store = new DiskStore(join(folder, "store"));
  expect("intake" in store).toBe(true);
  const refuse = (name: string): BuildError =>
    new BuildError({ code: "SECRET_IN_OUTPUT", message: name });
  const content = new GuardedContent(store, patternsOf("secret"), refuse);
  mkdirSync(join(folder, "tree"));
  for (let n = 0; n < 50; n++) writeFileSync(join(folder, "tree", `${n}`), `file ${n}`);
  const tree = await snapshot(content, join(folder, "tree"));
  writeFileSync(join(folder, "tree", "last"), "a secret");
  await expect(snapshot(content, join(folder, "tree"))).rejects.toThrow("<secret>");
  expect(await store.missing([digestBytes(Buffer.from("a secret"))])).toHaveLength(1);
  // And what is in it can be had in one go.
  await mkdir(join(folder, "out"));
  await materializeTree(content, tree, join(folder, "out"));
  expect(readdirSync(join(folder, "out"))).toHaveLength(50);
});

describe("messages of directories", () => {
  const digest = digestBytes(Buffer.from("content"));
  const hex = digest.slice(10, 16);

  test("may hold a pattern in a digest, by chance", async () => {
    const { content } = guarded(hex);
    const message = encodeDirectory({
      files: [{ name: "a", digest, isExecutable: false }],
      directories: [],
      symlinks: [],
    });
    expect(await content.write(message)).toBe(digestBytes(message));
    // The same bytes and one more are no such message.
    await expect(content.write(Buffer.concat([message, Buffer.from("x")]))).rejects.toThrow(hex);
  });

  test.each([
    [
      "the name of a file",
      { files: [{ name: "a-secret", digest, isExecutable: false }], directories: [], symlinks: [] },
    ],
    [
      "the name of a folder",
      { files: [], directories: [{ name: "secrets", digest }], symlinks: [] },
    ],
    [
      "the name of a link",
      { files: [], directories: [], symlinks: [{ name: "secret", target: "a" }] },
    ],
    [
      "the target of a link",
      { files: [], directories: [], symlinks: [{ name: "a", target: "b/secret" }] },
    ],
  ])("must not hold one in %s", async (_, directory) => {
    const { content } = guarded(hex, "secret");
    await expect(content.write(encodeDirectory(directory))).rejects.toThrow("<secret>");
  });
});
