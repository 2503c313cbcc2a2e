import { existsSync } from "node:fs";

import {
  all,
  DiskStore,
  out,
  sh,
  source,
  stage,
  tool,
  type BuildError,
  type File,
  type Report,
  type Tree,
} from "@ashlar/core";
import { Rig, virtualClock, type MockTree } from "@ashlar/runner-mock";
import { describe, expect, expectTypeOf, test } from "vitest";

const compile = stage(
  "compile",
  ({ src }: { src: Tree }) => sh({ timeoutMs: 1000 })`cc ${src}/main.c ${out.file("main.o")}`,
);
const link = stage("link", ({ object }: { object: File }) => sh`ld ${object} ${out.file("app")}`);

const src = source("src");
const object = compile({ src });
const app = link({ object });

/** Strips comments, as compilers do. */
function rigOfTwo(): Rig {
  const rig = new Rig({ files: { "src/main.c": "int main;" } });
  rig.mock
    .on(compile, async ({ inputs, out: to }) => {
      const code = (await inputs.src.text("main.c")).replace(/ *\/\/.*/, "");
      to["main.o"].write(`compiled: ${code}`);
    })
    .on(link, async ({ inputs, out: to }) => to.app.write(`linked, ${await inputs.object.text()}`));
  return rig;
}

function codes({ errors }: Report): readonly BuildError["code"][] {
  return errors.map(({ code }) => code);
}

