/**
 * Validations: checks that run beside what uses an artifact, and fail the build at its end.
 *
 * @module
 */
import { all, seq, source, validate } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("what uses the artifact does not wait for its checks", async () => {
  await using rig = await BuildRig.create();
  const [app, compile] = rig.stage("compile", {}, "app");
  const [checked, check] = rig.stage("check", { app });
  const [packed, pack] = rig.stage("pack", { app: validate(app, checked) }, "tarball");

  const building = rig.build(packed);
  (await compile.next()).exit({ app: "machine code" });
  const checking = await check.next();
  (await pack.next()).exit({ tarball: "packed" });
  checking.exit();
  expect((await building).ran.toSorted()).toEqual(["check", "compile", "pack"]);
  expect((await rig.build(packed)).ran).toEqual([]);
});

test("a check that fails stops nothing, and fails the build at its end", async () => {
  await using rig = await BuildRig.create();
  const [app, compile] = rig.stage("compile", {}, "app");
  const [checked, check] = rig.stage("check", { app });
  const [summed, sum] = rig.stage({ name: "sum up", after: [checked] }, {});
  const [packed, pack] = rig.stage("pack", { app: validate(app, summed) }, "tarball");
  compile.always({ app: "machine code" });

  const building = rig.tryBuild(packed);
  const packing = await pack.next();
  (await check.next()).fail();
  packing.exit({ tarball: "packed" });
  const report = await building;
  expect(report).toMatchObject({
    outcome: "failed",
    ran: ["compile", "pack"],
    failed: ["check"],
    skipped: ["sum up"],
  });
  expect(report.errors).toMatchObject([{ code: "STAGE_FAILED" }]);
  expect(await report.text(packed)).toBe("packed");
  sum.always({});
  check.always({});
  expect(await rig.build(packed)).toMatchObject({ ran: ["check", "sum up"] });
});

test("a check that was asked for stops the build as any other", async () => {
  await using rig = await BuildRig.create();
  const [app, compile] = rig.stage("compile", {}, "app");
  const [checked, check] = rig.stage("check", { app });
  const [packed, pack] = rig.stage("pack", { app: validate(app, checked) }, "tarball");
  compile.always({ app: "machine code" });
  const building = rig.tryBuild(all({ packed, checked }));
  const packing = await pack.next();
  (await check.next()).fail();
  packing.call.signal.addEventListener("abort", () => packing.fail());
  expect(await building).toMatchObject({ failed: ["check"], cancelled: ["pack"] });
});

test("checks are in no key, and survive views, names and gates", async () => {
  await using rig = await BuildRig.create();
  const [site, render] = rig.stage("render", {}, "site/");
  const [linked, links] = rig.stage("links", { site });
  const [gate, opener] = rig.stage("gate", {});
  const [plain, publish] = rig.stage("publish", { from: site.file("index.html") }, "page");
  const valid = validate(site, linked);
  const [held, publishHeld] = rig.stage(
    "publish",
    { from: valid.after(gate).as("other").file("index.html") },
    "page",
  );
  for (const tool of [publish, publishHeld]) tool.always({ page: "p" });
  render.always({ site: { "index.html": "hello" } });
  links.always({});
  expect((await rig.build(plain)).ran).toEqual(["render", "publish"]);

  const building = rig.build(held);
  const opening = await opener.next();
  // The gate holds the artifact back, and with it what is made of it.
  expect([render.runs, links.runs]).toEqual([1, 0]);
  opening.exit();
  expect(await building).toMatchObject({ ran: ["gate", "links"], reused: ["render", "publish"] });
});

test("in a sequence, checks wait as their artifact does", async () => {
  await using rig = await BuildRig.create();
  const [first, one] = rig.stage("one", {});
  const [app, compile] = rig.stage("compile", {}, "app");
  const [checked, check] = rig.stage("check", { app });
  compile.always({ app: "a" });
  check.always({});
  const building = rig.build(seq({ first, app: validate(app, checked) }));
  const run = await one.next();
  expect([compile.runs, check.runs]).toEqual([0, 0]);
  run.exit();
  expect((await building).ran).toEqual(["one", "compile", "check"]);
});

test("sources can have checks, and checks be artifacts", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "a" });
  const src = source("src");
  const [report, lint] = rig.stage("lint", { src }, "report");
  const [app, compile] = rig.stage("compile", { src: validate(src, report) }, "app");
  compile.always({ app: "a" });
  lint.always({ report: "fine" });
  expect((await rig.build(app)).ran.toSorted()).toEqual(["compile", "lint"]);
});

test("what is no artifact cannot be validated, and what is no handle is no check", () => {
  expect(() => validate("src" as never)).toThrow(/validate/);
  expect(() => validate(source("src"), true as never)).toThrow(/a check/);
});
