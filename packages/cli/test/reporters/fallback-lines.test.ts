/** What is said at the end of a build of commands that ran here in the place of elsewhere. */
import type { BuildEvent, ErrorSummary } from "@ashlar/core";
import { expect, test } from "vitest";

import { makeColors } from "../../src/colors.ts";
import { Progress } from "../../src/reporters/progress.ts";
import { summaryLines } from "../../src/reporters/summary-line.ts";
import { builds, key, type Step } from "./builds.ts";

const away: ErrorSummary = {
  code: "REMOTE_UNAVAILABLE",
  message: "`grpc://cluster:1` does not answer as it should",
  text: "error[REMOTE_UNAVAILABLE]: …\n\n  reason  no answer within 2 s\n",
};
const unable = (name: string): ErrorSummary => {
  const message = `stage \`${name}\` needs a cache`;
  return { code: "RUNNER_UNABLE", message, text: `error[RUNNER_UNABLE]: ${message}` };
};

function after(steps: readonly Step[], why: Readonly<Record<number, ErrorSummary>>): Progress {
  const progress = new Progress();
  const change = (event: BuildEvent): BuildEvent =>
    event.type === "stage-settled" ? { ...event, fellBack: why[event.id] } : event;
  for (const event of builds(steps.length, steps)) progress.onEvent(change(event));
  return progress;
}

const said = (progress: Progress): readonly string[] =>
  summaryLines(progress, "succeeded", makeColors(false)).slice(0, -1);

test("they are counted, with the first reason of each kind", () => {
  const steps: Step[] = [0, 1, 2, 3].map((id) => [id, "ran"]);
  expect(
    said(after(steps, { 0: away, 1: unable("s1"), 2: { ...away, message: "later" } })),
  ).toEqual([
    "fallback 2 commands ran here, the first because `grpc://cluster:1` does not answer as it should (no answer within 2 s)",
    "fallback 1 command ran here, because stage `s1` needs a cache",
  ]);
});

test("where nothing ran here in the place of elsewhere, nothing is said", () => {
  expect(said(after([[0, "ran"]], {}))).toEqual([]);
});

test("what runs again elsewhere does not count", () => {
  const progress = after([[0, "ran"]], { 0: away });
  progress.onEvent({ type: "stage-rewound", atMs: 1, id: 0, name: "s0", digest: key });
  expect(said(progress)).toEqual([]);
});
