import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build, digestBytes, hashOf, MemoryStore, out, sh, stage, type Digest } from "@ashlar/core";
import { describe, expect, onTestFinished, test } from "vitest";

import { mockRunner } from "../../mock/src/index.ts";
import { withRemote } from "../src/remote-store.ts";
import { sharedFolder } from "../src/shared-folder.ts";
import {
  opener,
  readFrom,
  remoteCacheContract,
  someBytes,
  unhurried,
} from "./remote-cache-contract.ts";

describe("a shared folder", () => {
  remoteCacheContract({
    makeBench: () => {
      const root = fs.mkdtempSync(join(tmpdir(), "ashlar-shared-"));
      const folder = join(root, "cache");
      return {
        cache: sharedFolder(folder),
        reach: () => sharedFolder(folder),
        dropBlob: (digest) => fs.rmSync(pathOf(folder, "cas", digest)),
        dropResult: (key) => fs.rmSync(pathOf(folder, "ac", key)),
        [Symbol.asyncDispose]: async () => {
          fs.rmSync(root, { recursive: true, force: true });
        },
      };
    },
    areResultsChecked: false,
  });
});

function makeFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-shared-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function pathOf(folder: string, half: "ac" | "cas", digest: Digest): string {
  const hash = hashOf(digest);
  return join(folder, half, hash.slice(0, 2), hash);
}

const bytes = someBytes(1000);
const digest = digestBytes(bytes);

test("a file that was cut short is not there, and is replaced", async () => {
  const folder = makeFolder();
  const cache = sharedFolder(folder);
  await cache.writeAll(new Map([[digest, bytes]]), unhurried);
  fs.chmodSync(pathOf(folder, "cas", digest), 0o600);
  fs.truncateSync(pathOf(folder, "cas", digest), 10);
  expect(await cache.missing([digest], unhurried)).toEqual([digest]);
  expect(await readFrom(cache, digest, 0)).toBe(undefined);
  await cache.write(digest, opener(bytes), unhurried);
  expect((await readFrom(cache, digest, 0))?.equals(bytes)).toBe(true);
});

test("nothing is made before something is written", async () => {
  const folder = join(makeFolder(), "not/there");
  const cache = sharedFolder(folder);
  expect(await cache.abilities(unhurried)).toEqual({ canWrite: true });
  expect(await cache.missing([digest], unhurried)).toEqual([digest]);
  expect(await cache.getResult(digest, unhurried)).toBe(undefined);
  expect(fs.existsSync(folder)).toBe(false);
});

test("a folder that is removed meanwhile is made again", async () => {
  const folder = makeFolder();
  const cache = sharedFolder(folder);
  await cache.writeAll(new Map([[digest, bytes]]), unhurried);
  fs.rmSync(folder, { recursive: true });
  expect(await cache.missing([digest], unhurried)).toEqual([digest]);
  await cache.writeAll(new Map([[digest, bytes]]), unhurried);
  expect(await cache.missing([digest], unhurried)).toEqual([]);
});

test("something else in its place is no cache", async () => {
  const folder = join(makeFolder(), "file");
  fs.writeFileSync(folder, "");
  for (const path of [folder, join(folder, "below")]) {
    const cache = sharedFolder(path);
    await expect(cache.abilities(unhurried)).rejects.toMatchObject({ code: "REMOTE_UNFIT" });
    await expect(cache.writeAll(new Map([[digest, bytes]]), unhurried)).rejects.toMatchObject({
      code: "REMOTE_UNFIT",
    });
  }
});

test.skipIf(process.getuid?.() === 0)("a folder that we may only read refuses writes", async () => {
  const folder = makeFolder();
  fs.chmodSync(folder, 0o500);
  const cache = sharedFolder(folder);
  expect(await cache.abilities(unhurried)).toEqual({ canWrite: false });
  const writing = cache.writeAll(new Map([[digest, bytes]]), unhurried);
  await expect(writing).rejects.toMatchObject({ code: "REMOTE_REFUSED" });
});

test("what is used stays young, and what was abandoned on its way is removed", async () => {
  const folder = makeFolder();
  await sharedFolder(folder).writeAll(new Map([[digest, bytes]]), unhurried);
  const path = pathOf(folder, "cas", digest);
  const [left, recent] = [join(folder, "tmp", "left"), join(folder, "tmp", "recent")];
  fs.writeFileSync(left, "half of");
  fs.writeFileSync(recent, "half of");
  const lastYear = Date.now() / 1000 - 365 * 24 * 3600;
  for (const each of [path, left]) fs.utimesSync(each, lastYear, lastYear);

  const cache = sharedFolder(folder);
  await cache.missing([digest], unhurried);
  expect(fs.statSync(path).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  await cache.writeAll(new Map([[digest, bytes]]), unhurried);
  expect([left, recent].map((each) => fs.existsSync(each))).toEqual([false, true]);
});

test("it must be a path", () => {
  expect(() => sharedFolder("")).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("who finds a result keeps all young that it names", async () => {
  const folder = makeFolder();
  const store = withRemote(new MemoryStore(), sharedFolder(folder), { write: true });
  const made = stage("make", () => sh`make ${out.tree("many")} ${out.file("one")}`)();
  const runner = mockRunner().on("make", {
    outputs: { many: { "deep/inside": "in a tree" }, one: "a file" },
    stdout: "a log",
  });
  await build(made, { runner, store });
  const lastYear = Date.now() / 1000 - 365 * 24 * 3600;
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
  for (const path of files) fs.utimesSync(path, lastYear, lastYear);

  const cache = sharedFolder(folder);
  const there = withRemote(new MemoryStore(), cache, { write: false, fetch: "needed" });
  expect((await build(made, { runner, store: there })).ran).toEqual([]);
  const isYoung = (path: string): boolean => fs.statSync(path).mtimeMs > Date.now() - 60_000;
  while (!files.filter((path) => path.includes("/ac/")).every(isYoung)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  // All but the command, the action and two directories, which nobody asks for.
  expect(files.filter((path) => !isYoung(path))).toHaveLength(4);
});
