import type { BuildEvent, Outcome } from "@ashlar/core";
import { expect, test } from "vitest";

import { makeColors } from "../../src/colors.ts";
import { plainReporter } from "../../src/reporters/plain.ts";
import { builds, error, key, remark, remarking, type Step } from "./builds.ts";

function told(
  count: number,
  steps: readonly Step[],
  isVerbose = false,
  change = (events: readonly BuildEvent[]) => events,
): string {
  let text = "";
  const reporter = plainReporter({
    write: (part) => {
      text += part;
    },
    colors: makeColors(false),
    isVerbose,
  });
  const events = change(builds(count, steps));
  for (const event of events) reporter.onEvent(event);
  const outcome = steps.some(([, end]) => end === "failed") ? "failed" : "succeeded";
  reporter.end({ outcome, errors: [] });
  return text;
}

test("a small build has a line for each stage that ran, and counts the others", () => {
  const text = told(4, [
    [0, "reused"],
    [1, "ran"],
    [2, "failed"],
    [3, "skipped"],
  ]);
  expect(`\n${text}`).toBe(`
[2/4] ran     s1  100 ms
[3/4] failed  s2  100 ms
${error("s2").text}

failed in 200 ms: 1 failed, 1 ran, 1 reused, 1 skipped
`);
});

test("ten thousand stages are about a hundred lines", () => {
  const all = (outcome: Outcome): Step[] =>
    Array.from({ length: 10_000 }, (_, at) => [at, outcome]);
  const lines = told(10_000, all("ran")).split("\n");
  expect(lines.length).toBeLessThan(115);
  expect(lines).toContain("[ 5,000/10,000] …");
  expect(told(10_000, all("reused"))).toMatch(/^succeeded in .*: 10,000 reused\n$/);
  expect(told(10_000, all("failed")).split("\n").length).toBeLessThan(180);
});

test("what is verbose tells of what is reused, and what is printed", () => {
  const text = told(1, [[0, "ran", "one\ntwo\n"]], true);
  expect(text).toContain("s0 │ one\ns0 │ two\n[1/1] ran     s0");
});

test("what is verbose tells how far what is elsewhere is", () => {
  const events: readonly BuildEvent[] = [
    { type: "stage-started", atMs: 0, id: 0, name: "s0", key, argv: [] },
    { type: "stage-progressed", atMs: 1, id: 0, name: "s0", phase: "queued" },
  ];
  expect(told(1, [], true, () => events)).toContain("s0 · queued\n");
  expect(told(1, [], false, () => events)).not.toContain("queued");
});

test("warnings stand before the last line, each once, also of what was reused; notes do not", () => {
  const steps: readonly Step[] = [
    [0, "ran"],
    [1, "reused"],
  ];
  const text = told(2, steps, false, (events) => {
    const shared = remark("warning", "both say\nso");
    const one = remarking(events, 0, shared, remark("note", "nobody asked"));
    return remarking(one, 1, remark("warning", "only one"), shared);
  });
  expect(`\n${text}`).toBe(`
[1/2] ran     s0  100 ms
warning: s0, s1: both say·so
warning: s1: only one
succeeded in 100 ms: 1 ran, 1 reused
`);
});

test("of many warnings ten are shown, and of many stages that say one three are named", () => {
  const steps = Array.from({ length: 5 }, (_, id): Step => [id, "ran"]);
  const text = told(5, steps, false, (events) =>
    steps.reduce((all, [id]) => {
      const own =
        id === 0 ? Array.from({ length: 11 }, (_, at) => remark("warning", `w${at}`)) : [];
      return remarking(all, id, remark("warning", "all of us"), ...own);
    }, events),
  );
  const lines = text.split("\n").filter((line) => /^(warning|…)/.test(line));
  expect(lines).toHaveLength(11);
  expect(lines[0]).toBe("warning: s0, s1, s2 and 2 more: all of us");
  expect(lines.at(-1)).toBe("… and 2 more warnings: `ashlar why TARGET` has them");
});

test("what is said of a call that runs again, because something was lost, is what it said last", () => {
  const text = told(1, [[0, "ran"]], false, (events) => {
    const before = remarking(events, 0, remark("warning", "at first"));
    return [...before.slice(0, -1), ...remarking(events, 0, remark("warning", "in the end"))];
  });
  expect(text).not.toContain("at first");
  expect(text).toContain("warning: s0: in the end\n");
});
