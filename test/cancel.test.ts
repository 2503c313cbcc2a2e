/**
 * Cancelling: a build that is aborted stops what runs, starts nothing, and remembers nothing of it.
 *
 * @module
 */
import { all, source } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("an aborted build is BUILD_CANCELLED, and nothing of it is cached", async () => {
  await using rig = await BuildRig.create();

  // first ──▶ second ──▶ third
  const [a, first] = rig.stage("first", {}, "a");
  const [b, second] = rig.stage("second", { a }, "b");
  const [c, third] = rig.stage("third", { b }, "c");
  first.always({ a: "a" });
  const controller = new AbortController();
  const building = rig.tryBuild(c, { signal: controller.signal });
  const run = await second.next();
  controller.abort(new Error("Ctrl-C"));
  const report = await building;
  expect(run.call.signal.aborted).toBe(true);
  expect(report).toMatchObject({
    outcome: "cancelled",
    ok: false,
    ran: ["first"],
    cancelled: ["second"],
    skipped: ["third"],
    errors: [{ code: "BUILD_CANCELLED", facts: { reason: "Ctrl-C" } }],
  });
  expect(() => report.throwIfFailed()).toThrow("the build was cancelled");

  // What it would have written after all counts for nothing.
  run.exit({ b: "too late" });
  const again = rig.build(c);
  (await second.next()).exit({ b: "b" });
  (await third.next()).exit({ c: "c" });
  expect(await again).toMatchObject({ ran: ["second", "third"], reused: ["first"] });
});

test("a build that was aborted before it began runs nothing", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "" });
  const [made, make] = rig.stage("make", { src: source("src") }, "made");
  const report = await rig.tryBuild(made, { signal: AbortSignal.abort("never mind") });
  expect(report).toMatchObject({ outcome: "cancelled", skipped: ["make"] });
  expect(report.errors[0]).toMatchObject({
    code: "BUILD_CANCELLED",
    facts: { reason: "never mind" },
  });
  expect(make.runs).toBe(0);
});

test("a build of sources alone that was aborted is cancelled, too", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "" });
  const report = await rig.tryBuild(source("src"), { signal: AbortSignal.abort() });
  expect(report.outcome).toBe("cancelled");
});

test("commands that wait for a slot are skipped", async () => {
  await using rig = await BuildRig.create();
  const [one, first] = rig.stage("one", {});
  const [two, second] = rig.stage("two", {});
  const controller = new AbortController();
  const building = rig.tryBuild(all({ one, two }), { signal: controller.signal, slots: 1 });
  await first.next();
  controller.abort();
  expect(await building).toMatchObject({ cancelled: ["one"], skipped: ["two"] });
  expect(second.runs).toBe(0);
});

test("an abort after the end changes nothing", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");
  make.always({ made: "bytes" });
  const controller = new AbortController();
  const report = await rig.build(made, { signal: controller.signal });
  controller.abort();
  expect(await report.text(made)).toBe("bytes");
  expect(report.ok).toBe(true);
});

test("a listener that throws ends the build with its own error", async () => {
  await using rig = await BuildRig.create();
  const [a, first] = rig.stage("first", {}, "a");
  const [b, second] = rig.stage("second", { a }, "b");
  first.always({ a: "a" });
  second.always({ b: "b" });
  const heard: string[] = [];
  const building = rig.tryBuild(b, {
    onEvent: ({ type }) => {
      heard.push(type);
      if (type === "stage-settled") throw new Error("the terminal is gone");
    },
  });
  await expect(building).rejects.toThrow("the terminal is gone");
  expect(heard).toEqual(["build-started", "stage-started", "stage-settled"]);
  expect(second.runs).toBe(0);
});

test("a listener that throws at any event ends the build, and leaves nothing running", async () => {
  for (let at = 0; at < 6; at++) {
    await using rig = await BuildRig.create();
    rig.write({ f: "" });
    const [made, make] = rig.stage("make", { f: source.file("f") }, "made");
    let run: { readonly signal: AbortSignal } | undefined;
    make.always((call) => {
      run = call;
      return { made: "bytes" };
    });
    let heard = 0;
    const building = rig.tryBuild(made, {
      onEvent: () => {
        if (heard++ === at) throw new Error(`at ${at}`);
      },
    });
    // build-started, source-taken, stage-started, stage-settled, build-settled
    if (at < 5) await expect(building).rejects.toThrow(`at ${at}`);
    else expect((await building).ok).toBe(true);
    expect(heard).toBe(Math.min(at + 1, 5));
    if (at < 2) expect(run).toBeUndefined();
  }
});

test("a stage that failed before the abort stays failed", async () => {
  await using rig = await BuildRig.create();
  const [bad, fails] = rig.stage("bad", {});
  const [slow, running] = rig.stage("slow", {});
  const controller = new AbortController();
  const building = rig.tryBuild(all({ bad, slow }), {
    keepGoing: true,
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === "stage-settled") controller.abort();
    },
  });
  await running.next();
  (await fails.next()).fail(1);
  const report = await building;
  expect(report).toMatchObject({ failed: ["bad"], cancelled: ["slow"] });
  expect(report.errors.map(({ code }) => code)).toContain("STAGE_FAILED");
});
