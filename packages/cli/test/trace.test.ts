import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { LastStage } from "../src/last-build.ts";
import { traceOf, type Trace } from "../src/trace.ts";

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
    // A microsecond before the end.
    ["s", 9999],
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

test("a trace of any build keeps the rules of its format", () => {
  const ids = fc.array(fc.tuple(fc.nat(60), fc.nat(40), fc.array(fc.nat(), { maxLength: 3 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(ids, (rows) => {
      const stages = rows.map(([from, took, picks], id) => {
        const dependencies = id === 0 ? [] : [...new Set(picks.map((pick) => pick % id))];
        return stage(id, from, from + took, dependencies);
      });
      const build = { version: 1, outcome: "succeeded", startedAt: 1000, durationMs: 99 } as const;
      const { traceEvents } = JSON.parse(JSON.stringify(traceOf({ ...build, stages }))) as Trace;
      const spans = traceEvents.filter(({ ph }) => ph === "X");
      expect(spans).toHaveLength(stages.length);
      for (const { ts, dur } of spans) {
        expect(Number.isInteger(ts) && ts >= 0 && Number.isInteger(dur) && dur! >= 0).toBe(true);
      }
      // In a row spans do not overlap.
      for (const tid of new Set(spans.map((span) => span.tid))) {
        const row = spans
          .filter((span) => span.tid === tid)
          .toSorted((a, b) => a.ts - b.ts || a.dur! - b.dur!);
        for (const [at, { ts }] of row.entries()) {
          if (at > 0) expect(ts).toBeGreaterThanOrEqual(row[at - 1]!.ts + row[at - 1]!.dur!);
        }
        const name = traceEvents.find((each) => each.ph === "M" && each.tid === tid);
        expect(name?.args).toEqual({ name: `slot ${tid}` });
      }
      // Each arrow has two ends, and each end lies in a span of its row, which stands before it in the file.
      const arrows = traceEvents.filter(({ ph }) => ph === "s" || ph === "f");
      const phasesOf = (wanted: unknown): readonly string[] =>
        arrows.filter(({ id }) => id === wanted).map(({ ph }) => ph);
      for (const { id } of arrows) expect(phasesOf(id)).toEqual(["s", "f"]);
      for (const { ph, tid, ts, bp } of arrows) {
        const around = spans.some((span) => {
          return span.tid === tid && span.ts <= ts && (ts < span.ts + span.dur! || ts === span.ts);
        });
        expect(around).toBe(true);
        if (ph === "f") expect(bp).toBe("e");
      }
    }),
  );
});
