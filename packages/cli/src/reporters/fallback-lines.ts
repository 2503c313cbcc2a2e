/**
 * The lines about commands that were for a runner elsewhere, and ran here in its place: how many, and why.
 *
 *     fallback 3 commands ran here, the first because `grpc://cluster:8980` does not answer as it should (no answer within 2 s)
 *
 * @module
 */
import type { ErrorSummary } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { shownCount } from "../shown.ts";
import { reasonOf } from "./reason.ts";

/** A line for each kind of reason, with the first of that kind. A service that is away is a worry, another reason is not. */
export function fallbackLines(errors: Iterable<ErrorSummary>, colors: Colors): readonly string[] {
  const byCode = new Map<string, { readonly first: ErrorSummary; count: number }>();
  for (const error of errors) {
    const seen = byCode.get(error.code);
    if (seen === undefined) byCode.set(error.code, { first: error, count: 1 });
    else seen.count++;
  }
  return [...byCode].map(([code, { first, count }]) => {
    const because = count === 1 ? "because" : "the first because";
    const text = `${shownCount(count, "command")} ran here, ${because} ${oneLine(reasonOf(first))}`;
    const isAway = code === "REMOTE_UNAVAILABLE";
    return `${colors.dim("fallback")} ${isAway ? colors.yellow(text) : text}`;
  });
}
