import { expect, test } from "vitest";

import { junitReporter } from "../../src/reporters/junit.ts";
import { builds, type Step } from "./builds.ts";

function xmlOf(steps: readonly Step[]): string {
  let text = "";
  const reporter = junitReporter((xml) => {
    text = xml;
  });
  for (const event of builds(steps.length, steps)) reporter.onEvent(event);
  reporter.end({ outcome: "failed", errors: [] });
  return text;
}

test("a stage is a test case, with what it printed if it failed", () => {
  const xml = xmlOf([
    [0, "ran"],
    [1, "failed", "a < b & \u0000 \u001b[31m \ud800 \ud83d\ude00\n"],
    [2, "skipped"],
    [3, "reused"],
  ]);
  expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="ashlar" tests="4" failures="1" errors="0" skipped="1" time="0.200" timestamp="1970-01-01T00:00:00.000Z">
    <testcase name="s0" classname="ashlar" time="0.100"/>
    <testcase name="s1" classname="ashlar" time="0.100">
      <failure message="stage \`s1\` exited with 1" type="STAGE_FAILED">error[STAGE_FAILED]: stage \`s1\` exited with 1</failure>
      <system-out>a &lt; b &amp; \ufffd \ufffd[31m \ufffd \ud83d\ude00
</system-out>
    </testcase>
    <testcase name="s2" classname="ashlar" time="0.000">
      <skipped message="skipped"/>
    </testcase>
    <testcase name="s3" classname="ashlar" time="0.000"/>
  </testsuite>
</testsuites>
`);
});
