/**
 * What a reading thread runs, without the thread: so that things can happen between two of its steps.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { MessageChannel, type MessagePort } from "node:worker_threads";

import { expect, onTestFinished, test } from "vitest";

import { digestBytes } from "../../src/digest/digest.ts";
import { FileMemory } from "../../src/store/file-memory.ts";
import { readFiles, type Reply } from "../../src/store/thread-program.ts";
import { temporary, writeFolder } from "./trees.ts";

const maxBytes = 100;

/** A program at work, on files in a directory; `disk` stands in for some calls. */
function reader(directory: string, disk: Partial<typeof fs> = {}) {
  const { port1, port2 }: { port1: MessagePort; port2: MessagePort } = new MessageChannel();
  onTestFinished(() => port1.close());
  const memory = new FileMemory(256, 4);
  const start = { memories: [memory.shared], bytes: 256, files: 4, maxBytes };
  readFiles(port2, start, { ...fs, ...disk }, crypto);
  return async (...names: string[]) => {
    const replied = new Promise<Reply>((resolve) => port1.once("message", resolve));
    port1.postMessage({ memory: 0, paths: names.map((name) => join(directory, name)) });
    return memory.read((await replied).count);
  };
}

test("files are read one after another, as they look and with their digests", async () => {
  const directory = temporary();
  writeFolder(directory, { a: "one", empty: "", run: { exec: "three" } });
  const { files, digests, bytes } = await reader(directory)("a", "empty", "run");
  expect(files).toEqual(
    ["a", "empty", "run"].map((name) => {
      const path = join(directory, name);
      const { size, mtimeMs, ctimeMs, ino, mode } = fs.lstatSync(path);
      const stats = { size, mtimeMs, ctimeMs, ino, mode };
      return { digest: digestBytes(fs.readFileSync(path)), stats };
    }),
  );
  expect(digests).toEqual(files.map((file) => file?.digest));
  expect(bytes.toString()).toBe("onethree");
});

test("what does not fit any more is left, and comes next", async () => {
  const directory = temporary();
  writeFolder(directory, { a: "a".repeat(100), b: "b".repeat(100), c: "c".repeat(100) });
  const read = reader(directory);
  expect((await read("a", "b", "c")).files).toHaveLength(2);
  const { files, bytes } = await read("c");
  expect(files).toHaveLength(1);
  expect(bytes.toString()).toBe("c".repeat(100));
});

test("what is no plain small file is left out, and the others are read", async () => {
  const directory = temporary();
  writeFolder(directory, { large: "x".repeat(101), link: { link: "last" }, folder: {}, last: "z" });
  execFileSync("mkfifo", [join(directory, "pipe")]);
  const read = reader(directory);
  const { files, bytes } = await read("large", "link", "absent", "last");
  expect(files.map((file) => file !== undefined)).toEqual([false, false, false, true]);
  expect(bytes.toString()).toBe("z");
  const { files: others } = await read("folder", "pipe", "last");
  expect(others.map((file) => file !== undefined)).toEqual([false, false, true]);
});

test.each([
  ["longer", (path: string): void => fs.appendFileSync(path, "more")],
  ["shorter", (path: string): void => fs.truncateSync(path, 1)],
  ["other", (path: string): void => fs.writeFileSync(path, "BEFORE")],
])("a file that gets %s while it is read is left out", async (_, happen) => {
  const directory = temporary();
  writeFolder(directory, { a: "before", b: "b" });
  // So long ago that the change shows, whatever the clock of the disk.
  fs.utimesSync(join(directory, "a"), 1, 1);
  const readSync = ((...words: Parameters<typeof fs.readSync>) => {
    const size = fs.readSync(...words);
    if (size === 6) happen(join(directory, "a"));
    return size;
  }) as typeof fs.readSync;
  const { files } = await reader(directory, { readSync })("a", "b");
  expect(files[0]).toBeUndefined();
  expect(files[1]?.digest).toBe(digestBytes(Buffer.from("b")));
});

test("no file stays open", async () => {
  const directory = temporary();
  writeFolder(directory, { a: "a", large: "x".repeat(101) });
  const open = new Set<number>();
  const openSync = ((...words: Parameters<typeof fs.openSync>) => {
    const file = fs.openSync(...words);
    open.add(file);
    return file;
  }) as typeof fs.openSync;
  const closeSync = (file: number): void => {
    open.delete(file);
    fs.closeSync(file);
  };
  const readSync = (): never => {
    throw new Error("the disk is broken");
  };
  await reader(directory, { openSync, closeSync })("a", "large", "absent");
  await reader(directory, { openSync, closeSync, readSync })("a", "large", "absent");
  expect([...open]).toEqual([]);
});
