/**
 * The report of a build as one object of JSON, for programs.
 *
 * @module
 */
import {
  reportFold,
  type BuildEvent,
  type BuildOutcome,
  type ErrorSummary,
  type Remark,
  type RemoteCacheUse,
  type Totals,
} from "@ashlar/core";

import type { BuildEnd, Reporter } from "./reporter.ts";

/** What `ashlar build --json` prints. Absent fields do not apply. */
export interface JsonReport {
  readonly outcome: BuildOutcome;
  readonly durationMs: number;
  readonly totals: Totals;
  readonly remoteCache?: RemoteCacheUse;
  /** Every stage call, inputs before what needs them. */
  readonly stages: readonly JsonStage[];
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly text: string;
  }[];
}

/** A stage call of a {@link JsonReport}. */
export interface JsonStage {
  readonly id: number;
  /** As plans call it: `compile`, `compile#2`. */
  readonly name: string;
  readonly outcome: string;
  readonly durationMs: number;
  readonly key?: string;
  readonly ranBy?: string;
  readonly reason?: string;
  /** What its log gave rise to say. */
  readonly remarks?: readonly Remark[];
  /** Why its command ran in this build on another runner than that which was asked. */
  readonly fellBack?: ErrorSummary;
}

/** Makes a reporter that gives the whole report when the build is over. */
export function jsonReporter(take: (report: JsonReport) => void, render: Render): Reporter {
  const fold = reportFold();
  return {
    onEvent: (event: BuildEvent) => fold.onEvent(event),
    end: (end) => {
      if (end !== undefined) take(jsonReport(fold.summary(), end, render));
    },
  };
}

/** How an error is written out. */
export type Render = (error: BuildEnd["errors"][number]) => string;

function jsonReport(
  { durationMs, totals, stages, remoteCache }: ReturnType<ReturnType<typeof reportFold>["summary"]>,
  { outcome, errors }: BuildEnd,
  render: Render,
): JsonReport {
  return {
    ...{ outcome, durationMs, totals },
    ...(remoteCache !== undefined && { remoteCache }),
    stages: stages.map(({ state, durationMs: took, key, ranBy, reason, remarks, ...stage }) => ({
      ...{ id: stage.id, name: stage.name, outcome: state, durationMs: took },
      ...(key !== undefined && { key }),
      ...(ranBy !== undefined && { ranBy }),
      ...(reason !== undefined && { reason }),
      ...(remarks.length > 0 && { remarks }),
      ...(stage.fellBack !== undefined && { fellBack: stage.fellBack }),
    })),
    errors: errors.map((error) => {
      const { code, message } = error;
      return { code, message, text: render(error) };
    }),
  };
}
