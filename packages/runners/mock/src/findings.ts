/**
 * Findings: what a test asks of a report, a mock or a plan, without any test library.
 *
 * Each says whether something holds, and how to complain when it does not, or when it does and should not.
 *
 * @module
 */
import type { AnyStage, Report, StageReport } from "@ashlar/core";

import { orderOf, type MockCall } from "./call.ts";

/** A stage, or the name of some. */
export type StageName = AnyStage | string;

/** What was asked, and the answer. */
export interface Finding {
  readonly pass: boolean;
  /** The complaint: of a negated question if it holds, else of the question. */
  readonly message: () => string;
}

/** Something that lists what it was called with: a mock runner. */
export interface Called {
  readonly calls: readonly MockCall[];
}

/** Whether commands of all these stages were executed in a build, with whatever end. */
export function haveRun(report: Report, stages: readonly StageName[]): Finding {
  return allOf(report, stages, "run", ({ attempts }) => attempts > 0);
}

/** Whether earlier results were used for all these stages. */
export function haveReused(report: Report, stages: readonly StageName[]): Finding {
  return allOf(report, stages, "be reused", ({ outcome }) => outcome === "reused");
}

/** Whether all these stages were not started, because of what came before them. */
export function haveSkipped(report: Report, stages: readonly StageName[]): Finding {
  return allOf(report, stages, "be skipped", ({ outcome }) => outcome === "skipped");
}

/** Whether a call of a stage has a key. */
export function haveKey(report: Report, stage: StageName, key: string): Finding {
  const keys: readonly string[] = stagesOf(report, stage).map((each) => each.key ?? "none");
  const name = nameOf(stage);
  return {
    pass: keys.includes(key),
    message: () => `\`${name}\` has ${keys.length === 0 ? "no call" : `key ${keys.join(", ")}`}`,
  };
}

/** Whether all commands of one stage were over before the first of another started. */
export function haveRunBefore({ calls }: Called, first: StageName, then: StageName): Finding {
  const [before, after] = [first, then].map((stage) => calls.filter((call) => isOf(call, stage)));
  const [one, other] = [nameOf(first), nameOf(then)];
  const missing = before?.length === 0 ? one : after?.length === 0 ? other : undefined;
  const ends = (before ?? []).map((call) => orderOf(call)?.over ?? Infinity);
  const starts = (after ?? []).map((call) => orderOf(call)?.begun ?? -Infinity);
  const pass = missing === undefined && Math.max(...ends) < Math.min(...starts);
  const order = calls.map(({ name }) => name).join(", ") || "nothing";
  return {
    pass,
    message: () => {
      if (missing !== undefined) return `\`${missing}\` did not run; this did: ${order}`;
      const verb = pass ? "was over before" : "was not over before";
      return `\`${one}\` ${verb} \`${other}\` started; started were, in this order: ${order}`;
    },
  };
}

function allOf(
  report: Report,
  stages: readonly StageName[],
  what: string,
  holds: (stage: StageReport) => boolean,
): Finding {
  if (stages.length === 0) throw new TypeError("which stages? There should be one at least");
  const failing = stages.find((stage) => !stagesOf(report, stage).some(holds));
  const names = stages.map((stage) => `\`${nameOf(stage)}\``).join(", ");
  const pass = failing === undefined;
  return {
    pass,
    message: () => {
      const asked = pass ? `${names} should not ${what}` : `\`${nameOf(failing)}\` should ${what}`;
      return `${asked}; the build says:\n${outcomesOf(report)}`;
    },
  };
}

function outcomesOf({ stages }: Report): string {
  if (stages.length === 0) return "  no stage settled";
  const line = ({ outcome, name, reason }: StageReport): string =>
    `  ${outcome.padEnd(9)} ${name}${reason === undefined ? "" : `: ${reason}`}`;
  return stages.map(line).join("\n");
}

function stagesOf({ stages }: Report, stage: StageName): readonly StageReport[] {
  const name = nameOf(stage);
  return stages.filter((each) => each.name === name);
}

function isOf(call: MockCall, stage: StageName): boolean {
  return typeof stage === "string" ? call.name === stage : call.stage === stage;
}

function nameOf(stage: StageName): string {
  return typeof stage === "string" ? stage : stage.stageName;
}
