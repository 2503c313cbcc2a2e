/**
 * A report as lines of text: what ran, what was reused, and how long each stage took.
 *
 * @module
 */
import type { Report } from "@ashlar/core";

/** One line for each stage, in the order in which they ended, and one for the whole. */
export function formatReport({ stages, outcome, durationMs }: Report): string {
  const width = Math.max(...stages.map(({ name }) => name.length));
  const lines = stages.map(({ name, outcome: end, durationMs: took, reason }) => {
    const time = end === "ran" || end === "failed" ? seconds(took) : "";
    const note = end === "reused" ? `took ${seconds(took)} when it ran` : (reason ?? "");
    return `  ${end.padEnd(9)} ${name.padEnd(width)} ${time.padStart(8)}  ${note}`.trimEnd();
  });
  return [...lines, `  ${outcome} in ${seconds(durationMs)}`].join("\n");
}

/** Milliseconds as a person reads them. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
