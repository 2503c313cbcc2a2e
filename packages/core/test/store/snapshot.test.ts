/**
 * Snapshots: all of a directory becomes a tree, or an error says what cannot.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { emptyDigest, type Digest } from "../../src/digest/digest.ts";
import { storeUnwritable } from "../../src/errors/store-errors.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { snapshot, snapshotFile } from "../../src/store/snapshot.ts";
import type { ContentStore, Intake } from "../../src/store/store.ts";
import {
  changed,
  folder,
  keepFolder,
  loadFolder,
  temporary,
  writeFolder,
  type Folder,
} from "./trees.ts";

const code = (value: string): unknown => expect.objectContaining({ code: value });
const isRoot = process.getuid?.() === 0;
const forRoot = isRoot ? " (skipped for root, who may read everything)" : "";

/** The tree that a directory becomes, as data. */
async function taken(
  directory: string,
  filter?: { include?: string[]; exclude?: string[]; gitignore?: boolean },
): Promise<Folder> {
  const store = new MemoryStore();
  return await loadFolder(store, await snapshot(store, directory, filter && { filter }));
}

/** A project with an entry of each kind. */
function project(): string {
  const directory = temporary();
  writeFolder(directory, {
    "main.c": "int main;",
    run: { exec: "#!/bin/sh" },
    link: { link: "lib/util.c" },
    empty: {},
    lib: { "util.c": "u", "util.h": "h", deep: { "x.c": "x", up: { link: "../util.c" } } },
  });
  return directory;
}

test("names, kinds, exec bits, links, bytes and empty folders are taken", async () => {
  expect(await taken(project())).toEqual({
    "main.c": "int main;",
    run: { exec: "#!/bin/sh" },
    link: { link: "lib/util.c" },
    empty: {},
    lib: { "util.c": "u", "util.h": "h", deep: { "x.c": "x", up: { link: "../util.c" } } },
  });
});

test("any tree is taken as it is, and has the digest of what it holds", async () => {
  const directory = temporary();
  await fc.assert(
    fc.asyncProperty(folder, async (entries) => {
      const place = fs.mkdtempSync(join(directory, "t"));
      writeFolder(place, entries);
      const store = new MemoryStore();
      const digest = await snapshot(store, place);
      expect(digest).toBe(await keepFolder(new MemoryStore(), entries));
      expect(await loadFolder(store, digest)).toEqual(entries);
      fs.rmSync(place, { recursive: true });
    }),
    { numRuns: 100 },
  );
});

test("an empty directory is the empty digest", async () => {
  expect(await snapshot(new MemoryStore(), temporary())).toBe(emptyDigest);
});

test("times, owners and the other modes do not count", async () => {
  const directory = temporary();
  writeFolder(directory, { a: "a", run: { exec: "r" } });
  const before = await snapshot(new MemoryStore(), directory);
  fs.utimesSync(join(directory, "a"), 1, 1);
  fs.chmodSync(join(directory, "a"), 0o600);
  fs.chmodSync(join(directory, "run"), 0o711);
  expect(await snapshot(new MemoryStore(), directory)).toBe(before);
});

describe("include and exclude", () => {
  const filtered: readonly [string, { include?: string[]; exclude?: string[] }, Folder][] = [
    ["some files", { include: ["*.c"] }, { "main.c": "int main;" }],
    ["files anywhere", { include: ["**/*.h"] }, { lib: { "util.h": "h" } }],
    [
      "a folder, with all in it",
      { include: ["lib/deep"] },
      { lib: { deep: { "x.c": "x", up: { link: "../util.c" } } } },
    ],
    ["an empty folder that is asked for", { include: ["empty"] }, { empty: {} }],
    ["nothing that is there", { include: ["nowhere/**"] }, {}],
    ["nothing", { include: [] }, {}],
    [
      "all but some",
      { exclude: ["lib", "link"] },
      { "main.c": "int main;", run: { exec: "#!/bin/sh" }, empty: {} },
    ],
    [
      "some but others",
      { include: ["lib"], exclude: ["**/deep", "*/util.h"] },
      { lib: { "util.c": "u" } },
    ],
    ["everything away", { exclude: ["**"] }, {}],
    ["a link", { include: ["link"] }, { link: { link: "lib/util.c" } }],
  ];
  test.each(filtered)("%s", async (_, filter, expected) => {
    expect(await taken(project(), filter)).toEqual(expected);
  });

  test("what is left out is not looked at", async () => {
    const directory = temporary();
    writeFolder(directory, { keep: "k", bad: { out: { link: "/etc" } } });
    execFileSync("mkfifo", [join(directory, "pipe")]);
    expect(await taken(directory, { exclude: ["bad", "pipe"] })).toEqual({ keep: "k" });
    expect(await taken(directory, { include: ["keep"] })).toEqual({ keep: "k" });
  });

  test("a glob without meaning is refused", async () => {
    await expect(taken(project(), { include: ["/abs"] })).rejects.toThrow(code("INVALID_GLOB"));
  });
});

