/**
 * Attempts: the exit code of a command as data.
 *
 * @module
 */
import {
  all,
  attempt,
  build,
  MemoryStore,
  out,
  sh,
  source,
  stage,
  tryBuild,
  type BuildOptions,
  type File,
  type Report,
  type Runner,
  type Targets,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, expectTypeOf, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

const report = stage("test", () => attempt(sh`suite --report ${out.file("report.xml")}`));
const read = stage("read", ({ what }: { what: File }) => sh`read ${what} ${out.file("seen")}`);

/** A mock runner on a store in memory. */
function bench(): {
  readonly runner: ReturnType<typeof mockRunner>;
  readonly store: MemoryStore;
  readonly build: (targets: Targets, options?: Partial<BuildOptions>) => Promise<Report>;
  readonly tryBuild: (targets: Targets, options?: Partial<BuildOptions>) => Promise<Report>;
} {
  const runner = mockRunner();
  const store = new MemoryStore();
  return {
    runner,
    store,
    build: async (targets, options = {}) => await build(targets, { runner, store, ...options }),
    tryBuild: async (targets, options = {}) =>
      await tryBuild(targets, { runner, store, ...options }),
  };
}

describe("an attempt", () => {
  test("succeeds with any exit code, and has it among its outputs", async () => {
    for (const exitCode of [0, 1, 42, 127, 255]) {
      const { runner, build: run } = bench();
      const outputs = { "report.xml": "<report/>" };
      runner.on(report, { exitCode, outputs, stdout: "1 of 2\n", stderr: "oh\n" });
      const made = report();
      expectTypeOf(made.exitCode).toEqualTypeOf<File>();
      expectTypeOf(made["report.xml"]).toEqualTypeOf<File>();
      const done = await run(made);
      expect(done.ran).toEqual(["test"]);
      expect(await done.text(made.exitCode)).toBe(`${exitCode}\n`);
      expect(await done.text(made.stdout)).toBe("1 of 2\n");
      expect(await done.text(made.stderr)).toBe("oh\n");
      expect(await done.text(made["report.xml"])).toBe("<report/>");
    }
  });

  test("is kept whatever its exit code, and its log is shown again", async () => {
    await using rig = await BuildRig.create();
    let runs = 0;
    const runner = mockRunner().on(report, () => {
      runs++;
      return { exitCode: 1, outputs: { "report.xml": "r" }, stdout: "failed\n" };
    });
    const made = report();
    const options = { runner, store: rig.store };
    await build(made, options);
    // By the trace, by the key, and with a trace that does not know it.
    for (const targets of [made, all({ made, src: source(rig.project) })]) {
      const printed: string[] = [];
      const again = await build(targets, {
        ...options,
        onEvent: (event) => void (event.type === "stage-output" && printed.push(event.text)),
      });
      expect(again.reused).toEqual(["test"]);
      expect(await again.text(made.exitCode)).toBe("1\n");
      expect(await again.text(made.stdout)).toBe("failed\n");
      expect(printed).toEqual(["failed\n"]);
    }
    expect(runs).toBe(1);
  });

  test("hands its exit code to the stages that want it, which end early when it stays", async () => {
    const { runner, build: run } = bench();
    runner.on(report, { exitCode: 3, outputs: { "report.xml": "r" } });
    const texts: string[] = [];
    runner.on(read, async ({ text, argv }) => {
      texts.push(await text(argv[1] ?? ""));
      return { outputs: { seen: "s" } };
    });
    await run(read({ what: report().exitCode }));
    const other = stage("other", () => attempt(sh`other ${out.file("report.xml")}`));
    runner.on(other, { exitCode: 3, outputs: { "report.xml": "another" } });
    const second = await run(read({ what: other().exitCode }));
    expect(second).toMatchObject({ ran: ["other"], reused: ["read"] });
    expect(texts).toEqual(["3\n"]);
  });

  test("need not write its outputs when it does not exit with 0", async () => {
    const { runner, build: run, tryBuild: tryRun } = bench();
    runner.on(report, { exitCode: 1 });
    const made = report();
    expect((await run(made)).ran).toEqual(["test"]);
    expect((await run(made)).reused).toEqual(["test"]);
    const wanted = await tryRun(read({ what: made["report.xml"] }));
    expect(wanted.errors).toMatchObject([{ code: "ARTIFACT_NOT_BUILT" }]);
    expect(wanted.errors[0]?.message).toContain("attempt");
  });

  test("must write its outputs when it exits with 0", async () => {
    const { runner, tryBuild: run } = bench();
    runner.on(report, { exitCode: 0 });
    expect((await run(report())).errors).toMatchObject([{ code: "OUTPUT_MISSING" }]);
  });

  test("fails when a signal ends it, and is not kept", async () => {
    const { runner, store } = bench();
    runner.on(report, {});
    const killed: Runner = {
      ...runner,
      run: async (...given) => ({
        ...(await runner.run(...given)),
        exitCode: undefined,
        endedBy: "SIGKILL",
      }),
    };
    for (let n = 1; n <= 2; n++) {
      const { errors } = await tryBuild(report(), { runner: killed, store });
      expect(errors).toMatchObject([
        { code: "STAGE_FAILED", message: "stage `test` was ended by SIGKILL" },
      ]);
      expect(runner.calls).toHaveLength(n);
    }
  });

  test("fails when it runs out of time", async () => {
    await using rig = await BuildRig.create();
    const slow = stage("slow", () => attempt(sh({ timeoutMs: 500 })`sleep 1`));
    const runner = mockRunner().on(slow, async ({ signal }) => {
      rig.clock.advance(500);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { exitCode: 1 };
    });
    const { errors } = await tryBuild(slow(), { runner, store: rig.store, clock: rig.clock });
    expect(errors).toMatchObject([{ code: "STAGE_TIMED_OUT" }]);
  });

  test("is not taken for the plain command, nor that for it", async () => {
    const { runner, build: run } = bench();
    const plain = stage("plain", () => sh`suite --report ${out.file("report.xml")}`);
    runner.on("test", { outputs: { "report.xml": "r" } });
    runner.on("plain", { outputs: { "report.xml": "r" } });
    const both = all({ plain: plain(), tried: report() });
    expect((await run(both)).ran.toSorted()).toEqual(["plain", "test"]);
  });

  test("gives its exit code again when that blob is lost", async () => {
    const { runner, store, build: run } = bench();
    runner.on(report, { exitCode: 7, outputs: { "report.xml": "r" } });
    const { exitCode } = report();
    const digest = await (await run(exitCode)).digest(exitCode);
    store.evict(digest);
    const again = await run(exitCode);
    expect(again.reused).toEqual(["test"]);
    expect(await again.text(exitCode)).toBe("7\n");
  });

  test("of an attempt is that attempt", async () => {
    const twice = stage("twice", () => attempt(attempt(sh`true`)));
    const { runner, build: run } = bench();
    runner.on(twice, { exitCode: 1 });
    const made = twice();
    expect(await (await run(made)).text(made.exitCode)).toBe("1\n");
  });
});

describe("bad attempts", () => {
  test("what is no command cannot be attempted", () => {
    for (const wrong of [undefined, null, "true", () => sh`true`, Promise.resolve()]) {
      expect(() => attempt(wrong as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION" }),
      );
    }
  });

  test("an output cannot have the name of one that attempts add", () => {
    for (const name of ["exitCode", "stdout", "stderr"]) {
      expect(() => attempt(sh`make ${out.file(name)}`)).toThrow(
        expect.objectContaining({ code: "OUTPUT_TWICE" }),
      );
    }
  });
});
