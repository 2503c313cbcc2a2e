/**
 * Builds in which little or nothing has changed: what the trace and the fingerprints may skip, and what
 * they must not.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  build,
  DiskStore,
  MemoryStore,
  out,
  sh,
  source,
  stage,
  tool,
  type Action,
  type Report,
  type Store,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner, type MockRunner } from "@ashlar/runner-mock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-null-"));
  mkdirSync(join(folder, "src"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Sets a file's content, with times old enough to be trusted. */
function write(path: string, text: string, age = 60): void {
  writeFileSync(join(folder, path), text);
  const time = Date.now() / 1000 - age;
  utimesSync(join(folder, path), time, time);
}

const copy = stage("copy", (src: Tree) => sh`cp ${src.file("a.txt")} ${out.file("a")}`);
const list = stage("list", (src: Tree) => sh`ls ${src} ${out.file("list")}`);
const join2 = stage(
  "join",
  (first: ReturnType<typeof copy>, second: ReturnType<typeof list>) =>
    sh`cat ${first} ${second} ${out.file("joined")}`,
);

function pipeline(location = "src") {
  const src = source(location);
  return join2(copy(src), list(src));
}

/** Does what the commands would. */
function scripted(): MockRunner {
  return mockRunner()
    .on(copy, async ({ text }) => ({ outputs: { a: `copy of ${await text("in/a.txt")}` } }))
    .on(list, async ({ list: paths }) => ({ outputs: { list: (await paths()).join(" ") } }))
    .on(join2, async ({ text }) => ({
      outputs: { joined: `${await text("in/a")}\n${await text("in/list")}` },
    }));
}

/** A store that counts how often it is asked for blobs and results. */
function counted(store: Store): { store: Store; count: () => number } {
  let count = 0;
  const watch = <T extends object>(half: T): T =>
    new Proxy(half, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...words: unknown[]): unknown => {
          count++;
          return Reflect.apply(value, target, words);
        };
      },
    });
  const { notes } = store;
  const watched = { content: watch(store.content), actions: watch(store.actions) };
  return { store: { ...watched, ...(notes && { notes }) }, count: () => count };
}

/** Handles of the builds so far: pipelines are described anew each time. */
const described = new WeakMap<Report, ReturnType<typeof pipeline>>();

async function run(store: Store, runner = scripted()): Promise<Report> {
  const target = pipeline();
  const report = await build(target, { runner, store, cwd: folder });
  described.set(report, target);
  return report;
}

/**
 * Builds until the fingerprints can be trusted: the change times of files cannot be set, so the clock
 * of the builds stands in the future instead.
 */
async function settle(store: Store): Promise<void> {
  const later = { now: () => Date.now() + 60_000, after: () => () => {} };
  await build(pipeline(), { runner: scripted(), store, cwd: folder, clock: later });
}

