/**
 * The last lines of a build: how it ended, and what of it ran.
 *
 * @module
 */
import type { BuildOutcome, Outcome } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { shownNumber, shownTime } from "../shown.ts";
import { cacheLine } from "./cache-line.ts";
import { fallbackLines } from "./fallback-lines.ts";
import type { Progress } from "./progress.ts";

/** Outcomes in the order in which people want to read of them. */
const order: readonly Outcome[] = ["failed", "cancelled", "ran", "expanded", "reused", "skipped"];

/** Names of failed stages that are listed. */
const maxNames = 10;

/**
 * `succeeded in 4.2 s: 3 ran, 9 reused`, before it lines about a cache elsewhere and about commands that ran here in the place of
 * elsewhere, if there were any, and behind it one with the names of what failed.
 */
export function summaryLines(
  progress: Progress,
  outcome: BuildOutcome,
  colors: Colors,
): readonly string[] {
  const parts = order.flatMap((each) => {
    const count = progress.counts[each];
    return count === 0 ? [] : [`${shownNumber(count)} ${each}`];
  });
  const time = shownTime(progress.durationMs ?? progress.now - progress.startedAt);
  const paint = { succeeded: colors.green, failed: colors.red, cancelled: colors.yellow }[outcome];
  const head = `${paint(colors.bold(outcome))} in ${time}: ${parts.join(", ") || "nothing to do"}`;
  const names = [...progress.failed.values()];
  const cache = progress.remoteCache === undefined ? [] : [cacheLine(progress.remoteCache, colors)];
  const before = [...cache, ...fallbackLines(progress.fellBack.values(), colors)];
  if (names.length < 2) return [...before, head];
  const shown = names.slice(0, maxNames).join(", ");
  const more = names.length > maxNames ? `, and ${shownNumber(names.length - maxNames)} more` : "";
  return [...before, head, `${colors.red("failed")}: ${shown}${more}`];
}
