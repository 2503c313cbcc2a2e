/**
 * Many files: read by several threads or by one, what comes of it is the same.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";

import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";

import type { Digest } from "../../src/digest/digest.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { Fingerprints } from "../../src/store/fingerprints.ts";
import { ManyFiles } from "../../src/store/many-files.ts";
import { snapshot, type SnapshotOptions } from "../../src/store/snapshot.ts";
import type { Intake } from "../../src/store/store.ts";
import { Taking } from "../../src/store/taking.ts";
import { verifyStore } from "../../src/store/verify-store.ts";
import { bundleProgram } from "./bundle-program.ts";
import { temporary, writeFolder, type Folder } from "./trees.ts";

/** Enough for threads to be started, where there is more than one processor. */
const many = 1200;
const isAlone = availableParallelism() === 1;
const why = isAlone ? " (not here: there is one processor)" : "";

const code = (value: string): unknown => expect.objectContaining({ code: value });

/** Files by the hundred, with all there is among them that is not read like the others. */
function writeMany(directory: string, textOf = (n: number): string => `text ${n % 900}`): void {
  const folders: Record<string, Folder> = {};
  for (let n = 0; n < many; n += 100) {
    const names = Array.from({ length: 100 }, (_, at): [string, string] => [
      `file ${n + at}`,
      textOf(n + at),
    ]);
    folders[`folder ${n}`] = Object.fromEntries(names);
  }
  const large = "large ".repeat(40_000);
  writeFolder(directory, {
    ...folders,
    "new\nline 🪨": { exec: "#!/bin/sh" },
    empty: "",
    large,
    "very large": large.repeat(8),
    "just packed": "p".repeat(128 * 1024),
    nothing: {},
    link: { link: "empty" },
  });
}

/**
 * A store whose snapshots are in no hurry: they go on here only when another thread has read something.
 * Without `keepAll` there is no such thread.
 */
class SlowStore extends DiskStore {
  /** How many blobs other threads have read. */
  readElsewhere = 0;
  /** How many of them came when it was all over. */
  late = 0;
  beforeEnd = async (): Promise<void> => undefined;
  readonly #hasThreads: boolean;
  #arrived: () => void = () => undefined;
  readonly #arrival = new Promise<void>((resolve) => (this.#arrived = resolve));

  constructor(hasThreads: boolean) {
    super(join(temporary(), "store"));
    this.#hasThreads = hasThreads && !isAlone;
  }

  override intake(): Intake {
    const inner = super.intake();
    const plain: Intake = {
      maxBytes: inner.maxBytes,
      room: (size) => inner.room(size),
      keep: (size) => inner.keep(size),
      pause: () => inner.pause?.(),
      end: async () => await inner.end(),
    };
    if (!this.#hasThreads) return plain;
    let isOver = false;
    return {
      ...plain,
      end: async () => {
        isOver = true;
        await this.beforeEnd();
        await inner.end();
      },
      keepAll: async (bytes: Buffer, digests: readonly Digest[]) => {
        this.readElsewhere += digests.length;
        if (isOver) this.late += digests.length;
        this.#arrived();
        await inner.keepAll?.(bytes, digests);
      },
      pause: async () => {
        await this.#arrival;
        await inner.pause?.();
      },
    };
  }
}

/** Calls back with each thread that is started in this test. */
function onThread(use: (thread: Worker) => void): void {
  process.on("worker", use);
  onTestFinished(() => void process.off("worker", use));
}

/** A snapshot, and all that it saw. */
async function take(
  store: DiskStore,
  directory: string,
  options: SnapshotOptions = {},
): Promise<{ readonly digest: Digest; readonly sees: (path: string) => Digest | undefined }> {
  const seen = new Fingerprints(Date.now() + 1_000_000);
  const digest = await snapshot(store, directory, { ...options, seen });
  const sees = (path: string): Digest | undefined =>
    seen.digestOf(path, fs.lstatSync(join(directory, path)));
  return { digest, sees };
}

const pathsIn = (directory: string): string[] =>
  fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => fs.lstatSync(join(directory, path)).isFile());

test.skipIf(isAlone)(`threads make the same tree, and see the same, as without${why}`, async () => {
  const directory = temporary();
  writeMany(directory);
  const [alone, helped] = [new SlowStore(false), new SlowStore(true)];
  const [expected, taken] = [await take(alone, directory), await take(helped, directory)];
  expect(helped.readElsewhere).toBeGreaterThan(0);
  expect(taken.digest).toBe(expected.digest);
  for (const path of pathsIn(directory)) {
    expect(taken.sees(path), path).toBeDefined();
    expect(taken.sees(path), path).toBe(expected.sees(path));
  }
  expect(await verifyStore(helped)).toEqual(await verifyStore(alone));
});

test("whatever is in the files and in the store already", async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom("", "same", "s".repeat(9000)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1 }), fc.nat(many), async (texts, known) => {
      const [directory, before] = [temporary(), temporary()];
      writeMany(directory, (n) => texts[n % texts.length]!);
      const helped = new SlowStore(true);
      for (let n = 0; n < known; n += 50) {
        fs.writeFileSync(join(before, String(n)), texts[n % texts.length]!);
      }
      await snapshot(new DiskStore(helped.directory), before);
      const { digest } = await take(helped, directory);
      expect(digest).toBe((await take(new SlowStore(false), directory)).digest);
      expect((await verifyStore(helped)).problems).toEqual([]);
    }),
    { numRuns: 3 },
  );
});