describe("when nothing has changed", () => {
  test("only what was asked for is looked up, and nothing that led to it", async () => {
    write("src/a.txt", "one");
    const { store, count } = counted(new MemoryStore());
    await settle(store);
    const before = count();
    const report = await run(store);
    expect(report.reused).toEqual(["copy", "list", "join"]);
    // The target's output, and its two logs: one question.
    expect(count() - before).toBe(1);
  });

  test("checkouts that are built in turns do not forget each other", async () => {
    const { store, count } = counted(new MemoryStore());
    const later = { now: () => Date.now() + 60_000, after: () => () => {} };
    const checkouts = ["one", "two"];
    for (const at of checkouts) {
      mkdirSync(join(folder, at));
      write(`${at}/a.txt`, at);
      const options = { runner: scripted(), store, cwd: folder, clock: later };
      await build(pipeline(at), options);
    }
    for (const at of checkouts) {
      const before = count();
      const target = pipeline(at);
      const report = await build(target, { runner: scripted(), store, cwd: folder });
      expect(report.ran).toEqual([]);
      // As where nobody else builds.
      expect(count() - before).toBe(1);
      expect(await report.text(target)).toContain(`copy of ${at}`);
    }
  });

  test("the first build on other sources begins with what is known of those that it knows", async () => {
    write("src/a.txt", "one");
    mkdirSync(join(folder, "more"));
    write("more/b.txt", "two");
    const memory = new MemoryStore();
    await settle(memory);
    const asked: string[] = [];
    const actions: Store["actions"] = {
      get: async (key) => {
        asked.push(key);
        return await memory.actions.get(key);
      },
      put: async (key, result) => await memory.actions.put(key, result),
    };
    const store: Store = { notes: memory.notes, content: memory.content, actions };
    const target = join2(copy(source("src")), list(source("more")));
    const report = await build(target, { runner: scripted(), store, cwd: folder });
    // It is settled without a key.
    expect(report.reused).toEqual(["copy"]);
    expect(asked).toHaveLength(2);
  });

  test("the report knows all that it knew when the stages ran", async () => {
    write("src/a.txt", "one");
    const store = new MemoryStore();
    const first = await run(store);
    const second = await run(store);
    expect(await second.text(pipelineOf(second))).toBe("copy of one\nin/src/a.txt");
    expect(second.stages.map(({ key, ranBy, ranAt }) => ({ key, ranBy, ranAt }))).toEqual(
      ["copy", "list", "join"].map((name) => {
        const { key, ranBy, ranAt } = first.stages.find((each) => each.name === name)!;
        return { key, ranBy, ranAt };
      }),
    );
  });

  test.each([
    ["are gone", (notes: string) => rmSync(notes, { recursive: true })],
    ["are cut short", (notes: string) => eachFile(notes, (bytes) => bytes.subarray(0, -40))],
    ["are of another form", (notes: string) => reseal(notes)],
    ["are empty", (notes: string) => eachFile(notes, () => Buffer.alloc(0))],
    ["are damaged", (notes: string) => eachFile(notes, (bytes) => bytes.fill(7, 20, 60))],
  ])("it does not matter that the notes %s", async (_, damage) => {
    write("src/a.txt", "one");
    const store = new DiskStore(join(folder, "store"));
    await settle(store);
    damage(join(folder, "store/notes"));
    const report = await run(new DiskStore(join(folder, "store")));
    expect(report.ran).toEqual([]);
    expect(report.reused.toSorted()).toEqual(["copy", "join", "list"]);
  });
});

describe("a change is found", () => {
  let store: MemoryStore;
  beforeEach(async () => {
    store = new MemoryStore();
    write("src/a.txt", "one");
    write("src/b.txt", "two");
    await settle(store);
  });

  // `list` gets the folder, so it runs again; it lists what it did, and ends there.
  test("in a file's content", async () => {
    write("src/a.txt", "ONE");
    expect((await run(store)).ran).toEqual(["copy", "list", "join"]);
  });

  test("in a file's content, with the size and the time of before", async () => {
    write("src/a.txt", "ONE", 30);
    const time = Date.now() / 1000 - 60;
    utimesSync(join(folder, "src/a.txt"), time, time);
    expect((await run(store)).ran).toEqual(["copy", "list", "join"]);
  });

  test("in an exec bit", async () => {
    chmodSync(join(folder, "src/a.txt"), 0o755);
    expect((await run(store)).ran).toContain("copy");
  });

  test("in the names of a folder", async () => {
    write("src/c.txt", "three");
    expect((await run(store)).ran).toEqual(["list", "join"]);
    unlinkSync(join(folder, "src/c.txt"));
    expect((await run(store)).ran).toEqual([]);
  });

  test("in a file that a link leads to", async () => {
    unlinkSync(join(folder, "src/a.txt"));
    symlinkSync("b.txt", join(folder, "src/a.txt"));
    await settle(store);
    write("src/b.txt", "TWO");
    expect((await run(store)).ran).toContain("copy");
  });

  test("in where a link leads", async () => {
    unlinkSync(join(folder, "src/a.txt"));
    symlinkSync("b.txt", join(folder, "src/a.txt"));
    write("src/d.txt", "four");
    await settle(store);
    unlinkSync(join(folder, "src/a.txt"));
    symlinkSync("d.txt", join(folder, "src/a.txt"));
    expect((await run(store)).ran).toContain("copy");
  });

  test("in what is ignored", async () => {
    write("src/.gitignore", "b.txt\n");
    await settle(store);
    write("src/.gitignore", "c.txt\n");
    expect((await run(store)).ran).toContain("list");
  });

  test("in a file as young as the snapshot", async () => {
    // Builds at the real time: what was just written is racy, and read again.
    await run(store);
    writeFileSync(join(folder, "src/a.txt"), "now");
    await run(store);
    writeFileSync(join(folder, "src/a.txt"), "NOW");
    expect((await run(store)).ran).toEqual(["copy", "list", "join"]);
  });

  test("but none where only times differ", async () => {
    write("src/a.txt", "one", 10);
    expect((await run(store)).ran).toEqual([]);
  });

  test("and an output that comes out as before ends it", async () => {
    const fixed = scripted().replace(copy, { outputs: { a: "copy of one" } });
    write("src/a.txt", "ONE");
    const report = await run(store, fixed);
    expect(report.ran).toEqual(["copy", "list"]);
    expect(report.reused).toEqual(["join"]);
  });

  test("in a blob of what was asked for", async () => {
    const report = await run(store);
    store.evict(await report.digest(pipelineOf(report)));
    expect((await run(store)).ran).toEqual(["join"]);
  });

  test("in a blob on the way, once it is needed", async () => {
    const report = await run(store);
    const a = copy(source("src"));
    const digest = await (await build(a, { runner: scripted(), store, cwd: folder })).digest(a);
    store.evict(digest);
    expect((await run(store)).ran).toEqual([]);
    store.evict(await report.digest(pipelineOf(report)));
    expect((await run(store)).ran.toSorted()).toEqual(["copy", "join"]);
  });
});

