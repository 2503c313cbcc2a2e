import {
  all,
  build,
  DiskStore,
  MemoryStore,
  out,
  seq,
  sh,
  stage,
  text,
  tool,
  tryBuild,
  type BuildError,
  type BuildOptions,
  type File,
  type Report,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { mockRunner, virtualClock, type MockCall, type MockRunner } from "@ashlar/runner-mock";
import { describe, expect, expectTypeOf, test } from "vitest";

import { localRunner } from "../../local/src/index.ts";

const compile = stage(
  "compile",
  ({ source }: { source: File }) => sh`cc ${source} -o ${out.file("app")} --map ${out.file("map")}`,
);
const pack = stage("pack", ({ app }: { app: File }) => sh`pack ${app} ${out.tree("dist")}`);
const check = stage("check", ({ app }: { app: File }) => sh`${app} --self-test`);

const main = text("int main;").as("main.c");

async function run(
  mock: MockRunner,
  targets: Targets,
  options: Partial<BuildOptions> = {},
): Promise<Report> {
  return await tryBuild(targets, { store: new MemoryStore(), ...options, runner: mock });
}

function first(report: Report): BuildError {
  const [error] = report.errors;
  if (error === undefined) throw new Error("nothing has failed");
  return error;
}

describe("a script", () => {
  test("gives a stage its outputs, files as texts or bytes and trees as files by path", async () => {
    const mock = mockRunner()
      .on(compile, { outputs: { app: "machine code", map: new Uint8Array([0, 255]) } })
      .on(pack, {
        outputs: { dist: { "bin/app": "packed", "empty/": "", "a.bin": Buffer.of(1) } },
      });
    const { app, map } = compile({ source: main });
    const dist = pack({ app });
    const report = await run(mock, all({ app, map, dist }));
    expect(report.ran).toEqual(["compile", "pack"]);
    expect(await report.text(app)).toBe("machine code");
    expect([...(await report.bytes(map))]).toEqual([0, 255]);
    expect(await report.list(dist)).toEqual(["a.bin", "bin/app"]);
    expect(await report.text(dist.file("bin/app"))).toBe("packed");
  });

  test("has the outputs of its stage for a type", () => {
    const mock = mockRunner();
    // What follows is for the compiler: the right ones pass, and the wrong ones do not.
    mock.replace(compile, { outputs: { app: "text" } });
    mock.replace(compile, () => ({ outputs: { map: new Uint8Array() } }));
    mock.replace(compile, async () => {});
    mock.replace(pack, { outputs: { dist: { path: "text" } } });
    mock.replace(check, { exitCode: 1 });
    // @ts-expect-error -- no such output
    mock.replace(compile, { outputs: { ap: "text" } });
    // @ts-expect-error -- a file is not made of files
    mock.replace(compile, { outputs: { app: { path: "text" } } });
    // @ts-expect-error -- a tree is not a text
    mock.replace(pack, { outputs: { dist: "text" } });
    // @ts-expect-error -- a text is no number
    mock.replace(compile, () => ({ outputs: { app: 7 } }));
    // @ts-expect-error -- a check has no outputs
    mock.replace(check, { outputs: { app: "text" } });
    expectTypeOf<MockCall["text"]>().returns.resolves.toEqualTypeOf<string>();
    expectTypeOf<MockCall["list"]>().returns.resolves.toEqualTypeOf<string[]>();
    expectTypeOf(mock.replace(compile, {})).toEqualTypeOf<MockRunner>();
    expectTypeOf(mock.names).toEqualTypeOf<readonly string[]>();
  });

  test("stands for every stage of a name", async () => {
    const other = stage("check", () => sh`true`);
    const mock = mockRunner().on("check", {});
    const report = await run(mock, [check({ app: main }), other()]);
    expect(report.ran).toEqual(["check", "check"]);
  });

  test("stands for the calls that a function picks", async () => {
    const mock = mockRunner()
      .on(({ argv }) => argv[0] === "cc", { outputs: { app: "picked", map: "" } })
      .on(check, {});
    const { app } = compile({ source: main });
    const report = await run(mock, [app, check({ app })]);
    expect(await report.text(app)).toBe("picked");
  });

  test("is one for each stage: a second is an error, whichever way it comes", async () => {
    const mock = mockRunner().on(check, {});
    expect(() => mock.on(check, {})).toThrow("2 scripts stand for stage `check`");
    mock.on("check", {}).on(() => true, {});
    const error = first(await run(mock, check({ app: main })));
    expect(error).toMatchObject({
      code: "MOCK_SCRIPT_AMBIGUOUS",
      facts: { scripted: "the stage `check`, the name `check`, a function" },
    });
  });

  test("can be replaced between two builds", async () => {
    const picks = (): boolean => true;
    const mock = mockRunner().on(check, { exitCode: 1 });
    expect((await run(mock, check({ app: main }))).outcome).toBe("failed");
    mock.replace(check, {});
    expect((await run(mock, check({ app: main }))).outcome).toBe("succeeded");
    const other = mockRunner().on(picks, { exitCode: 1 }).replace(picks, {});
    expect((await run(other, check({ app: main }))).outcome).toBe("succeeded");
  });

  test.each([{ exitCode: -1 }, { exitCode: 1.5 }, { durationMs: -1 }, { durationMs: NaN }])(
    "that gives %o makes no sense",
    async (result) => {
      const error = first(await run(mockRunner().on(check, result), check({ app: main })));
      expect(error.code).toBe("INVALID_OPTION");
    },
  );

  test("holds for the calls that `seq` has made copies of", async () => {
    const mock = mockRunner()
      .on(check, {})
      .on(pack, { outputs: { dist: {} } });
    const group = seq({ checked: check({ app: main }), dist: pack({ app: main }) });
    expect((await run(mock, group)).ran).toEqual(["check", "pack"]);
  });

  test("may be a function that looks at its call", async () => {
    const look = stage("look", ({ tree }: { tree: Tree }) => {
      const root = { "sub/tree": tree, "sub/file": main };
      return sh({ root, cwd: "sub", env: { MODE: "fast" } })`look ${tree} -o ${out.file("seen")}`;
    });
    const mock = mockRunner()
      .on(pack, { outputs: { dist: { "a/b": "deep", "a/": "", c: "", "none/": "" } } })
      .on(look, async ({ name, argv, env, cwd, list, text: read, signal }) => {
        const seen = { name, argv, env, cwd, list: await list(), b: await read("sub/tree/a/b") };
        return { outputs: { seen: JSON.stringify({ ...seen, isAborted: signal.aborted }) } };
      });
    const seen = look({ tree: pack({ app: main }) });
    expect(JSON.parse(await (await run(mock, seen)).text(seen))).toEqual({
      name: "look",
      argv: ["look", "tree", "-o", "../out/seen"],
      env: { MODE: "fast" },
      cwd: "sub",
      list: ["sub/file", "sub/tree/a/b", "sub/tree/c"],
      b: "deep",
      isAborted: false,
    });
  });

  test("that returns nothing succeeds without outputs", async () => {
    const mock = mockRunner()
      .on(check, () => {})
      .on(pack, () => {});
    expect((await run(mock, check({ app: main }))).ran).toEqual(["check"]);
    expect(first(await run(mock, pack({ app: main }))).code).toBe("OUTPUT_MISSING");
  });

  test("that asks for a file that is not there hears which are", async () => {
    const mock = mockRunner().on(check, async (call) => void (await call.text("in/main.cc")));
    const error = first(await run(mock, check({ app: main })));
    expect(error.code).toBe("RUNNER_FAILED");
    expect(error.facts["reason"]).toContain("it holds: in/main.c");
  });

  test("that throws breaks its stage down, and is the cause", async () => {
    const thrown = new Error("expected 1 to be 2");
    const mock = mockRunner().on(check, () => {
      throw thrown;
    });
    const error = first(await run(mock, check({ app: main })));
    expect(error).toMatchObject({ code: "RUNNER_FAILED", cause: thrown });
  });
});

describe("a stage fails as a real one would", () => {
  test("by its exit code, with what it printed", async () => {
    const failing = { exitCode: 3, stdout: "compiling\n", stderr: "main.c:1: no\n" };
    const mock = mockRunner().on(compile, failing);
    const { app } = compile({ source: main });
    const report = await run(mock, [app, pack({ app })]);
    expect(first(report)).toMatchObject({
      code: "STAGE_FAILED",
      message: "stage `compile` exited with 3",
      facts: { log: "compiling\nmain.c:1: no" },
    });
    expect(report.skipped).toEqual(["pack"]);
    expect(mock.names).toEqual(["compile"]);
  });

  test("by an output that its script leaves out, and names those that it wrote", async () => {
    const mock = mockRunner().on(compile, { outputs: { app: "x" } });
    const error = first(await run(mock, compile({ source: main })));
    expect(error).toMatchObject({
      code: "OUTPUT_MISSING",
      message: "stage `compile` finished without its declared output `out/map`",
      facts: { produced: "out/app" },
    });
  });

  test("by an output of the wrong kind, which only a script by name can have", async () => {
    const wrong = [
      [pack({ app: main }), mockRunner().on("pack", { outputs: { dist: "a text" } })],
      [compile({ source: main }), mockRunner().on("compile", { outputs: { app: {}, map: "" } })],
    ] as const;
    for (const [target, mock] of wrong) {
      expect(first(await run(mock, target)).code).toBe("OUTPUT_WRONG_KIND");
    }
  });

  test("but an optional output may be missing", async () => {
    const maybe = stage("maybe", () => sh`maybe ${out.file("log", { optional: true })}`);
    expect((await run(mockRunner().on(maybe, {}), maybe())).ok).toBe(true);
  });

  test("and its log is replayed when it is reused", async () => {
    const store = new MemoryStore();
    const mock = mockRunner().on(check, { stdout: "fine\n", stderr: "almost\n" });
    const checked = check({ app: main });
    await run(mock, checked, { store });
    const again = await run(mock, checked, { store });
    expect(again.reused).toEqual(["check"]);
    expect(await again.log(again.stages[0]!)).toBe("fine\nalmost\n");
    expect(mock.calls).toHaveLength(1);
  });
});

describe("what is not scripted", () => {
  test("fails, and names the nearest script", async () => {
    const mock = mockRunner().on("chekc", {}).on(pack, {});
    const error = first(await run(mock, check({ app: main })));
    expect(error).toMatchObject({
      code: "MOCK_STAGE_UNSCRIPTED",
      message: "stage `check` has no script",
      facts: { scripted: "chekc, pack" },
      hint: "did you mean `chekc`?",
    });
  });

  test("fails without any script, too", async () => {
    const error = first(await run(mockRunner(), check({ app: main })));
    expect(error).toMatchObject({ code: "MOCK_STAGE_UNSCRIPTED", facts: { scripted: "nothing" } });
  });

  test("can succeed and leave every output empty", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const { app, map } = compile({ source: main });
    const dist = pack({ app });
    const report = await run(mock, all({ app, map, dist, checked: check({ app }) }));
    expect(report.ok).toBe(true);
    expect(await report.text(app)).toBe("");
    expect(await report.text(map)).toBe("");
    expect(await report.list(dist)).toEqual([]);
  });

  test("an output that is scripted and not declared fails, and names the nearest", async () => {
    const mock = mockRunner().on("pack", { outputs: { dists: {} } });
    const error = first(await run(mock, pack({ app: main })));
    expect(error).toMatchObject({
      code: "MOCK_OUTPUT_UNDECLARED",
      facts: { declared: "dist" },
      hint: "did you mean `dist`?",
    });
  });
});

