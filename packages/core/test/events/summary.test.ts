/**
 * Summaries: the state of a build at any moment, from its events alone.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { BuildEvent, BuildEventBody, Outcome } from "../../src/events/event.ts";
import { decodeEvent, encodeEvent } from "../../src/events/line.ts";
import { foldReport, reportFold } from "../../src/events/summary.ts";
import type { ActionKey } from "../../src/graph/action.ts";
import { events } from "./arbitrary-events.ts";

const key = "k" as ActionKey;
const started: BuildEventBody = {
  type: "build-started",
  stages: [
    { id: 0, name: "make", dependencies: [] },
    { id: 1, name: "use", dependencies: [0] },
  ],
};
const start = (id: number, name: string): BuildEventBody => ({
  ...{ type: "stage-started", id, name, key, argv: [] },
});
const settle = (id: number, name: string, outcome: Outcome, durationMs = 0): BuildEventBody => ({
  ...{ type: "stage-settled", id, name, outcome, durationMs },
  ...{ key: undefined, ranBy: undefined, attempts: 1, error: undefined, reason: undefined },
});

/** One event each ten milliseconds. */
const timed = (...bodies: readonly BuildEventBody[]): BuildEvent[] =>
  bodies.map((body, at) => Object.assign({ atMs: 100 + 10 * at }, body));

test("of no events there is nothing to say", () => {
  expect(foldReport([])).toMatchObject({
    ...{ outcome: undefined, startedAt: undefined, durationMs: 0 },
    ...{ stages: [], sources: [], errors: [], totals: { stages: 0, spentMs: 0 } },
  });
});

test("a build that is under way has calls that wait and run", () => {
  const { onEvent, summary } = reportFold();
  for (const event of timed(started, start(0, "make"))) onEvent(event);
  expect(summary()).toMatchObject({
    ...{ outcome: undefined, startedAt: 100, durationMs: 10 },
    stages: [
      { id: 0, state: "running", key, startedAt: 110, settledAt: undefined },
      { id: 1, state: "waiting", key: undefined, dependencies: [0] },
    ],
    totals: { stages: 2, waiting: 1, running: 1, ran: 0 },
  });
});

test("a summary does not change with what comes after", () => {
  const { onEvent, summary } = reportFold();
  for (const event of timed(started)) onEvent(event);
  const before = summary();
  const copy = structuredClone(before);
  for (const event of timed(start(0, "make"), settle(0, "make", "ran"))) onEvent(event);
  expect(before).toEqual(copy);
});

test("a call that goes back to wait is as if it had not been", () => {
  const rewound: BuildEventBody = {
    ...{ type: "stage-rewound", id: 1, name: "use", digest: "d/1" as never },
  };
  const story = timed(
    ...[started, settle(0, "make", "reused", 5), start(1, "use"), rewound],
    ...[start(0, "make"), settle(0, "make", "ran", 7), start(1, "use"), settle(1, "use", "ran", 1)],
  );
  expect(foldReport(story.slice(0, 4))).toMatchObject({
    ...{ reused: ["make"], ran: [], totals: { waiting: 1, reused: 1, savedMs: 5, spentMs: 0 } },
  });
  expect(foldReport(story.slice(0, 5))).toMatchObject({
    ...{ reused: [], totals: { waiting: 1, running: 1, savedMs: 0 } },
  });
  expect(foldReport(story)).toMatchObject({
    ...{ reused: [], ran: ["make", "use"], totals: { ran: 2, savedMs: 0, spentMs: 8 } },
  });
});

test("a call that is retried waits until it runs again, and its runs are counted", () => {
  const error = { code: "STAGE_FAILED", message: "m", text: "t" };
  const retried: BuildEventBody = {
    ...{ type: "stage-retried", id: 0, name: "make", attempt: 1, error, delayMs: 5 },
  };
  const story = timed(started, start(0, "make"), retried, start(0, "make"));
  expect(foldReport(story.slice(0, 3))).toMatchObject({
    ...{ stages: [{ state: "waiting", attempts: 1, error: undefined }, { attempts: 0 }] },
  });
  expect(foldReport(story)).toMatchObject({ stages: [{ state: "running", attempts: 2 }, {}] });
});

test("the last build of several counts", () => {
  const end: BuildEventBody = { type: "build-settled", outcome: "succeeded", durationMs: 3 };
  const twice = [...timed(started, settle(0, "make", "failed"), end), ...timed(started)];
  expect(foldReport(twice)).toMatchObject({ outcome: undefined, failed: [], startedAt: 100 });
});

test("a recording without its start says what it can", () => {
  expect(foldReport(timed(settle(4, "late", "ran", 2)))).toMatchObject({
    ...{ ran: ["late"], stages: [{ id: 4, name: "late", dependencies: [] }] },
  });
});

test("over any events: lists, streams, lines and steps agree, and the totals add up", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(events), async (list) => {
      const summary = foldReport(list);
      expect(foldReport(list.map((event) => decodeEvent(encodeEvent(event), "")))).toEqual(summary);
      const slowly = async function* (): AsyncGenerator<BuildEvent> {
        for (const event of list) yield await Promise.resolve(event);
      };
      expect(await foldReport(slowly())).toEqual(summary);

      const { totals, stages } = summary;
      expect(totals.stages).toBe(stages.length);
      expect(totals.waiting + totals.running).toBe(
        stages.filter(({ state }) => state === "waiting" || state === "running").length,
      );
      for (const outcome of ["ran", "reused", "failed", "skipped", "cancelled"] as const) {
        expect(totals[outcome]).toBe(summary[outcome].length);
      }
      const time = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
      expect(totals.spentMs + totals.savedMs).toBe(time);
    }),
  );
});
