/**
 * Closures as stages: they run here, whatever the runner, and are reused only if somebody vouches for them.
 *
 * @module
 */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";

import {
  all,
  attempt,
  build,
  fn,
  MemoryStore,
  out,
  sh,
  stage,
  text,
  tryBuild,
  type BuildOptions,
  type Command,
  type File,
  type OpaqueCall,
  type Report,
  type Runner,
  type Targets,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, expectTypeOf, test } from "vitest";

/** A runner that is not asked: closures need none. */
const runner: Runner = {
  ...{ name: "nobody", hermeticity: "declared", platform: [] },
  run: () => Promise.reject(new Error("a closure was given to a runner")),
  async [Symbol.asyncDispose]() {},
};

async function run(targets: Targets, options: Partial<BuildOptions> = {}): Promise<Report> {
  return await tryBuild(targets, { runner, store: new MemoryStore(), ...options });
}

async function errorOf(command: Command): Promise<unknown> {
  return (await run(stage("probe", () => command)())).errors[0];
}

test("a closure uses what is around it, reads inputs, writes outputs, and has a log", async () => {
  const mark = new Map([["mark", "!"]]);
  const shout = stage("shout", ({ src }: { src: File }) =>
    fn.opaque("shout", {
      inputs: { src, all: [src] },
      outputs: { loud: out.file("deep/loud.txt"), tree: out.tree("tree") },
      run: async ({ inputs, out: to, log }) => {
        log(`reading ${inputs.all.length}`);
        writeFileSync(to.loud, readFileSync(inputs.src, "utf8").toUpperCase() + mark.get("mark"));
        await mkdir(to.tree);
        writeFileSync(`${to.tree}/a`, "in a tree");
      },
    }),
  );
  const made = shout({ src: text("hello") });
  const report = await run(made);
  expect(await report.text(made.loud)).toBe("HELLO!");
  expect(await report.text(made.tree.file("a"))).toBe("in a tree");
  expect(await report.log(report.stages[0]!)).toBe("reading 1\n");
  expect(report.stages[0]?.ranBy).toBe("in-process/none");
});

describe("reuse", () => {
  const counted = (seen: string[], version?: string): (() => Command<{ made: "file" }>) => {
    return () =>
      fn.opaque("counted", {
        ...(version !== undefined && { version }),
        outputs: { made: out.file("made") },
        run: ({ out: to }) => {
          seen.push("run");
          writeFileSync(to.made, "same");
        },
      });
  };

  test("without a version it runs in every build, and equal bytes end the rebuild there", async () => {
    const seen: string[] = [];
    const store = new MemoryStore();
    const after = stage("after", ({ made }: { made: File }) =>
      fn.opaque("after", {
        version: "1",
        inputs: { made },
        run: () => seen.push("after"),
      }),
    );
    for (let time = 0; time < 3; time++) {
      const made = stage("counted", counted(seen))();
      expect((await run(after({ made }), { store })).outcome).toBe("succeeded");
    }
    expect(seen).toEqual(["run", "after", "run", "run"]);
  });

  test("with a version it runs once, until the version changes", async () => {
    const seen: string[] = [];
    const store = new MemoryStore();
    for (const version of ["1", "1", "2", "2", "1"]) {
      await run(stage("counted", counted(seen, version))(), { store });
    }
    expect(seen).toEqual(["run", "run"]);
  });

  test("two closures without a version are never taken for each other", async () => {
    const write = (content: string): Command<{ made: "file" }> =>
      fn.opaque("write", {
        outputs: { made: out.file("made") },
        run: ({ out: to }) => writeFileSync(to.made, content),
      });
    const a = stage("write", () => write("a"))();
    const b = stage("write", () => write("b"))();
    const report = await run(all({ a, b }));
    expect([await report.text(a), await report.text(b)]).toEqual(["a", "b"]);
  });

  test("the name is part of what a version vouches for", async () => {
    const seen: string[] = [];
    const store = new MemoryStore();
    const named = (name: string): Command =>
      fn.opaque(name, { version: "1", run: () => seen.push(name) });
    for (const name of ["a", "b", "a"]) await run(stage("one", () => named(name))(), { store });
    expect(seen).toEqual(["a", "b"]);
  });
});

