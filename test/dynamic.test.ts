/**
 * Dynamic stages: graph that depends on content.
 *
 * @module
 */
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

import {
  all,
  dynamic,
  foldReport,
  json,
  out,
  seq,
  sh,
  source,
  stage,
  text,
  type Check,
  type File,
  type Tree,
} from "@ashlar/core";
import { expect, expectTypeOf, test } from "vitest";

import { blobPath, BuildRig } from "./rig/build-rig.ts";
import type { Tool } from "./rig/tool.ts";

/** A stage for each name, all made beforehand: `make("a")` is the handle, `tools["a"]` plays it. */
function stagesOf(rig: BuildRig, names: readonly string[]) {
  const made = new Map<string, File>();
  const tools: Record<string, Tool> = {};
  for (const name of names) {
    const [handle, tool] = rig.stage(name, {}, name);
    made.set(name, handle);
    tools[name] = tool.always({ [name]: `made ${name}` });
  }
  return { make: (name: string): File => made.get(name)!, tools };
}

test("the graph follows the content, and is reused like any other", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a", "b", "c"]);
  rig.write({ list: "a b" });
  const tests = dynamic("tests", { list: source.file("list") }, async ({ list }) => {
    const names = (await list.text()).split(" ");
    return all(Object.fromEntries(names.map((name) => [name, make(name)])));
  });

  const first = await rig.build(tests);
  expect(first).toMatchObject({ ran: ["a", "b"], expanded: ["tests"] });
  expect(await rig.build(tests)).toMatchObject({ ran: [], reused: ["a", "b"] });
  rig.write({ list: "a c" });
  expect(await rig.build(tests)).toMatchObject({ ran: ["c"], reused: ["a"] });
});

test("when nothing has changed, nothing is written down", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a"]);
  const chosen = dynamic.file("choose", {}, () => make("a"));
  const [used, use] = rig.stage("use", { it: chosen }, "used");
  use.always({ used: "used" });
  const notes = (): unknown => {
    const folder = join(rig.folder, "store", "notes");
    return readdirSync(folder).map((name) => [name, statSync(join(folder, name)).ino]);
  };
  await rig.build(used);
  // A build in which nothing has changed says once what it has made sure of, as soon as packs are old enough.
  const packs = join(rig.folder, "store", "packs");
  for (const name of readdirSync(packs)) utimesSync(join(packs, name), 1000, 1000);
  await rig.build(used);
  const before = notes();
  expect(await rig.build(used)).toMatchObject({ ran: [], reused: ["a", "use"] });
  expect(notes()).toEqual(before);
});

test("its result is what its body returns, and serves others", async () => {
  await using rig = await BuildRig.create();
  const { make, tools } = stagesOf(rig, ["a", "b"]);
  rig.write({ "plan/pick.json": '{ "name": "a" }', "plan/other": "" });
  const chosen = dynamic.file("choose", { plan: source("plan") }, async ({ plan }) => {
    const { name } = (await plan.file("pick.json").json()) as { name: string };
    expect(await plan.list("*.json")).toEqual(["pick.json"]);
    return make(name);
  });
  const [used, use] = rig.stage("use", { it: chosen }, "used");
  use.always(async (call) => ({ used: await call.text("it") }));

  const report = await rig.build(used);
  expect(report).toMatchObject({ ran: ["a", "use"], expanded: ["choose"] });
  expect([await report.text(used), await report.text(chosen)]).toEqual(["made a", "made a"]);
  // Early cutoff passes through: another way to the same bytes changes nothing above.
  tools["b"]!.always({ b: "made a" });
  rig.write({ "plan/pick.json": '{ "name": "b" }' });
  expect(await rig.build(used)).toMatchObject({ ran: ["b"], reused: ["use"] });
});

test("a body that waits takes no slot", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a", "b"]);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const waiting = dynamic.file("wait", {}, async () => {
    await gate;
    return make("a");
  });
  const [other, tool] = rig.stage("other", {}, "other");
  const building = rig.build(all({ waiting, other }), { slots: 1 });
  (await tool.next()).exit({ other: "o" });
  go();
  expect(await building).toMatchObject({ ran: ["other", "a"], expanded: ["wait"] });
});

test("dynamic stages nest, and follow one another", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a", "b"]);
  const inner = (name: string): File =>
    dynamic.file(`inner ${name}`, { it: make(name) }, async ({ it }) => {
      expect(await it.text()).toBe(`made ${name}`);
      return text(`seen ${name}`);
    });
  const outer = dynamic.file("outer", {}, () => inner("a"));
  const after = dynamic.file("after", { outer }, async ({ outer: seen }) => {
    expect(await seen.text()).toBe("seen a");
    return inner("b");
  });
  const report = await rig.build(after);
  expect(await report.text(after)).toBe("seen b");
  expect(report.expanded).toEqual(["inner a", "outer", "inner b", "after"]);
});

test("sources that only the new graph has are taken then", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "later/file": "late" });
  const late = dynamic.tree("late", {}, () => source("later"));
  const report = await rig.build(late);
  expect(await report.list(late)).toEqual(["file"]);
  const missing = dynamic.tree("missing", {}, () => source("nowhere"));
  expect(await rig.tryBuild(missing)).toMatchObject({
    failed: ["missing"],
    errors: [{ code: "SOURCE_MISSING" }],
  });
});