describe("calls", () => {
  test("are listed in the order of their starts", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const { app } = compile({ source: main });
    await run(mock, seq({ app, checked: check({ app }), dist: pack({ app }) }));
    expect(mock.names).toEqual(["compile", "check", "pack"]);
    expect(mock.calls.map(({ argv }) => argv[0])).toEqual(["cc", "in/app", "pack"]);
  });

  test("run at once as far as there are slots, and end when the test lets them", async () => {
    const held = [1, 2, 3].map(() => gate());
    const hold = stage("hold", (n: number) => sh`hold ${n} ${out.file("o")}`);
    const mock = mockRunner().on(hold, async ({ argv }) => {
      const n = Number(argv[1]);
      held[n]?.enter();
      await held[n]?.left;
      return { outputs: { o: `o${n}` } };
    });
    const made = [0, 1, 2].map((n) => hold(n));
    const report = run(mock, made, { slots: 2 });
    await Promise.all([held[0]?.entered, held[1]?.entered]);
    expect(mock.calls).toHaveLength(2);
    held[1]?.leave();
    await held[2]?.entered;
    expect(mock.calls).toHaveLength(3);
    held[2]?.leave();
    held[0]?.leave();
    expect((await report).ran).toEqual(["hold", "hold", "hold"]);
    expect(await (await report).text(made[2]!)).toBe("o2");
  });
});

