/** Caches: directories that survive between runs, and that no key knows the content of. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  BuildError,
  cache,
  DiskStore,
  MemoryStore,
  out,
  secret,
  sh,
  source,
  stage,
  text,
  tryBuild,
  verify,
  writable,
  type Cache,
  type Command,
  type Handle,
  type Report,
  type Runner,
  type Store,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner, type MockRunner } from "@ashlar/runner-mock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";
import { unableRunner } from "./rig/unable-runner.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const things = (): Cache => cache("things");
const made = <O>(command: () => Command<O>, name = "probe") => stage(name, command)();
const codes = (report: Report): string[] => report.errors.map(({ code }) => code);
const inStore = (path: string): string => join(folder, "store/caches/things/files", path);

async function run(
  target: Handle,
  runner: Runner,
  store: Store = new DiskStore(join(folder, "store")),
): Promise<Report> {
  await using _ = runner;
  return await tryBuild(target, { runner, store, cwd: folder, slots: 4 });
}

/** A stage that counts its runs in the cache; `n` makes it another action. */
const counting = (n: number): Handle =>
  made(
    () => sh({ root: { c: things() }, env: { N: n } })`sh -c ${"echo run >> c/log; wc -l < c/log"}`,
  );

describe("what is in a cache", () => {
  test("is there for the next run, in a build of another day", async () => {
    const first = await run(counting(1), localRunner());
    expect((await first.log(first.stages[0]!)).trim()).toBe("1");
    const second = await run(counting(2), localRunner());
    expect((await second.log(second.stages[0]!)).trim()).toBe("2");
  });

  test("is in no key, and no reason to run again; a null build does not touch it", async () => {
    await run(counting(1), localRunner());
    appendFileSync(inStore("log"), "from somewhere else\n");
    expect((await run(counting(1), localRunner())).reused).toEqual(["probe"]);
    rmSync(join(folder, "store/caches"), { recursive: true });
    expect((await run(counting(1), localRunner())).reused).toEqual(["probe"]);
    expect(existsSync(join(folder, "store/caches"))).toBe(false);
  });

  test("stays when the command fails, and when it is stopped", async () => {
    const failing = made(() => sh({ root: { c: things() } })`sh -c ${"echo left > c/f; exit 1"}`);
    expect(codes(await run(failing, localRunner()))).toEqual(["STAGE_FAILED"]);
    expect(readFileSync(inStore("f"), "utf8")).toBe("left\n");
    const cancel = new AbortController();
    const forever = made(
      () => sh({ root: { c: things() } })`sh -c ${"echo on > c/g; echo ready; sleep 1000"}`,
    );
    await using runner = localRunner({ graceMs: 10 });
    const report = await tryBuild(forever, {
      runner,
      store: new DiskStore(join(folder, "store")),
      signal: cancel.signal,
      onEvent: ({ type }) => {
        if (type === "stage-output") cancel.abort(new Error("enough"));
      },
    });
    expect(report.outcome).toBe("cancelled");
    expect(readFileSync(inStore("g"), "utf8")).toBe("on\n");
    // And nobody holds it any more.
    expect((await run(counting(1), localRunner())).ran).toEqual(["probe"]);
  });

  test("labels the result, then and on every hit", async () => {
    const target = (): Handle => all({ a: counting(1), b: made(() => sh`echo`, "plain") });
    const label = (report: Report) =>
      Object.fromEntries(report.stages.map(({ name, ranBy }) => [name, ranBy]));
    const expected = { probe: "local/declared+cache", plain: "local/declared" };
    expect(label(await run(target(), localRunner({ sandbox: "none" })))).toEqual(expected);
    expect(label(await run(target(), localRunner({ sandbox: "none" })))).toEqual(expected);
    rmSync(join(folder, "store/notes"), { recursive: true });
    expect(label(await run(target(), localRunner({ sandbox: "none" })))).toEqual(expected);
  });
});

