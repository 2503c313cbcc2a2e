/**
 * Events: one stream that says all, in an order that can be relied upon. Every build of a rig is
 * checked for the form of its stream; here is what the rig cannot see.
 *
 * @module
 */
import { all, seq, source, type BuildEvent } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("a build tells its story in order", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const [made, make] = rig.stage("make", { src: source("src") }, "made");
  const [checked, check] = rig.stage("check", { made });
  check.always({});
  const building = rig.build(checked);
  const run = await make.next();
  rig.clock.advance(5);
  run.exit({ made: "bytes" }, { stdout: "hello\n" });
  await building;

  const story = rig.events.map((event) =>
    "name" in event ? [event.type, event.name] : event.type,
  );
  expect(story).toEqual([
    "build-started",
    "source-taken",
    ["stage-started", "make"],
    ["stage-output", "make"],
    ["stage-settled", "make"],
    ["stage-started", "check"],
    ["stage-settled", "check"],
    "build-settled",
  ]);
  expect(rig.events[0]).toMatchObject({
    stages: [
      { id: 0, name: "make", dependencies: [] },
      { id: 1, name: "check", dependencies: [0] },
    ],
  });
  expect(rig.events.at(-1)).toMatchObject({ outcome: "succeeded", durationMs: 5 });
});

test("stages are listed, and started, in the order in which they are mentioned", async () => {
  await using rig = await BuildRig.create();
  const stages = ["one", "two", "three"].map((name) => {
    const [handle, tool] = rig.stage(name, {});
    tool.always({});
    return [name, handle] as const;
  });
  const report = await rig.build(all(Object.fromEntries(stages)), { slots: 1 });
  expect(report.ran).toEqual(["one", "two", "three"]);
});

test("a build that cannot begin has an end all the same", async () => {
  await using rig = await BuildRig.create();
  const [made] = rig.stage("make", { src: source("nowhere") }, "made");
  await expect(rig.build(made)).rejects.toMatchObject({ code: "SOURCE_MISSING" });
  expect(rig.events.map(({ type }) => type)).toEqual(["build-started", "build-settled"]);
  expect(rig.events.at(-1)).toMatchObject({ outcome: "failed" });
});

test("a key that is known is told, even if the runner breaks down", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");
  make.always(() => Promise.reject(new Error("out of magic")));
  await rig.tryBuild(made);
  const keys = rig.events.flatMap((event: BuildEvent) => ("key" in event ? [event.key] : []));
  expect(keys).toHaveLength(2);
  expect(keys[1]).toBe(keys[0]);
});

test("whatever happens, the stream keeps its form", async () => {
  // Outcomes of six stages in a lattice, over both groups and both policies.
  for (const group of [all, seq]) {
    for (const keepGoing of [true, false]) {
      for (let failing = 0; failing < 6; failing++) {
        await using rig = await BuildRig.create();
        const tools = [];
        const [a, t0] = rig.stage("a", {}, "a");
        const [b, t1] = rig.stage("b", {}, "b");
        const [c, t2] = rig.stage("c", { a, b }, "c");
        const [d, t3] = rig.stage("d", { b }, "d");
        const [e, t4] = rig.stage("e", { c, d });
        const [f, t5] = rig.stage("f", { d });
        tools.push(t0, t1, t2, t3, t4, t5);
        for (const [at, tool] of tools.entries()) {
          // One that writes none of its outputs fails; a check that breaks down does.
          const written = at < 4 ? { [tool.name]: tool.name } : {};
          tool.always(() => {
            if (at === failing && at >= 4) throw new Error("broken");
            return at === failing ? {} : written;
          });
        }
        const report = await rig.tryBuild(group({ e, f }), { keepGoing, slots: 2 });
        expect(report.outcome).toBe("failed");
        expect(report.failed).toEqual([tools[failing]?.name]);
      }
    }
  }
});