test("another version of a tool is found", async () => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const install = (version: string): void => {
    writeFileSync(join(bin, "greet"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  };
  const greet = stage("greet", () => sh({ tools: [tool.host("greet")] })`greet`);
  const go = async (): Promise<readonly string[]> => {
    const runner = localRunner({ searchPath: bin });
    const report = await build(greet(), { runner, store: join(folder, "store"), cwd: folder });
    await runner[Symbol.asyncDispose]();
    return report.ran;
  };
  install("1");
  expect(await go()).toEqual(["greet"]);
  expect(await go()).toEqual([]);
  install("2");
  expect(await go()).toEqual(["greet"]);
});

test("content that was lost after the build is made again when it is read", async () => {
  write("src/a.txt", "one");
  const store = new MemoryStore();
  const ran: string[] = [];
  const runner = scripted();
  const watched = new Proxy(runner, {
    get(target, name) {
      if (name !== "run") return Reflect.get(target, name) as unknown;
      return async (action: Action, context: Parameters<MockRunner["run"]>[1]) => {
        ran.push(action.name);
        return await target.run(action, context);
      };
    },
  });
  const target = pipeline();
  const report = await build(target, { runner: watched, store, cwd: folder });
  store.evict(await report.digest(target));
  expect(await report.text(target)).toBe("copy of one\nin/src/a.txt");
  expect(ran.toSorted()).toEqual(["copy", "join", "join", "list"]);
});

function pipelineOf(report: Report): ReturnType<typeof pipeline> {
  return described.get(report)!;
}

function eachFile(directory: string, change: (bytes: Buffer) => Uint8Array): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, change(bytes));
  }
}

/** Notes that are whole, and hold what nobody expects. */
function reseal(directory: string): void {
  const { notes } = new DiskStore(join(directory, ".."));
  for (const name of readdirSync(directory)) {
    const odd = Buffer.alloc(16 + 8 * 4, 1);
    odd.writeUInt32LE(0, 0);
    odd.writeUInt32LE(4, 4);
    for (let at = 0; at < 4; at++) odd.writeDoubleLE(1e12, 16 + 8 * at);
    notes.write(name, odd);
  }
}

test("what was made of content that was lost, and came out otherwise, is made again", async () => {
  const store = new MemoryStore();
  const draw = stage("draw", () => sh`draw ${out.file("drawn")}`);
  const use = stage(
    "use",
    (drawn: ReturnType<typeof draw>) => sh`use ${drawn} ${out.file("used")}`,
  );
  const also = stage(
    "also",
    (drawn: ReturnType<typeof draw>, n: number) => sh`also ${drawn} ${n} ${out.file("also")}`,
  );
  let drawings = 0;
  const runner = mockRunner()
    .on(draw, () => ({ outputs: { drawn: `drawing ${++drawings}` } }))
    .on(use, async ({ text }) => ({ outputs: { used: `used ${await text("in/drawn")}` } }))
    .on(also, async ({ text }) => ({ outputs: { also: `also ${await text("in/drawn")}` } }));
  const go = async (n: number): Promise<string> => {
    const drawn = draw();
    const used = use(drawn);
    const report = await build([used, also(drawn, n)], { runner, store, cwd: folder });
    return await report.text(used);
  };

  expect(await go(1)).toBe("used drawing 1");
  // The drawing is lost, and only `also`, which runs again, finds out.
  const drawn = draw();
  store.evict(await (await build(drawn, { runner, store, cwd: folder })).digest(drawn));
  expect(await go(2)).toBe("used drawing 1");
  expect(drawings).toBe(2);

  // From now on the drawing is the second one, whoever asks.
  expect(await go(2)).toBe("used drawing 2");
});