test("few files start no thread", async () => {
  let threads = 0;
  onThread(() => threads++);
  const directory = temporary();
  writeFolder(directory, { a: "a", b: "b" });
  await snapshot(new DiskStore(join(temporary(), "store")), directory);
  expect(threads).toBe(0);
});

test.each([
  ["not there", "SOURCE_CHANGED", (): void => undefined],
  ["a pipe", "SOURCE_CHANGED", (path: string): void => void execFileSync("mkfifo", [path])],
  ["a folder", "SOURCE_CHANGED", (path: string): void => fs.mkdirSync(path)],
])("what is %s when it is read is an error that names it", async (_, expected, happen) => {
  const directory = temporary();
  const [good, bad] = [join(directory, "good"), join(directory, "bad")];
  fs.writeFileSync(good, "good");
  happen(bad);
  const taking = new Taking(new SlowStore(true));
  using files = new ManyFiles(taking, undefined);
  for (let n = 0; n < many; n++) files.add({ path: n === 700 ? bad : good, take: () => undefined });
  const error = await files.end().catch((reason: unknown) => reason);
  expect(error).toEqual(code(expected));
  expect(String(error)).toContain(bad);
  await taking.end();
});

test.skipIf(isAlone)(`an abort ends it, and the threads${why}`, async () => {
  const ends: Promise<unknown>[] = [];
  onThread((thread) => {
    ends.push(new Promise((resolve) => thread.once("exit", resolve)));
    thread.once("message", () => control.abort(new Error("enough")));
  });
  const control = new AbortController();
  const directory = temporary();
  writeMany(directory);
  const store = new SlowStore(true);
  // Whatever the threads were doing, they have done it before the end.
  store.beforeEnd = async () => void (await Promise.all(ends));
  await expect(snapshot(store, directory, { signal: control.signal })).rejects.toThrow("enough");
  expect(ends.length).toBeGreaterThan(0);
  expect(store.late).toBe(0);
  expect((await verifyStore(store)).problems).toEqual([]);
});

test("what a thread was reading that dies is read again", async () => {
  onThread((thread) => {
    const post = thread.postMessage.bind(thread);
    thread.postMessage = (...words: Parameters<typeof post>): void => {
      post(...words);
      void thread.terminate();
    };
  });
  const directory = temporary();
  writeMany(directory);
  const [alone, dying] = [new SlowStore(false), new DiskStore(join(temporary(), "store"))];
  expect((await take(dying, directory)).digest).toBe((await take(alone, directory)).digest);
});

test("a store that cannot be written to is an error, also for what threads have read", async () => {
  const directory = temporary();
  writeMany(directory);
  const store = new SlowStore(true);
  fs.writeFileSync(store.directory, "in the way");
  await expect(snapshot(store, directory)).rejects.toThrow(code("STORE_UNWRITABLE"));
});

test("a process takes the same whatever it may do or was told, and ends by itself", async () => {
  const directory = temporary();
  writeMany(directory);
  const { digest } = await take(new SlowStore(false), directory);
  const source = new URL("./snapshot-program.ts", import.meta.url);
  const program = await bundleProgram(source, fs.realpathSync(temporary()));
  const run = (...options: string[]): string => {
    const words = [...options, "--no-warnings", program, directory, join(temporary(), "store")];
    return execFileSync(process.execPath, words, { encoding: "utf8" });
  };
  expect(run()).toBe(digest);
  // Where it may not start threads:
  const isKnown = process.allowedNodeEnvironmentFlags.has("--permission");
  const permission = isKnown ? "--permission" : "--experimental-permission";
  expect(run(permission, "--allow-fs-read=*", "--allow-fs-write=*")).toBe(digest);
  // What it loads at its start is not for the threads:
  const loaded = join(temporary(), "loaded.cjs");
  fs.writeFileSync(loaded, `require("node:fs").writeSync(1, "loaded ")`);
  expect(run("--require", loaded)).toBe(`loaded ${digest}`);
});

test.skipIf(isAlone)(`killed at any moment, it leaves a store to go on with${why}`, async () => {
  const directory = temporary();
  writeMany(directory);
  const { digest } = await take(new SlowStore(false), directory);
  const source = new URL("./snapshot-program.ts", import.meta.url);
  const program = await bundleProgram(source, fs.realpathSync(temporary()));
  const store = new DiskStore(join(temporary(), "store"));
  for (let dots = 1; dots <= 6; dots++) {
    const child = spawn(process.execPath, [program, directory, store.directory, "dots"]);
    const ended = once(child, "close");
    let printed = "";
    child.stdout.on("data", (text: Buffer) => {
      printed += text.toString();
      if (printed.length >= dots) child.kill("SIGKILL");
    });
    await ended;
    expect(printed).toMatch(/^\.+/);
    expect((await verifyStore(store)).problems).toEqual([]);
  }
  expect(await snapshot(store, directory)).toBe(digest);
  expect((await verifyStore(store)).problems).toEqual([]);
});