describe("what cannot be in a tree is an error that names it:", () => {
  test("a directory that is not there", async () => {
    await expect(taken(join(temporary(), "nowhere"))).rejects.toThrow(code("SOURCE_CHANGED"));
  });

  test("an absolute link, and a link that leads out", async () => {
    for (const target of ["/etc/passwd", "..", "../x", "sub/../../x"]) {
      const directory = temporary();
      fs.symlinkSync(target, join(directory, "out"));
      await expect(taken(directory)).rejects.toThrow(code("SYMLINK_LEAVES"));
      const store = new MemoryStore();
      const tree = await snapshot(store, directory, { checkLinks: false });
      expect(await loadFolder(store, tree)).toEqual({ out: { link: target } });
    }
  });

  test("but not a link to anything inside, be it there or not", async () => {
    const directory = temporary();
    const entries = {
      sub: { a: { link: "../b" }, b: { link: "nowhere" }, c: { link: ".." } },
      d: { link: "." },
      e: { link: "..data" },
    };
    writeFolder(directory, entries);
    expect(await taken(directory)).toEqual(entries);
  });

  test("a named pipe", async () => {
    const directory = temporary();
    execFileSync("mkfifo", [join(directory, "pipe")]);
    await expect(taken(directory)).rejects.toMatchObject({
      code: "SPECIAL_FILE",
      message: expect.stringContaining("a named pipe"),
    });
  });

  test("a socket", async () => {
    const directory = temporary();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory, "socket"), resolve));
    await expect(taken(directory)).rejects.toMatchObject({
      code: "SPECIAL_FILE",
      message: expect.stringContaining("a socket"),
    });
    await new Promise((resolve) => server.close(resolve));
  });

  const bad = Buffer.from([0x62, 0xff, 0xfe]);

  test("a name that is not UTF-8", async () => {
    const directory = temporary();
    fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), bad]), "");
    await expect(taken(directory)).rejects.toMatchObject({
      code: "FILE_NAME_NOT_UTF8",
      facts: { name: "b\\xff\\xfe" },
    });
  });

  test("but not one that is left out, as the hint says", async () => {
    const directory = temporary();
    fs.writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), bad]), "");
    writeFolder(directory, { a: "a", "\uFFFD": "a name that looks like a broken one" });
    expect(await taken(directory, { exclude: ["b*"] })).toEqual({
      a: "a",
      "\uFFFD": "a name that looks like a broken one",
    });
  });

  test("a link whose target is not UTF-8", async () => {
    const directory = temporary();
    fs.symlinkSync(bad, join(directory, "link"));
    await expect(taken(directory)).rejects.toThrow(code("FILE_NAME_NOT_UTF8"));
  });

  test.skipIf(isRoot)(`a file that may not be read${forRoot}`, async () => {
    const directory = temporary();
    fs.writeFileSync(join(directory, "secret"), "", { mode: 0 });
    await expect(taken(directory)).rejects.toThrow(code("SOURCE_UNREADABLE"));
  });

  test.skipIf(isRoot)(`a folder that may not be read${forRoot}`, async () => {
    const directory = temporary();
    fs.mkdirSync(join(directory, "secret"), { mode: 0 });
    await expect(taken(directory)).rejects.toThrow(code("SOURCE_UNREADABLE"));
  });
});

describe("while it is taken,", () => {
  /** A store in which something happens at the first file that is kept. */
  function meanwhile(happening: () => void): ContentStore {
    const inner = new MemoryStore();
    let isFirst = true;
    return changed(inner, {
      async writeFile(path): Promise<Digest> {
        const digest = await inner.writeFile(path);
        if (isFirst) happening();
        isFirst = false;
        return digest;
      },
    });
  }
  const three = { "a.txt": "a", "b.txt": "b", z: { "c.txt": "c" } };

  test.each(["a.txt", "b.txt", "z"])("%s goes away: that is no silence", async (name) => {
    const directory = temporary();
    writeFolder(directory, three);
    const store = meanwhile(() => fs.rmSync(join(directory, name), { recursive: true }));
    await expect(snapshot(store, directory)).rejects.toThrow(code("SOURCE_CHANGED"));
  });

  test("a file turns into a folder", async () => {
    const directory = temporary();
    writeFolder(directory, three);
    const store = meanwhile(() => {
      fs.rmSync(join(directory, "b.txt"));
      fs.mkdirSync(join(directory, "b.txt"));
    });
    await expect(snapshot(store, directory)).rejects.toMatchObject({
      code: expect.stringMatching(/^SOURCE_/),
    });
  });

  test("a file is written to: it is read again", async () => {
    const directory = temporary();
    const path = join(directory, "a");
    fs.writeFileSync(path, "before");
    const inner = meanwhile(() => fs.writeFileSync(path, "and after"));
    const { digest } = await snapshotFile(inner, path);
    expect((await inner.read(digest)).toString()).toBe("and after");
  });

  test("a file is written to all the time: that is SOURCE_CHANGED", async () => {
    const path = join(temporary(), "a");
    fs.writeFileSync(path, "");
    const store = new MemoryStore();
    const restless = changed(store, {
      async writeFile(file): Promise<Digest> {
        fs.appendFileSync(file, "more");
        return await store.writeFile(file);
      },
    });
    await expect(snapshotFile(restless, path)).rejects.toThrow(code("SOURCE_CHANGED"));
  });

  test("an error of the store is passed on as it is", async () => {
    const directory = temporary();
    writeFolder(directory, three);
    const full = storeUnwritable("/store", new Error("disk full"));
    const store = changed(new MemoryStore(), { write: () => Promise.reject(full) });
    await expect(snapshot(store, directory)).rejects.toBe(full);
  });
});