describe("a rig", () => {
  test("tells what is executed after an edit", async () => {
    await using rig = rigOfTwo();
    expect(await rig.executed(app)).toEqual(["compile", "link"]);
    expect(await rig.executed(app)).toEqual([]);
    await rig.edit(src, { "main.c": "int main; // a comment" });
    expect(await rig.executed(app)).toEqual(["compile"]);
    await rig.edit({ "src/main.c": "int other;", "README.md": "not a source" });
    expect(String(await rig.plan(app))).toContain("run      compile  src/main.c differs");
    expect(await rig.executed(app)).toEqual(["compile", "link"]);
    expect(await (await rig.build(app)).text(app)).toBe("linked, compiled: int other;");
  });

  test("edits parts of sources, removes files and makes directories", async () => {
    await using rig = rigOfTwo();
    await rig.edit(src.dir("lib"), { "a.c": "a", "empty/": "" });
    await rig.edit(src, { "main.c": undefined, "b.c": Buffer.from("b") });
    rig.mock.replace(compile, async ({ inputs }) => {
      return { outputs: { "main.o": (await inputs.src.list()).join() } };
    });
    expect(await (await rig.build(object)).text(object)).toBe("b.c,lib/a.c");
    await rig.executed(app);
  });

  test("makes programs, of the project and of outputs", async () => {
    const program = { content: "#!/bin/sh", executable: true };
    await using rig = new Rig({ files: { "src/main.c": "", "tools/gen": program } });
    const made = stage("make", () => sh`make ${out.tree("kit")} ${out.file("one")}`);
    const { kit, one } = made();
    const tools = [
      tool.from(kit, "bin/it"),
      tool.from(one, { name: "one" }),
      tool.from(source("tools"), "gen"),
    ];
    const use = stage("use", () => sh({ tools })`it`);
    rig.mock.on(made, { outputs: { kit: { "bin/it": program }, one: program } }).on(use, {});
    expect(await rig.executed(use())).toEqual(["make", "use"]);
    await rig.edit({ "tools/gen": "#!/bin/sh" });
    expect(codes(await rig.tryBuild(use()))).toEqual(["TOOL_NOT_EXECUTABLE"]);
  });

  test("refuses what lies elsewhere", async () => {
    await using rig = new Rig();
    const elsewhere = source(new URL("./", import.meta.url));
    await expect(rig.edit(elsewhere, { a: "" })).rejects.toThrow("option `files` is `a`");
    await expect(rig.edit({ "../a": "" })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(rig.edit({ "../project-2/a": "" })).rejects.toThrow(/paths in the rig|option/);
    await expect(rig.edit(object as never, {})).rejects.toThrow("option `source` is no source");
  });

  test("throws when a build fails that should not", async () => {
    await using rig = rigOfTwo();
    rig.mock.replace(link, { exitCode: 1 });
    await expect(rig.executed(app)).rejects.toThrow("stage `link` exited with 1");
    expect((await rig.tryBuild(app)).reused).toEqual(["compile"]);
  });

  test("leaves nothing behind", async () => {
    const rig = rigOfTwo();
    await rig.executed(app);
    expect(existsSync(rig.project)).toBe(true);
    await rig[Symbol.asyncDispose]();
    expect(existsSync(rig.project)).toBe(false);
  });

  test("complains at its end about scripts that nobody needed", async () => {
    const rig = rigOfTwo();
    await rig.executed(object);
    await expect(rig[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "MOCK_SCRIPT_UNUSED" });
  });

  test("takes another store, and another clock", async () => {
    const clock = virtualClock({ startsAt: 5000 });
    await using rig = new Rig({ clock, onUnmatched: "succeed-empty" });
    const store = new DiskStore(`${rig.project}-store`);
    await using other = new Rig({ store, onUnmatched: "succeed-empty" });
    await rig.edit({ "src/main.c": "" });
    await other.edit({ "src/main.c": "" });
    expect((await rig.build(app)).stages[0]?.ranAt).toBe(5000);
    expect(await other.executed(app)).toEqual(["compile", "link"]);
    expect((await rig.build(app, { store })).reused).toEqual(["compile", "link"]);
  });
});

describe("a held stage", () => {
  test("waits for the test", async () => {
    await using rig = rigOfTwo();
    const compiling = rig.mock.hold(compile);
    const building = rig.tryBuild(app);
    const held = await compiling.next();
    expectTypeOf(held.call.inputs.src).toEqualTypeOf<MockTree>();
    expect(rig.mock.names).toEqual(["compile"]);
    held.exit({ outputs: { "main.o": "by hand" } });
    expect(await (await building).text(app)).toBe("linked, by hand");
  });

  test("can crash, and is over when the build is", async () => {
    await using rig = rigOfTwo();
    const [compiling, linking] = [rig.mock.hold(compile), rig.mock.hold(link)];
    const building = rig.tryBuild(app);
    const never = linking.next();
    (await compiling.next()).crash(new Error("out of memory"));
    expect(codes(await building)).toEqual(["RUNNER_FAILED"]);
    await expect(never).rejects.toThrow("the build is over, and did not run `link`");
    rig.mock.replace(compile, { outputs: { "main.o": "" } });
    const next = rig.build(app);
    (await linking.next()).exit({ outputs: { app: "" } });
    await next;
  });
});

describe("a fault", () => {
  test("fails the n-th call", async () => {
    await using rig = rigOfTwo();
    rig.mock.fault(compile, "fail", { nth: 2, exitCode: 7, stderr: "no space" });
    await rig.executed(app);
    await rig.edit(src, { "main.c": "2" });
    const report = await rig.tryBuild(app);
    expect(report.errors[0]).toMatchObject({
      message: "stage `compile` exited with 7",
      facts: { log: "no space" },
    });
    expect(await rig.executed(app)).toEqual(["compile", "link"]);
  });

  test("hangs a command, until its time is over", async () => {
    await using rig = rigOfTwo();
    rig.mock.fault("compile", "hang", { nth: 1, stderr: "waiting for a lock" });
    const report = await rig.tryBuild(app);
    expect(codes(report)).toEqual(["STAGE_TIMED_OUT"]);
    expect(report.durationMs).toBe(1000);
    expect(report.errors[0]?.facts["log"]).toBe("waiting for a lock");
    expect(await rig.executed(app)).toEqual(["compile", "link"]);
  });

  test("crashes the runner", async () => {
    await using rig = rigOfTwo();
    rig.mock.fault(({ argv }) => argv[0] === "ld", "crash", { nth: 1, stderr: "connection lost" });
    const report = await rig.tryBuild(app);
    expect(report.errors[0]).toMatchObject({
      code: "RUNNER_FAILED",
      facts: { reason: expect.stringContaining("connection lost") },
    });
    expect(await rig.executed(app)).toEqual(["link"]);
  });

  test("befalls all calls unless it is told which", async () => {
    await using rig = rigOfTwo();
    rig.mock.fault(link, "fail");
    expect(codes(await rig.tryBuild(app))).toEqual(["STAGE_FAILED"]);
    expect(codes(await rig.tryBuild(app))).toEqual(["STAGE_FAILED"]);
    expect(() => rig.mock.fault(link, "fail", { nth: 0 })).toThrow("option `nth` is 0");
  });
});

describe("a store with faults", () => {
  test("loses a blob, and what made it runs again", async () => {
    await using rig = rigOfTwo();
    const report = await rig.build(all({ object, app }));
    rig.store.evict(await report.digest(object));
    await rig.edit({ "other.txt": "" });
    expect(await rig.executed(all({ object, app }))).toEqual(["compile"]);
    expect(await rig.executed(all({ object, app }))).toEqual([]);
  });

  test("alters a blob, which shows when it is read", async () => {
    await using rig = rigOfTwo();
    const report = await rig.build(app);
    rig.store.corrupt(await report.digest(app));
    expect(await report.text(app)).toBe("linked, compiled: int main;");
    expect(rig.mock.names).toEqual(["compile", "link", "link"]);
  });

  test("loses what it knows of actions, and all runs again, once", async () => {
    await using rig = rigOfTwo();
    await rig.executed(app);
    rig.store.loseActionCache();
    expect(await rig.executed(app)).toEqual(["compile", "link"]);
    expect(await rig.executed(app)).toEqual([]);
  });

  test("is slow, on the clock of the rig", async () => {
    await using rig = rigOfTwo();
    const quick = await rig.build(app);
    expect(quick.durationMs).toBe(0);
    await rig.edit(src, { "main.c": "2" });
    rig.store.slowDown(10);
    const slow = await rig.build(app);
    expect(slow.durationMs).toBeGreaterThanOrEqual(100);
    rig.store.slowDown(0);
    expect((await rig.build(app)).durationMs).toBe(0);
  });

  test("is full, and has room again", async () => {
    await using rig = rigOfTwo();
    rig.store.fillUp(20);
    const failed = await rig.tryBuild(app).catch((error: unknown) => error as BuildError);
    expect("errors" in failed ? codes(failed) : [failed.code]).toEqual(["STORE_UNWRITABLE"]);
    rig.store.fillUp(Infinity);
    expect(await rig.executed(app)).toEqual(["compile", "link"]);
  });
});
