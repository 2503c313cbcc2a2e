/**
 * JUnit's XML, which most CI systems read: a test case for each stage.
 *
 * @module
 */
import { reportFold, type BuildEvent, type BuildSummary } from "@ashlar/core";

import type { BuildEnd, Reporter } from "./reporter.ts";
import { StageLogs } from "./stage-logs.ts";

/** Makes a reporter that gives the whole text when the build is over. */
export function junitReporter(take: (xml: string) => void): Reporter {
  const fold = reportFold();
  const logs = new StageLogs();
  const kept = new Map<number, string>();
  return {
    onEvent: (event: BuildEvent) => {
      fold.onEvent(event);
      logs.onEvent(event);
      // Only of failures: the logs of all stages would be larger than anybody reads.
      if (event.type !== "stage-settled") return;
      const log = logs.take(event.id);
      if (event.outcome === "failed") kept.set(event.id, log);
    },
    end: (end) => {
      if (end !== undefined) take(junitXml(fold.summary(), end, kept));
    },
  };
}

function junitXml(
  { stages, durationMs, startedAt = 0, totals }: BuildSummary,
  end: BuildEnd,
  logs: ReadonlyMap<number, string>,
): string {
  const cases = stages.flatMap(({ id, name, state, durationMs: took, error, reason }) => {
    const time = state === "ran" || state === "failed" ? took : 0;
    const head = `    <testcase name="${escape(name)}" classname="ashlar" time="${seconds(time)}"`;
    switch (state) {
      case "failed": {
        const message = escape(error?.message ?? "it failed");
        const log = logs.get(id) ?? "";
        return [
          `${head}>`,
          `      <failure message="${message}" type="${error?.code ?? ""}">${escape(error?.text ?? "")}</failure>`,
          ...(log === "" ? [] : [`      <system-out>${escape(log)}</system-out>`]),
          "    </testcase>",
        ];
      }
      case "skipped":
      case "cancelled":
      case "waiting":
      case "running":
        return [
          `${head}>`,
          `      <skipped message="${escape(reason ?? state)}"/>`,
          "    </testcase>",
        ];
      case "ran":
      case "reused":
      case "expanded":
        return [`${head}/>`];
    }
  });
  const told = new Set(stages.flatMap(({ error }) => error?.message ?? []));
  const others = end.errors.filter(({ message }) => !told.has(message));
  const skipped = totals.skipped + totals.cancelled + totals.waiting + totals.running;
  const numbers = `tests="${stages.length}" failures="${totals.failed}" errors="${others.length}" skipped="${skipped}"`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites>`,
    `  <testsuite name="ashlar" ${numbers} time="${seconds(durationMs)}" timestamp="${new Date(startedAt).toISOString()}">`,
    ...cases,
    ...others.map(({ message }) => `    <system-err>${escape(message)}</system-err>`),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** What XML cannot hold at all, not even escaped. */
const unfit = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escape(text: string): string {
  return text
    .replaceAll(unfit, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
