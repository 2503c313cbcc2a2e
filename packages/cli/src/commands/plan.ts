/**
 * `ashlar plan [targets]`.
 *
 * @module
 */
import { plan, type StageForecast } from "@ashlar/core";

import { makeColors, wantsColor, type Colors } from "../colors.ts";
import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { openSession } from "../session.ts";
import { shownCount, shownNumber, shownTime } from "../shown.ts";
import { chooseTargets } from "../targets/targets.ts";

/** What `ashlar plan --json` prints. */
export interface JsonPlan {
  readonly targets: readonly string[];
  /** Targets of the build file that were not asked for. */
  readonly notRequested: readonly string[];
  readonly stages: readonly StageForecast[];
  readonly criticalPath: readonly string[];
  readonly expectedMs: number;
  readonly longestMs: number;
}

/** Says what a build would do. */
export const run: Run = async (names, options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { chosen, left } = chooseTargets(session.file, names);
  const coming = await plan(
    chosen.map(({ handle }) => handle),
    await session.ready(),
  );
  const { env, out } = surroundings;
  const { stages, criticalPath, expectedMs, longestMs } = coming;
  const notRequested = left.map(({ name }) => name);
  const targets = chosen.map(({ name }) => name);
  const whole: JsonPlan = {
    ...{ targets, notRequested, stages, criticalPath, expectedMs, longestMs },
  };
  if (options.json === true) {
    out.write(`${JSON.stringify(whole)}\n`);
    return exitCode.succeeded;
  }
  const colors = makeColors(wantsColor(out, env, options.color));
  out.write(`${planLines(whole, colors).join("\n")}\n`);
  return exitCode.succeeded;
};

/** Hits that are listed; more are only counted. */
const maxHits = 20;

/** A plan as people read it. */
export function planLines(
  coming: Pick<JsonPlan, "stages" | "criticalPath" | "expectedMs" | "longestMs" | "notRequested">,
  colors: Colors,
): readonly string[] {
  const { stages, criticalPath, expectedMs, longestMs, notRequested } = coming;
  const of = (status: StageForecast["status"]): readonly StageForecast[] =>
    stages.filter((each) => each.status === status);
  const hits = of("hit");
  const shown = hits.length > maxHits ? stages.filter(({ status }) => status !== "hit") : stages;
  const width = Math.min(40, Math.max(0, ...shown.map(({ stage }) => stage.length)));
  const paint = { hit: colors.dim, run: colors.yellow, unknown: colors.cyan };
  const lines = shown.map(({ stage, status, reason, expectedMs: took = 0 }) => {
    const time = took > 0 ? `  (${shownTime(took)})` : "";
    const name = reason === "" && time === "" ? stage : stage.padEnd(width);
    return `  ${paint[status](status.padEnd(7))}  ${name}  ${reason}${time}`.trimEnd();
  });
  const [reused, toRun, unknown] = [hits, of("run"), of("unknown")].map(({ length }) => {
    return shownNumber(length);
  });
  const counts = `${reused} reused, ${toRun} to run, ${unknown} unknown`;
  const time =
    expectedMs === longestMs
      ? [`at least ${shownTime(expectedMs)}`]
      : [
          `at least ${shownTime(expectedMs)}, or ${shownTime(longestMs)} if all that is unknown runs`,
        ];
  const way = criticalPath.length > 1 ? [`longest way: ${criticalPath.join(" → ")}`] : [];
  const hidden = hits.length - (stages.length === shown.length ? hits.length : 0);
  return [
    counts,
    ...lines,
    ...(hidden > 0 ? [`  ${colors.dim(`hit      … ${shownCount(hidden, "stage")} more`)}`] : []),
    ...(longestMs > 0 ? [...time, ...way] : []),
    ...(notRequested.length > 0 ? [`not requested: ${notRequested.join(", ")}`] : []),
  ];
}