describe("while it is taken into a store with an intake,", () => {
  /** A store in which something happens after a file was opened and looked at, before it is read. */
  function meanwhile(happening: (times: number) => void): DiskStore {
    const store = new DiskStore(join(temporary(), "store"));
    const intake = store.intake.bind(store);
    let times = 0;
    return Object.assign(store, {
      intake: (): Intake => {
        const inner = intake();
        return {
          maxBytes: inner.maxBytes,
          room(size) {
            happening(times++);
            return inner.room(size);
          },
          keep: (size) => inner.keep(size),
          end: () => inner.end(),
        };
      },
    });
  }

  test("a file is written to: it is read again", async () => {
    const directory = temporary();
    writeFolder(directory, { a: "before" });
    const store = meanwhile((times) => {
      if (times === 0) fs.writeFileSync(join(directory, "a"), "and after");
    });
    const tree = await snapshot(store, directory);
    expect(await loadFolder(store, tree)).toEqual({ a: "and after" });
  });

  test("a file is written to all the time: that is SOURCE_CHANGED", async () => {
    const directory = temporary();
    writeFolder(directory, { a: "before" });
    const store = meanwhile(() => fs.appendFileSync(join(directory, "a"), "more"));
    await expect(snapshot(store, directory)).rejects.toThrow(code("SOURCE_CHANGED"));
  });

  test.each<[string, (path: string) => void]>([
    ["nothing", () => undefined],
    ["a link", (path) => fs.symlinkSync("/etc/hosts", path)],
    ["a pipe", (path) => execFileSync("mkfifo", [path])],
    ["a folder", (path) => fs.mkdirSync(path)],
  ])("a file turns into %s", async (_, make) => {
    const directory = temporary();
    writeFolder(directory, { a: "a", b: "b" });
    const store = meanwhile((times) => {
      if (times > 0) return;
      fs.rmSync(join(directory, "b"));
      make(join(directory, "b"));
    });
    // Which of the two is taken first is the file system's choice; the other is not what was listed.
    const outcome = await snapshot(store, directory).then(
      async (tree) => await loadFolder(store, tree),
      (error: unknown) => (error as { code: string }).code,
    );
    expect([{ a: "a", b: "b" }, "SOURCE_CHANGED"]).toContainEqual(outcome);
  });

  test("small files, large ones and many are as they were", async () => {
    const directory = temporary();
    const files = Object.fromEntries(
      [0, 1, 131_071, 131_072, 131_073, 1_048_577, 3_000_000].map((size) => [
        `f${size}`,
        { exec: "x".repeat(size) },
      ]),
    );
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}`, `${n}`]));
    writeFolder(directory, { files, many });
    const store = new DiskStore(join(temporary(), "store"));
    const tree = await snapshot(store, directory);
    const other = new DiskStore(store.directory);
    expect(await loadFolder(other, tree)).toEqual({ files, many });
    expect(tree).toBe(await snapshot(new MemoryStore(), directory));
  });
});

test("an aborted snapshot stops", async () => {
  const directory = temporary();
  writeFolder(directory, Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}`, ""])));
  const inner = new MemoryStore();
  let files = 0;
  const controller = new AbortController();
  const store = changed(inner, {
    async writeFile(path): Promise<Digest> {
      files++;
      if (files === 10) {
        controller.abort(new Error("enough"));
        // Longer than it works without a pause.
        for (const end = performance.now() + 20; performance.now() < end;);
      }
      return await inner.writeFile(path);
    },
  });
  const { signal } = controller;
  await expect(snapshot(store, directory, { signal })).rejects.toThrow("enough");
  expect(files).toBeLessThan(20);
});
