import type { BuildEvent } from "@ashlar/core";
import { expect, test } from "vitest";

import { githubReporter } from "../../src/reporters/github.ts";
import { builds, remark, remarking, type Step } from "./builds.ts";

function told(steps: readonly Step[], change = (events: readonly BuildEvent[]) => events): string {
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  const reporter = githubReporter({ write, token: "secret-word" });
  for (const event of change(builds(steps.length, steps))) reporter.onEvent(event);
  reporter.end({ outcome: "succeeded", errors: [] });
  return text;
}

test("what each stage prints is a group, and places are annotations", () => {
  const log = "in/src/main.c:4:18: error: expected ';', not ':' before 100%\n";
  const text = told([
    [0, "ran", "fine\n"],
    [1, "failed", log],
    [2, "reused", "not again\n"],
  ]);
  expect(`\n${text}`).toBe(`
::group::s0 (100 ms)
fine
::endgroup::
::group::failed: s1 (100 ms)
in/src/main.c:4:18: error: expected ';', not ':' before 100%
::endgroup::
error[STAGE_FAILED]: stage \`s1\` exited with 1
::error file=src/main.c,line=4,col=18,title=s1::expected ';', not ':' before 100%25
succeeded in 200 ms: 1 failed, 1 ran, 1 reused
`);
});

test("a failure without a place is an annotation of the run", () => {
  expect(told([[0, "failed", "no idea\n"]])).toContain(
    "::error title=s0::stage `s0` exited with 1\n",
  );
});

test("what a stage prints commands nothing", () => {
  const text = told([[0, "ran", "::add-path::/evil\n"]]);
  expect(text).toContain(
    "::group::s0 (100 ms)\n::stop-commands::secret-word\n::add-path::/evil\n::secret-word::\n::endgroup::",
  );
});

test("files outside of the repository are not annotated", () => {
  const text = told([[0, "ran", "/usr/include/a.h:1:1: warning: old\n"]]);
  expect(text).not.toContain("::warning");
});

test("warnings of stages are annotations of the run, each once, also of what was reused", () => {
  const steps: readonly Step[] = [
    [0, "reused"],
    [1, "ran"],
  ];
  const shared = remark("warning", "100% sure");
  const text = told(steps, (events) => {
    return remarking(remarking(events, 0, shared, remark("note", "so it goes")), 1, shared);
  });
  expect(text).toBe(`::warning title=s0::100%25 sure
s1 (100 ms)
succeeded in 100 ms: 1 ran, 1 reused
`);
});
