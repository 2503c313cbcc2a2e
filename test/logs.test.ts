/**
 * Logs: what commands print is kept, and shown again when they do not run.
 *
 * @module
 */
import type { StageOutput } from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

test("logs are replayed on a hit", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");
  const printed = (): Partial<StageOutput>[] =>
    rig.events.flatMap((event) => {
      if (event.type !== "stage-output") return [];
      const { stream, text, isReplay } = event;
      return [{ stream, text, isReplay }];
    });

  const cold = rig.build(made);
  (await make.next()).exit({ made: "bytes" }, { stdout: "naïve 🪨\n", stderr: "careful\n" });
  const first = await cold;
  expect(printed()).toEqual([
    { stream: "stdout", text: "naïve 🪨\n", isReplay: false },
    { stream: "stderr", text: "careful\n", isReplay: false },
  ]);
  expect(await first.log(first.stages[0]!)).toBe("naïve 🪨\ncareful\n");

  const second = await rig.build(made);
  expect(second.reused).toEqual(["make"]);
  expect(printed()).toEqual([
    { stream: "stdout", text: "naïve 🪨\n", isReplay: true },
    { stream: "stderr", text: "careful\n", isReplay: true },
  ]);
  expect(await second.log(second.stages[0]!)).toBe("naïve 🪨\ncareful\n");
});

test("the log of a failure is kept, and its end is shown", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage("make", {}, "made");
  const building = rig.tryBuild(made);
  const lines = Array.from({ length: 50 }, (_, n) => `line ${n}`);
  (await make.next()).fail(1, `${lines.join("\n")}\n`);
  const report = await building;
  expect(report.errors[0]?.facts["log"]).toBe(lines.slice(-20).join("\n"));
  expect(await report.log(report.stages[0]!)).toBe(`${lines.join("\n")}\n`);
});