describe("while a script waits", () => {
  test("the build can be cancelled", async () => {
    const cancel = new AbortController();
    const entered = gate();
    const mock = mockRunner().on(check, async ({ signal }) => {
      entered.enter();
      await entered.left;
      expect(signal.aborted).toBe(true);
    });
    const report = run(mock, check({ app: main }), { signal: cancel.signal });
    await entered.entered;
    cancel.abort(new Error("enough"));
    expect((await report).outcome).toBe("cancelled");
    expect(mock.calls[0]?.signal.aborted).toBe(true);
    // What it does from now on is of no interest, a failure included.
    entered.leave();
  });

  test("its time can run out", async () => {
    const clock = virtualClock({ movesByItself: false });
    const slow = stage("slow", () => sh({ timeoutMs: 5000 })`slow`);
    const mock = mockRunner().on(slow, async () => {
      clock.advance(5000);
      await new Promise(() => {});
    });
    const report = await run(mock, slow(), { clock });
    expect(first(report)).toMatchObject({
      code: "STAGE_TIMED_OUT",
      message: "stage `slow` was stopped after 5000 ms",
    });
  });

  test("nothing is started once the build is cancelled", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const signal = AbortSignal.abort(new Error("enough"));
    expect((await run(mock, check({ app: main }), { signal })).outcome).toBe("cancelled");
    expect(mock.calls).toEqual([]);
  });
});