describe("failures", () => {
  test("what it throws fails the stage, with its stack", async () => {
    const fall = fn.opaque("fall", {
      version: "1",
      run: () => {
        throw new Error("it fell");
      },
    });
    expect(await errorOf(fall)).toMatchObject({
      code: "STAGE_FAILED",
      facts: { log: expect.stringMatching(/Error: it fell\n.*fn-opaque\.test\.ts/) },
    });
    expect((await run(stage("a", () => attempt(fall))())).outcome).toBe("succeeded");
  });

  test("outputs that are missing, of another kind, or that no tree can hold", async () => {
    const outputs = { a: out.file("a") };
    const writing = (write: (path: string) => unknown): Command =>
      fn.opaque("writing", { outputs, run: async ({ out: to }) => await write(to.a) });
    expect(await errorOf(writing((path) => writeFileSync(`${path}.js`, "")))).toMatchObject({
      code: "OUTPUT_MISSING",
      facts: { produced: "a.js" },
    });
    expect(await errorOf(writing(mkdir))).toMatchObject({ code: "OUTPUT_WRONG_KIND" });
    expect(await errorOf(writing((path) => symlinkSync("/etc/passwd", path)))).toMatchObject({
      code: "OUTPUT_WRONG_KIND",
    });
    const leaving = fn.opaque("leaving", {
      outputs: { tree: out.tree("tree") },
      run: async ({ out: to }) => {
        await mkdir(to.tree);
        symlinkSync("/etc/passwd", `${to.tree}/link`);
      },
    });
    expect(await errorOf(leaving)).toMatchObject({ code: "OUTPUT_UNFIT" });
  });

  test("it hears of a cancellation, and the build waits for it", async () => {
    const abort = new AbortController();
    const places: string[] = [];
    const wait = fn.opaque("wait", {
      outputs: { a: out.file("a") },
      run: async ({ signal, out: to }) => {
        places.push(to.a);
        abort.abort(new Error("enough"));
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener("abort", () => resolve());
        });
        places.push("over");
      },
    });
    const report = await run(stage("wait", () => wait)(), { signal: abort.signal });
    expect(report.outcome).toBe("cancelled");
    expect(places).toEqual([expect.any(String), "over"]);
    expect(existsSync(places[0]!)).toBe(false);
  });

  test("what makes no sense is refused when it is described", () => {
    const nothing = (): void => {};
    expect(() => fn.opaque("", { run: nothing })).toThrow("name of a closure");
    expect(() => fn.opaque("a", { version: "", run: nothing })).toThrow("version");
    expect(() => fn.opaque("a", { run: undefined as never })).toThrow("no function");
    expect(() => fn.opaque("a", { inputs: { a: 1 as never }, run: nothing })).toThrow("input `a`");
  });
});

test("a mock plays closures as it plays commands", async () => {
  const made = stage("made", () =>
    fn.opaque("made", {
      outputs: { a: out.file("a") },
      run: () => {
        throw new Error("not called");
      },
    }),
  );
  const mock = mockRunner().on(made, { outputs: { a: "played" } });
  const handle = made();
  const report = await build(handle, { runner: mock, store: new MemoryStore() });
  expect(await report.text(handle)).toBe("played");
});

test("beside commands, each goes where it belongs", async () => {
  const played = stage("played", () => sh`tool ${out.file("a")}`);
  const mock = mockRunner().on(played, { outputs: { a: "from the tool" } });
  const mixed: Runner = {
    ...{ name: "mixed", hermeticity: "declared", platform: [] },
    run: mock.run.bind(mock),
    async [Symbol.asyncDispose]() {},
  };
  const read = stage("read", ({ a }: { a: File }) =>
    fn.opaque("read", {
      inputs: { a },
      outputs: { b: out.file("b") },
      run: ({ inputs, out: to }) => writeFileSync(to.b, `read ${readFileSync(inputs.a, "utf8")}`),
    }),
  );
  const b = read({ a: played() });
  const report = await run(b, { runner: mixed });
  expect(await report.text(b)).toBe("read from the tool");
});

test("types: outputs and inputs are known to the closure", () => {
  const src = text("a");
  fn.opaque("typed", {
    inputs: { src, all: [src] },
    outputs: { app: out.file("app") },
    run: (call) => {
      expectTypeOf(call.inputs.src).toEqualTypeOf<string>();
      expectTypeOf(call.inputs.all).toEqualTypeOf<readonly string[]>();
      expectTypeOf(call.out.app).toEqualTypeOf<string>();
      expectTypeOf(call.signal).toEqualTypeOf<AbortSignal>();
    },
  });
  expectTypeOf<OpaqueCall<{ a: File }, {}>["inputs"]["a"]>().toEqualTypeOf<string>();
});
