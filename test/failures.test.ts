/**
 * Failures: what they stop, what they leave alone, and that nobody remembers them.
 *
 * @module
 */
import { all, seq, source, type BuildError } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("a failure is not cached", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");

  const broken = rig.build(made);
  (await make.next()).fail(3, "no luck\n");
  await expect(broken).rejects.toMatchObject({
    code: "STAGE_FAILED",
    message: "stage `make` exited with 3",
    facts: { log: "no luck" },
  });

  const mended = rig.build(made);
  (await make.next()).exit({ made: "bytes" });
  expect((await mended).ran).toEqual(["make"]);
  expect((await rig.build(made)).reused).toEqual(["make"]);
});

test("a command that runs out of time fails, and is not cached", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage({ name: "make", timeoutMs: 500 }, {}, "made");

  const late = rig.build(made);
  const run = await make.next();
  rig.clock.advance(499);
  expect(run.call.signal.aborted).toBe(false);
  rig.clock.advance(1);
  expect(run.call.signal.aborted).toBe(true);
  await expect(late).rejects.toMatchObject({ code: "STAGE_TIMED_OUT" });

  const early = rig.build(made);
  (await make.next()).exit({ made: "bytes" });
  expect((await early).ran).toEqual(["make"]);
  expect(rig.clock.pending).toBe(0);
});

test("a missing output names what was written instead", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "main.o": "machine code" });
  const [app, link] = rig.stage("link", { object: source.file("main.o") }, "app");

  const broken = rig.build(app);
  (await link.next()).exit({ "app.exe": "executable", "app.map": "" });
  await expect(broken).rejects.toMatchObject({
    code: "OUTPUT_MISSING",
    facts: { produced: "app.exe, app.map" },
    hint: expect.stringContaining("`app.exe`"),
  });

  // A command that has not done its duty has not succeeded.
  const again = rig.build(app);
  (await link.next()).exit({ app: "executable" });
  expect((await again).ran).toEqual(["link"]);
});

test("what was written besides the outputs is not captured", async () => {
  await using rig = await BuildRig.create();
  const [dist, make] = rig.stage("make", {}, "dist/");
  make.always({ dist: { "index.js": "code" }, "debug.log": "chatter" });
  const report = await rig.build(dist);
  expect(await report.list(dist)).toEqual(["index.js"]);
  const [key] = report.stages.map((stage) => stage.key);
  const result = await rig.store.actions.get(key!);
  expect(result?.files).toEqual([]);
  expect(result?.directories.map(({ path }) => path)).toEqual(["dist"]);
});

test("the first failure stops the build", async () => {
  await using rig = await BuildRig.create();

  // bad ──▶ above;  slow;  last (waits for a slot)
  const [bad, fails] = rig.stage("bad", {}, "b");
  const [above, standing] = rig.stage("above", { bad });
  const [slow, running] = rig.stage("slow", {});
  const [last, waiting] = rig.stage("last", { slow: source.file("f") });
  rig.write({ f: "" });

  const building = rig.tryBuild(all({ above, slow, last }), { slots: 2 });
  const failing = await fails.next();
  const stopped = await running.next();
  failing.fail(1);
  const report = await building;
  expect(report).toMatchObject({
    outcome: "failed",
    failed: ["bad"],
    cancelled: ["slow"],
    ran: [],
  });
  expect(report.skipped.toSorted()).toEqual(["above", "last"]);
  expect(report.errors.map(({ code }) => code)).toEqual(["STAGE_FAILED"]);
  expect(stopped.call.signal.aborted).toBe(true);
  expect([standing.runs, waiting.runs]).toEqual([0, 0]);
});

test("`keepGoing` runs all that does not stand on a failure", async () => {
  await using rig = await BuildRig.create();

  // bad ──▶ above ──▶ top
  // good ──▶ beside
  const [bad, fails] = rig.stage("bad", {}, "b");
  const [above, mid] = rig.stage("above", { bad }, "a");
  const [top, end] = rig.stage("top", { above });
  const [good, fine] = rig.stage("good", {}, "g");
  const [beside, side] = rig.stage("beside", { good });
  const [worse, failsToo] = rig.stage("worse", {});
  fine.always({ g: "" });
  side.always({});

  const building = rig.tryBuild(all({ top, beside, worse }), { keepGoing: true });
  (await fails.next()).fail(1);
  (await failsToo.next()).fail(2);
  const report = await building;
  expect(report).toMatchObject({
    outcome: "failed",
    failed: ["bad", "worse"],
    skipped: ["above", "top"],
    ran: ["good", "beside"],
    cancelled: [],
  });
  expect(report.errors.map(({ message }) => message)).toEqual([
    "stage `bad` exited with 1",
    "stage `worse` exited with 2",
  ]);
  const reasons = report.stages.flatMap(({ reason }) => reason ?? []);
  expect(reasons).toEqual([
    "`bad`, which must come before, did not succeed",
    "`bad`, which must come before, did not succeed",
  ]);
  expect([mid.runs, end.runs]).toEqual([0, 0]);
});

test("a gate that fails skips what waits for it", async () => {
  await using rig = await BuildRig.create();
  const [lint, linter] = rig.stage("lint", {});
  const [pack, packer] = rig.stage("pack", {}, "tarball");
  const building = rig.tryBuild(seq({ lint, pack }), { keepGoing: true });
  (await linter.next()).fail(1);
  expect(await building).toMatchObject({ failed: ["lint"], skipped: ["pack"] });
  expect(packer.runs).toBe(0);
});

test("a gate that fails skips even what could be reused", async () => {
  await using rig = await BuildRig.create();
  const [pack, packer] = rig.stage("pack", {}, "tarball");
  packer.always({ tarball: "t" });
  await rig.build(pack);
  const [lint, linter] = rig.stage("lint", {});
  const building = rig.tryBuild(seq({ lint, pack }), { keepGoing: true });
  (await linter.next()).fail(1);
  expect(await building).toMatchObject({ failed: ["lint"], skipped: ["pack"], reused: [] });
});

test("equal actions run once", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const src = source("src");
  const [one, first] = rig.stage({ name: "one", program: "make" }, { src }, "made");
  const [two, second] = rig.stage({ name: "two", program: "make" }, { src }, "made");
  const [three, third] = rig.stage({ name: "three", program: "make" }, { src }, "made");
  first.always({ made: "bytes" });
  second.always({ made: "bytes" });
  third.always({ made: "bytes" });
  const report = await rig.build(all({ one, two, three }));
  expect(report).toMatchObject({ ran: ["one"], reused: ["two", "three"] });
  expect([first.runs, second.runs, third.runs]).toEqual([1, 0, 0]);
  expect(await report.text(three)).toBe("bytes");
});

test("equal actions that fail are not each other's excuse", async () => {
  await using rig = await BuildRig.create();
  const [one, first] = rig.stage({ name: "one", program: "make" }, {}, "made");
  const [two, second] = rig.stage({ name: "two", program: "make" }, {}, "made");
  second.always({ made: "bytes" });
  const building = rig.tryBuild(all({ one, two }), { keepGoing: true });
  (await first.next()).fail(1);
  expect(await building).toMatchObject({ failed: ["one"], ran: ["two"] });
});

test("a runner that breaks down is told apart from a stage that fails", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");
  make.always(() => Promise.reject(new Error("out of magic")));
  const error: unknown = await rig.build(made).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "RUNNER_FAILED",
    cause: expect.objectContaining({ message: "out of magic" }),
  });
  expect((error as BuildError).facts).toEqual({ reason: "out of magic" });
});