describe("durations", () => {
  test("stand in results, and nobody waits for them", async () => {
    const mock = mockRunner().on(check, { durationMs: 3_600_000 });
    const report = await run(mock, check({ app: main }));
    expect(report.stages[0]?.durationMs).toBeGreaterThanOrEqual(3_600_000);
  });

  test("pass on any other clock of the build", async () => {
    const mock = mockRunner()
      .on(check, { durationMs: 3_600_000 })
      .on(pack, async ({ sleep, out: to }) => {
        await sleep(500);
        to.dist.write({});
      });
    const clock = virtualClock();
    const pipeline = seq({ checked: check({ app: main }), dist: pack({ app: main }) });
    const report = await run(mock, pipeline, { clock });
    expect(report.stages).toMatchObject([
      { name: "check", ranAt: 0, durationMs: 3_600_000 },
      { name: "pack", ranAt: 3_600_000, durationMs: 500 },
    ]);
  });

  test("end where time runs out", async () => {
    const slow = stage("slow", () => sh({ timeoutMs: 5000 })`slow`);
    const mock = mockRunner().on(slow, { durationMs: 60_000 });
    const report = await run(mock, slow(), { clock: virtualClock() });
    expect(first(report).code).toBe("STAGE_TIMED_OUT");
    expect(report.durationMs).toBe(5000);
  });
});

describe("a runner that is disposed of", () => {
  test("reports scripts that no call has had", async () => {
    const mock = mockRunner().on(check, {}).on("pakc", {});
    const { app } = compile({ source: main });
    mock.on(compile, { outputs: { app: "", map: "" } }).on(pack, { outputs: { dist: {} } });
    await run(mock, [check({ app }), pack({ app })]);
    await expect(mock[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: "MOCK_SCRIPT_UNUSED",
      message: "the script for the name `pakc` was never followed",
      hint: "did you mean `pack`?",
    });
  });

  test("does not mind if it was told not to, or was never asked for anything", async () => {
    const unasked = mockRunner().on(check, {});
    await expect(unasked[Symbol.asyncDispose]()).resolves.toBeUndefined();
    const mock = mockRunner({ onUnused: "ignore" }).on(check, {}).on(pack, {});
    await run(mock, check({ app: main }));
    await expect(mock[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});

test("what a mock has made never passes for the real thing", async () => {
  const store = new MemoryStore();
  const echo = stage("echo", () => sh`echo hello`);
  const mock = mockRunner().on(echo, { stdout: "mocked" });
  await using local = localRunner();
  const mocked = await run(mock, echo(), { store });
  const real = await tryBuild(echo(), { runner: local, store });
  expect(real.ran).toEqual(["echo"]);
  expect(real.stages[0]?.key).not.toBe(mocked.stages[0]?.key);
  expect(mocked.stages[0]?.ranBy).toBe("mock/mock");
  // Nor the other way round.
  expect((await run(mock, echo(), { store })).reused).toEqual(["echo"]);
  expect(mock.calls).toHaveLength(1);
});

test("tools need not be on the machine", async () => {
  const far = stage(
    "far",
    () => sh({ tools: [tool.host("not-of-this-world")] })`not-of-this-world`,
  );
  expect(
    (await build(far(), { runner: mockRunner().on(far, {}), store: new MemoryStore() })).ran,
  ).toEqual(["far"]);
});

test("a disk is touched only by the store", async () => {
  const mock = mockRunner({ onUnmatched: "succeed-empty" });
  const store = new DiskStore("/dev/null/store");
  const report = run(mock, check({ app: main }), { store });
  await expect(report.then(first)).resolves.toMatchObject({ code: "STORE_UNWRITABLE" });
});

/** A place at which a script waits, and the test with it. */
function gate(): {
  readonly entered: Promise<void>;
  readonly enter: () => void;
  readonly left: Promise<void>;
  readonly leave: () => void;
} {
  let enter = (): void => {};
  let leave = (): void => {};
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const left = new Promise<void>((resolve) => (leave = resolve));
  return { entered, enter: () => enter(), left, leave: () => leave() };
}
