import { expect, test } from "vitest";

import { makeColors } from "../../src/colors.ts";
import { liveReporter, type Screen } from "../../src/reporters/live.ts";
import { builds, error, key, remark, remarking } from "./builds.ts";

/** A screen that remembers, and a clock that the test moves. */
function rig(): {
  readonly kept: string[];
  readonly frames: (readonly string[])[];
  readonly screen: Screen;
  draw: () => void;
  isOver: boolean;
} {
  const kept: string[] = [];
  const frames: (readonly string[])[] = [];
  const screen: Screen = {
    ...{ columns: 80, rows: 24 },
    draw: (lines) => frames.push(lines),
    keep: (text) => kept.push(text),
    clear: () => {},
  };
  return { kept, frames, screen, draw: () => {}, isOver: false };
}

test("only failures and the summary stay, and nothing is drawn for an event", () => {
  const it = rig();
  const reporter = liveReporter({
    ...{ screen: it.screen, colors: makeColors(false), slots: 4, now: () => 5000 },
    expect: (label) => (label === "s9" ? 7000 : undefined),
    signal: new AbortController().signal,
    every: (draw) => {
      it.draw = draw;
      return () => {
        it.isOver = true;
      };
    },
  });
  const events = builds(10, [
    [0, "ran", "a lot of text\n"],
    [1, "failed"],
    [2, "reused"],
  ]);
  for (const event of events.slice(0, -1)) reporter.onEvent(event);
  reporter.onEvent({ type: "stage-started", atMs: 3000, id: 9, name: "s9", key, argv: [] });
  expect(it.frames).toEqual([]);
  it.draw();
  expect(it.frames).toEqual([
    [
      "[3/10] 1 running · 1 failed · 1 ran · 1 reused · 5.0 s, at least 5.0 s left",
      "  s9  2.0 s of 7.0 s",
    ],
  ]);
  reporter.onEvent(events.at(-1)!);
  reporter.end({ outcome: "failed", errors: [] });
  expect(it.isOver).toBe(true);
  expect(it.kept).toEqual([
    `failed s1 after 100 ms\n${error("s1").text}\n`,
    "failed in 200 ms: 1 failed, 1 ran, 1 reused",
  ]);
});

test("warnings stay, above the summary", () => {
  const it = rig();
  const reporter = liveReporter({
    ...{ screen: it.screen, colors: makeColors(false), slots: 4, now: () => 0 },
    ...{ expect: () => undefined, signal: new AbortController().signal, every: () => () => {} },
  });
  const events = remarking(builds(1, [[0, "reused"]]), 0, remark("warning", "mind the gap"));
  for (const event of events) reporter.onEvent(event);
  reporter.end({ outcome: "succeeded", errors: [] });
  expect(it.kept).toEqual(["warning: s0: mind the gap\nsucceeded in 0 ms: 1 reused"]);
});
