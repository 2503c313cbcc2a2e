/**
 * Early cutoff: equal bytes end the rebuild.
 *
 * @module
 */
import { all, source } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("an unchanged output ends the rebuild there", async () => {
  await using rig = await BuildRig.create();

  // main.c ──▶ compile ──▶ main.o ──▶ link ──▶ app
  const main = source.file("main.c");
  const [object, compile] = rig.stage("compile", { "main.c": main }, "main.o");
  const [app, link] = rig.stage("link", { "main.o": object }, "app");

  // Cold: both tools run.
  rig.write({ "main.c": "int main() { return 0; }" });
  const cold = rig.build(app);
  (await compile.next()).exit({ "main.o": "machine code" });
  (await link.next()).exit({ app: "executable" });
  expect(await cold).toMatchObject({ ran: ["compile", "link"], reused: [] });

  // A comment changes the source, but not the object made of it.
  rig.write({ "main.c": "int main() { return 0; } // done" });
  const warm = rig.build(app);
  (await compile.next()).exit({ "main.o": "machine code" });
  expect(await warm).toMatchObject({ ran: ["compile"], reused: ["link"] });
  expect(link.runs).toBe(1);
});

test("what did not change is not asked for again", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "a.txt": "a" });
  const [made, make] = rig.stage("make", { a: source.file("a.txt") }, "made");
  make.always({ made: "bytes" });

  const cold = await rig.build(made);
  expect(cold).toMatchObject({ ok: true, ran: ["make"], reused: [] });
  const warm = await rig.build(made);
  expect(warm).toMatchObject({ ok: true, ran: [], reused: ["make"] });
  expect(await warm.text(made)).toBe("bytes");
});

test("only what stands on a change runs again", async () => {
  await using rig = await BuildRig.create();

  // a ──▶ left ──▶ join
  // b ──▶ right ───┘
  rig.write({ a: "1", b: "1" });
  const [l, left] = rig.stage("left", { a: source.file("a") }, "l");
  const [r, right] = rig.stage("right", { b: source.file("b") }, "r");
  const [joined, join] = rig.stage("join", { l, r }, "joined");
  left.always(async (call) => ({ l: `left of ${await call.text("a")}` }));
  right.always(async (call) => ({ r: `right of ${await call.text("b")}` }));
  join.always(async (call) => ({ joined: `${await call.text("l")}, ${await call.text("r")}` }));
  await rig.build(joined);

  rig.write({ b: "2" });
  const report = await rig.build(joined);
  expect(report).toMatchObject({ ran: ["right", "join"], reused: ["left"] });
  expect(await report.text(joined)).toBe("left of 1, right of 2");
});

test("a view keeps a change elsewhere in the tree from what does not see it", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/seen.txt": "1", "src/unseen.txt": "1" });
  const src = source("src");
  const [picked, pick] = rig.stage("pick", { src: src.pick("seen.*") }, "picked");
  const [whole, take] = rig.stage("take", { src }, "whole");
  pick.always({ picked: "p" });
  take.always({ whole: "w" });
  await rig.build(all({ picked, whole }));

  rig.write({ "src/unseen.txt": "2" });
  expect(await rig.build(all({ picked, whole }))).toMatchObject({
    ran: ["take"],
    reused: ["pick"],
  });
});
