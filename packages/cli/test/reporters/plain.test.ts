import type { BuildEvent, Outcome } from "@ashlar/core";
import { expect, test } from "vitest";

import { makeColors } from "../../src/colors.ts";
import { plainReporter } from "../../src/reporters/plain.ts";
import { builds, error, type Step } from "./builds.ts";

function told(count: number, steps: readonly Step[], isVerbose = false): string {
  let text = "";
  const reporter = plainReporter({
    write: (part) => {
      text += part;
    },
    colors: makeColors(false),
    isVerbose,
  });
  const events: readonly BuildEvent[] = builds(count, steps);
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