describe("the key", () => {
  test("has the name and the place of a cache", async () => {
    const keyOf = async (root: Readonly<Record<string, Cache>>): Promise<string> => {
      const runner = mockRunner({ onUnmatched: "succeed-empty" });
      const report = await run(
        made(() => sh({ root })`x`),
        runner,
        new MemoryStore(),
      );
      expect(codes(report)).toEqual([]);
      return report.stages[0]!.key!;
    };
    const keys = [
      await keyOf({}),
      await keyOf({ a: cache("one") }),
      await keyOf({ b: cache("one") }),
      await keyOf({ a: cache("two") }),
      await keyOf({ a: cache("one"), b: cache("one") }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(await keyOf({ b: cache("one"), a: cache("one") })).toBe(keys[4]);
  });
});

describe("turns", () => {
  /** A mock of two stages with one cache, which says when each is at work. */
  function meeting(): { runner: MockRunner; log: string[] } {
    const log: string[] = [];
    const runner = mockRunner().on("probe", async ({ env, cache: at }) => {
      appendFileSync(join(at("c"), "log"), `${env["N"]} `);
      log.push(`+${env["N"]}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`-${env["N"]}`);
    });
    return { runner, log };
  }
  const both = (): Handle => all({ a: counting(1), b: counting(2), c: counting(3) });

  test.each([
    ["a store on disk", () => new DiskStore(join(folder, "store"))],
    ["a store in memory", () => new MemoryStore()],
  ])("two commands of one build do not meet, with %s", async (_, makeStore) => {
    const { runner, log } = meeting();
    const report = await run(both(), runner, makeStore());
    expect(report.ran).toHaveLength(3);
    expect(log).toEqual(["+1", "-1", "+2", "-2", "+3", "-3"]);
  });

  test("two builds in one process do not meet", async () => {
    const { runner, log } = meeting();
    await Promise.all([
      run(all({ a: counting(1), b: counting(2) }), runner),
      run(all({ a: counting(3), b: counting(4) }), runner),
    ]);
    expect(log).toHaveLength(8);
    for (let at = 0; at < 8; at += 2) expect(log[at + 1]).toBe(log[at]!.replace("+", "-"));
  });

  test("who waits for a cache holds no slot, and can be cancelled", async () => {
    const store = new DiskStore(join(folder, "store"));
    const elsewhere = await new DiskStore(store.directory).caches.take(
      "things",
      new AbortController().signal,
    );
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    const free = made(() => sh`echo`, "free");
    const cancel = new AbortController();
    const report = await tryBuild(all({ waiting: counting(1), free }), {
      runner,
      store,
      slots: 1,
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.type === "stage-settled" && event.name === "free")
          cancel.abort(new Error("enough"));
      },
    });
    elsewhere[Symbol.dispose]();
    expect(report.ran).toEqual(["free"]);
    expect(report.skipped).toEqual(["probe"]);
  });

  test("two commands with the same two caches do not wait for each other for ever", async () => {
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    const needing = (n: number, first: string, second: string): Handle =>
      made(() => sh({ root: { a: cache(first), b: cache(second) }, env: { N: n } })`x`);
    const all20 = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0 ? needing(n, "x", "y") : needing(n, "y", "x"),
    );
    const report = await run(
      all(Object.fromEntries(all20.map((each, n) => [`m${n}`, each]))),
      runner,
    );
    expect(report.ran).toHaveLength(20);
  });
});

describe("the mock runner", () => {
  test("gives a real directory, and names what is not there", async () => {
    const runner = mockRunner().on("probe", ({ cache: at }) => ({
      stdout: readFileSync(join(at("c"), "log"), { encoding: "utf8", flag: "a+" }),
    }));
    expect((await run(counting(1), runner)).ok).toBe(true);
    const wrong = mockRunner().on("probe", ({ cache: at }) => void at("d"));
    const [error] = (await run(counting(2), wrong)).errors;
    expect(error?.code).toBe("RUNNER_FAILED");
    expect(error?.facts["reason"]).toBe("`probe` has no cache at `d`");
  });

  test("leaves nothing behind with a store in memory", async () => {
    let place = "";
    const runner = mockRunner().on("probe", ({ cache: at }) => void (place = at("c")));
    await run(counting(1), runner, new MemoryStore());
    expect(place).not.toBe("");
    expect(existsSync(place)).toBe(false);
  });
});

test("verifying leaves a command with a cache out, and does not wait for it", async () => {
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  const store = new DiskStore(join(folder, "store"));
  const first = await verify(counting(1), { runner, store });
  expect(String(first)).toContain("left out: it has a cache");
  expect(String(await verify(counting(1), { runner, store }))).toBe(String(first));
  expect(runner.calls).toHaveLength(1);
});

test("verifying gives a command its secrets again", async () => {
  const runner = mockRunner().on("probe", ({ secret: find }) => ({ stdout: find("T") }));
  const token = secret("T", { from: () => "some value" });
  const verification = await verify(
    made(() => sh({ env: { T: token } })`x`),
    {
      runner,
      store: new MemoryStore(),
    },
  );
  expect(verification.ok).toBe(true);
  expect(runner.calls).toHaveLength(2);
});

test("a runner that has no caches is never given such an action", async () => {
  const mock = mockRunner({ onUnmatched: "succeed-empty" });
  const report = await run(counting(1), unableRunner(mock));
  expect(codes(report)).toEqual(["RUNNER_UNABLE"]);
  expect(report.errors[0]?.message).toContain("needs a cache");
});

describe("a place that is taken is an error", () => {
  const at = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return error instanceof BuildError ? error.code : error;
    }
  };
  const file = text("x").as("x");
  test.each([
    ["by an input", () => sh({ root: { a: file, "./a": things() } })`x`],
    ["by an input below it", () => sh({ root: { "a/b": file, a: things() } })`x`],
    ["by an interpolated input", () => sh({ root: { "in/x": things() } })`cat ${file}`],
    ["by another cache", () => sh({ root: { a: things(), "./a": cache("others") } })`x`],
    ["by another cache around it", () => sh({ root: { a: things(), "a/b": cache("others") } })`x`],
    ["by an output", () => sh({ root: { a: things() }, outputs: { a: out.file("a") } })`x`],
    [
      "by an output around it",
      () => sh({ root: { "a/b": things() }, outputs: { a: out.tree("a") } })`x`,
    ],
    ["by an output in it", () => sh({ root: { a: things() }, outputs: { o: out.file("a/o") } })`x`],
    ["by an output of the template", () => sh({ root: { "out/t": things() } })`x ${out.tree("t")}`],
    ["by everything", () => sh({ root: { ".": things() } })`x`],
  ])("%s", (_, make) => {
    expect(at(make)).toBe("PATH_CONFLICT");
  });

  test.each([
    ["a name in upper case", () => cache("Things")],
    ["a path", () => cache("a/b")],
    ["an empty name", () => cache("")],
    ["no name", () => cache(undefined as never)],
    ["dots", () => cache("..")],
  ])("%s", (_, make) => {
    expect(at(make)).toBe("INVALID_OPTION");
  });

  test("a cache is no artifact", () => {
    expect(at(() => sh`x ${things() as never}`)).toBe("NOT_INTERPOLABLE");
    expect(at(() => writable(things() as never))).toBe("NOT_A_HANDLE");
    expect(at(() => sh({ env: { A: things() as never } })`x`)).toBe("NOT_INTERPOLABLE");
  });

  test("by an entry of a tree around it, which only the build can tell", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "src/c/a": "a", "src/file": "" });
    const codeOf = async (path: string): Promise<unknown> => {
      const target = made(() => sh({ root: { ".": source("src"), [path]: things() } })`x`);
      try {
        await rig.buildEmpty(target);
        return "fine";
      } catch (error) {
        return error instanceof BuildError ? error.code : error;
      }
    };
    expect(await codeOf("c")).toBe("PATH_CONFLICT");
    expect(await codeOf("c/a")).toBe("PATH_CONFLICT");
    expect(await codeOf("c/a/b")).toBe("PATH_CONFLICT");
    expect(await codeOf("file")).toBe("PATH_CONFLICT");
    expect(await codeOf("c/b")).toBe("fine");
    expect(await codeOf("d")).toBe("fine");
  });
});
