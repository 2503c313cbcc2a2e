import { expect, test } from "vitest";

import type { LastStage } from "../src/last-build.ts";
import { traceOf } from "../src/trace.ts";

function stage(
  id: number,
  from: number,
  to: number,
  dependencies: readonly number[] = [],
): LastStage {
  const times = { startedAt: 1000 + from, settledAt: 1000 + to, durationMs: to - from };
  return { id, stage: `s${id}`, outcome: "ran", dependencies, ...times };
}

test("commands that ran at once are in rows of their own, and others share one", () => {
  // s0 ─▶ s2, beside s1; s3 was reused.
  const reused: LastStage = {
    id: 3,
    stage: "s3",
    outcome: "reused",
    dependencies: [],
    durationMs: 9,
  };
  const { traceEvents } = traceOf({
    ...{ version: 1, outcome: "succeeded", startedAt: 1000, durationMs: 40 },
    stages: [stage(0, 0, 10), stage(1, 5, 40), stage(2, 10, 30, [0, 3]), reused],
  });
  const spans = traceEvents.filter(({ ph }) => ph === "X");
  expect(spans.map(({ name, tid, ts, dur }) => [name, tid, ts, dur])).toEqual([
    ["s0", 1, 0, 10_000],
    ["s1", 2, 5000, 35_000],
    ["s2", 1, 10_000, 20_000],
  ]);
  const arrows = traceEvents.filter(({ cat }) => cat === "needs");
  expect(arrows.map(({ ph, ts }) => [ph, ts])).toEqual([
    ["s", 10_000],
    ["f", 10_000],
  ]);
  const rows = traceEvents.filter(({ name }) => name === "thread_name");
  expect(rows.map(({ args }) => args?.["name"])).toEqual(["slot 1", "slot 2"]);
});

test("a build in which nothing ran has an empty trace", () => {
  const empty = {
    version: 1,
    outcome: "succeeded",
    startedAt: 0,
    durationMs: 0,
    stages: [],
  } as const;
  expect(traceOf(empty).traceEvents.map(({ ph }) => ph)).toEqual(["M"]);
});
