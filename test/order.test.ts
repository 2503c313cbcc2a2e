/**
 * Order is not identity: how a build is arranged is in no key.
 *
 * @module
 */
import { all, seq, source, type Artifact, type Group, type Handle } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig, type StageSpec } from "./rig/build-rig.ts";

test("`all` and `seq` are one word apart, and change nothing that was made", async () => {
  await using rig = await BuildRig.create();

  // src ──▶ deps ──▶ lint, test, pack
  rig.write({ "src/a": "a" });
  const src = source("src");
  const [deps, dependencies] = rig.stage("deps", { src }, "deps");
  const [lint, linter] = rig.stage("lint", { src, deps });
  const [tested, tester] = rig.stage("test", { src, deps }, "report");
  const [pack, packer] = rig.stage("pack", { deps }, "tarball");
  dependencies.always({ deps: "d" });
  linter.always({});
  tester.always({ report: "fine" });
  packer.always({ tarball: "t" });

  const parallel = await rig.build(all({ lint, tested, pack }));
  expect(parallel.ran.toSorted()).toEqual(["deps", "lint", "pack", "test"]);
  const sequential = await rig.build(seq({ lint, tested, pack }));
  expect(sequential).toMatchObject({ ran: [], reused: ["deps", "lint", "test", "pack"] });
  const reversed = await rig.build(seq({ pack, tested, lint }));
  expect(reversed).toMatchObject({ ran: [], reused: ["deps", "pack", "test", "lint"] });
});

test("`seq` starts each member only after the one before", async () => {
  await using rig = await BuildRig.create();
  const [one, first] = rig.stage("one", {});
  const [two, second] = rig.stage("two", {}, "out");
  const [three, third] = rig.stage("three", {});

  const building = rig.build(seq({ one, two, three }));
  const a = await first.next();
  expect([first.runs, second.runs, third.runs]).toEqual([1, 0, 0]);
  a.exit();
  const b = await second.next();
  expect([first.runs, second.runs, third.runs]).toEqual([1, 1, 0]);
  b.exit({ out: "o" });
  (await third.next()).exit();
  expect((await building).ran).toEqual(["one", "two", "three"]);
});

test("`all` starts its members at once", async () => {
  await using rig = await BuildRig.create();
  const [one, first] = rig.stage("one", {});
  const [two, second] = rig.stage("two", {});
  const building = rig.build(all({ one, two }));
  const runs = [await first.next(), await second.next()];
  for (const run of runs.toReversed()) run.exit();
  expect((await building).ran).toEqual(["two", "one"]);
});

test("a handle of the user is found in the report of a gated copy", async () => {
  await using rig = await BuildRig.create();
  const [check, checker] = rig.stage("check", {});
  const [made, make] = rig.stage("make", {}, "made");
  checker.always({});
  make.always({ made: "bytes" });
  const group = seq({ check, made });
  const report = await rig.build(group);
  expect(await report.text(made)).toBe("bytes");
  expect(await report.text(group.made)).toBe("bytes");
});

test("gates, limits and names are in no key", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const src = source("src");
  const [gate, gatekeeper] = rig.stage("gate", {});
  gatekeeper.always({});

  /** The same command in another arrangement; returns how often it ran. */
  const runsOf = async (
    spec: Exclude<StageSpec, string>,
    arrange: (made: Artifact) => Handle = (made) => made,
  ): Promise<number> => {
    // What the program is called is part of the command, so the names that people see differ alone.
    const [made, make] = rig.stage({ program: "make", ...spec }, { src }, "made");
    make.always({ made: "bytes" });
    const report = await rig.build(arrange(made));
    expect(report.ok).toBe(true);
    return make.runs;
  };

  expect(await runsOf({ name: "make" })).toBe(1);
  expect(await runsOf({ name: "make" })).toBe(0);
  expect(await runsOf({ name: "make", timeoutMs: 5 })).toBe(0);
  expect(await runsOf({ name: "make", after: [gate] })).toBe(0);
  expect(await runsOf({ name: "another name" })).toBe(0);
  expect(await runsOf({ name: "make", args: ["--fast"] })).toBe(1);
  const wrapped = (made: Artifact): Group<unknown> => seq({ gate, group: all({ made }) });
  expect(await runsOf({ name: "make" }, wrapped)).toBe(0);
});

test("a gate on a source holds back what needs the source", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const [gate, gatekeeper] = rig.stage("gate", {});
  const src = source("src");
  const [made, make] = rig.stage("make", { src: src.after(gate) }, "made");
  make.always({ made: "bytes" });

  const building = rig.build(made);
  const run = await gatekeeper.next();
  expect(make.runs).toBe(0);
  run.exit();
  expect((await building).ran).toEqual(["gate", "make"]);

  const [ungated, maker] = rig.stage("make", { src }, "made");
  expect((await rig.build(ungated)).reused).toEqual(["make"]);
  expect(maker.runs).toBe(0);
});

test("an unrelated stage is edited: nothing runs again; its arguments: it alone does", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const src = source("src");
  const script = (args: readonly string[]): { targets: Group<unknown>; runs: () => string[] } => {
    const [parsed, parse] = rig.stage("parse", { src }, "ast");
    const [emitted, emit] = rig.stage({ name: "emit", args }, { parsed }, "js");
    const [docs, document] = rig.stage("docs", { parsed }, "html/");
    const tools = [parse.always({ ast: "ast" }), emit.always({ js: "js" })];
    tools.push(document.always({ html: { "index.html": "" } }));
    const runs = (): string[] => tools.flatMap(({ name, runs: n }) => (n > 0 ? [name] : []));
    return { targets: all({ emitted, docs }), runs };
  };
  const before = script([]);
  await rig.build(before.targets);
  expect(before.runs()).toEqual(["parse", "emit", "docs"]);

  const same = script([]);
  await rig.build(same.targets);
  expect(same.runs()).toEqual([]);

  const edited = script(["--minify"]);
  await rig.build(edited.targets);
  expect(edited.runs()).toEqual(["emit"]);
});