test("a cycle is found, and named", async () => {
  await using rig = await BuildRig.create();
  const use = stage("use", ({ it }: { it: File }) => sh`use ${it} ${out.file("used")}`);
  const first: File = dynamic.file("first", {}, () => use({ it: first }));
  expect((await rig.tryBuild(first)).errors).toMatchObject([
    { code: "DYNAMIC_CYCLE", facts: { cycle: "`first` needs `use` needs `first`" } },
  ]);
  // Two that wait for each other: whichever describes its graph last closes the ring.
  const left: File = dynamic.file("left", {}, () => right);
  const right: File = dynamic.file("right", {}, () => use({ it: left }));
  const { errors, failed } = await rig.tryBuild(all({ left, right }));
  expect(failed).toHaveLength(1);
  expect(errors[0]).toMatchObject({ code: "DYNAMIC_CYCLE" });
});

test("what fails in a body fails the stage, and what is made of it is skipped", async () => {
  await using rig = await BuildRig.create();
  const broken = dynamic.file("broken", { list: json([1]) }, async ({ list }) => {
    throw new RangeError(`no room for ${await list.text()}`);
  });
  const [used] = rig.stage("use", { broken }, "used");
  const report = await rig.tryBuild(used);
  expect(report).toMatchObject({ failed: ["broken"], skipped: ["use"] });
  expect(report.errors).toMatchObject([
    { code: "DYNAMIC_FAILED", facts: { stage: "broken" }, cause: expect.any(RangeError) },
  ]);
  const wrong = dynamic.file("wrong", {}, () => source("src") as never);
  const list = dynamic("list", {}, () => [text("a")] as never);
  for (const each of [wrong, list]) {
    expect((await rig.tryBuild(each)).errors).toMatchObject([{ code: "DYNAMIC_RESULT" }]);
  }
  expect(() => dynamic("", {}, () => broken)).toThrow(/name/);
  expect(() => dynamic("x", { list: "list" as never }, () => broken)).toThrow(/input `list`/);
});

test("what it described and failed is reported, with and without keepGoing", async () => {
  await using rig = await BuildRig.create();
  const [bad, tool] = rig.stage("bad", {}, "bad");
  const spread = dynamic("spread", {}, () => all({ bad }));
  const [after] = rig.stage({ name: "after", after: [spread] }, {});
  for (const keepGoing of [false, true]) {
    const building = rig.tryBuild(after, { keepGoing });
    (await tool.next()).fail();
    expect(await building).toMatchObject({ failed: ["bad"], outcome: "failed" });
  }
  // Known to have failed before the body even runs.
  let go = (): void => {};
  const failed = new Promise<void>((resolve) => {
    go = resolve;
  });
  const late = dynamic("late", {}, async () => {
    await failed;
    return bad;
  });
  const building = rig.tryBuild(all({ bad, late }), {
    keepGoing: true,
    onEvent: (event) => {
      if (event.type === "stage-settled" && event.name === "bad") go();
    },
  });
  (await tool.next()).fail();
  expect(await building).toMatchObject({ failed: ["bad"], skipped: ["late"] });
});

test("a body that never returns does not outlive a cancelled build", async () => {
  await using rig = await BuildRig.create();
  const controller = new AbortController();
  const stuck = dynamic("stuck", {}, async () => {
    controller.abort(new Error("enough"));
    return await new Promise<Check>(() => {});
  });
  expect(await rig.tryBuild(stuck, { signal: controller.signal })).toMatchObject({
    outcome: "cancelled",
    errors: [{ code: "BUILD_CANCELLED" }],
  });
});

test("in a sequence, nothing of it is described before its turn", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a"]);
  const [first, tool] = rig.stage("first", {});
  let calls = 0;
  const second = dynamic("second", {}, () => {
    calls++;
    return make("a");
  });
  const building = rig.build(seq({ first, second }));
  const run = await tool.next();
  expect(calls).toBe(0);
  run.exit();
  expect((await building).ran).toEqual(["first", "a"]);
});

test("content of it that was lost is made again", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a"]);
  const chosen = dynamic.file("choose", {}, () => make("a"));
  const [used, use] = rig.stage("use", { it: chosen }, "used");
  use.always(async (call) => ({ used: `${await call.text("it")} ${use.runs}` }));
  const first = await rig.build(used);
  rmSync(blobPath(rig, await first.digest(chosen)));
  rmSync(blobPath(rig, await first.digest(used)));
  const again = await rig.build(used);
  expect(again.ran).toEqual(["a", "use"]);
  expect(await again.text(used)).toMatch(/^made a \d$/);
});

test("events tell of the growth, and fold into the same summary", async () => {
  await using rig = await BuildRig.create();
  const { make } = stagesOf(rig, ["a", "b"]);
  const tests = dynamic("tests", {}, () => all({ a: make("a"), b: make("b") }));
  const report = await rig.build(tests);
  expect(rig.events.find(({ type }) => type === "stage-expanded")).toMatchObject({
    name: "tests",
    stages: [
      { id: 1, name: "a", dependencies: [] },
      { id: 2, name: "b", dependencies: [] },
    ],
    dependencies: [1, 2],
  });
  const summary = foldReport(rig.events);
  expect(summary).toMatchObject({ ran: report.ran, expanded: ["tests"] });
  expect(summary.stages[0]).toMatchObject({ dependencies: [1, 2], state: "expanded" });
});

test("types: readers fit their inputs, results their form", () => {
  const list = text("a");
  const made = dynamic("x", { list, src: source("src") }, (inputs) => {
    expectTypeOf(inputs.list.text).returns.resolves.toBeString();
    expectTypeOf(inputs.src.list).returns.resolves.toEqualTypeOf<string[]>();
    return list;
  });
  expectTypeOf(made).toEqualTypeOf<Check>();
  expectTypeOf(dynamic.tree("x", {}, () => source("src"))).toEqualTypeOf<Tree>();
  // @ts-expect-error a tree is no file
  dynamic.file("x", {}, () => source("src"));
});
