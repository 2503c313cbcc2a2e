/**
 * Explanations: why stage calls ran, were reused, failed or did not start, as data and as text.
 *
 * The first stages are those that were asked about; behind them stand those that made what has changed
 * for them, down to where the change began.
 *
 * @module
 */
import { listed } from "../base/listed.ts";
import type { Remark } from "../graph/remark.ts";
import { describeChange, type Change } from "./change.ts";
import type { PastRun } from "./comparison.ts";
import type { Verdict } from "./evidence.ts";
import type { Basis } from "./finding.ts";

/** Why one stage call came out as it did. Plain data, that survives JSON. */
export interface StageExplanation {
  /** The stage call, as plans and graphs call it: `compile`, `compile#2`. */
  readonly stage: string;
  readonly status: Verdict["status"];
  /** What there was to compare with. */
  readonly basis: Basis;
  /** What differs from {@link StageExplanation.past}. */
  readonly changes: readonly Change[];
  /** The earlier run that it is compared with. */
  readonly past?: PastRun;
  /** Of what is reused: the run that gave the result. */
  readonly madeBy?: PastRun;
  /** Why it failed, was skipped, or always runs: one clause. */
  readonly reason?: string;
  /** Of what is unknown: the calls on which that depends. */
  readonly waitsFor?: readonly string[];
  /** What the run gave rise to say: this one, or that which gave the reused result. Absent when that is nothing. */
  readonly remarks?: readonly Remark[];
}

/** An explanation of one stage call by itself, and the way to what explains it further. Plain data. */
export interface LinkedExplanation {
  /** The stage call, as plans and graphs call it. */
  readonly stage: string;
  /** What the text of an {@link Explanation} says of this call. */
  readonly text: string;
  /** Whether something of what changed for it was made by no other stage. */
  readonly isOrigin: boolean;
  /**
   * The calls that explain it further, in the order of reading. An explanation that is asked of a call that
   * would be reused leaves them out.
   */
  readonly causes: readonly string[];
}

/** Changes and remarks of one stage, and stages, that a text shows. */
const maxChanges = 10;
const maxRemarks = 10;
const maxStages = 20;

/** Letters of a key that a text shows. */
const shownKey = 12;

/** An explanation. `JSON.stringify` gives all of it, `toString` what a person wants to read. */
export class Explanation {
  /** Effects before causes. Empty when nothing made what was asked about: it is a source, or a text. */
  readonly stages: readonly StageExplanation[];

  constructor(stages: readonly StageExplanation[]) {
    this.stages = stages;
  }

  /** A few lines for each stage, without colours, and without a line end behind the last. */
  toString(): string {
    if (this.stages.length === 0)
      return "nothing makes it: it is a source, or a text of the script";
    if (this.stages.length <= maxStages) return this.stages.flatMap(textOf).join("\n");
    // What people look for is where it began; what only passes a change on can be counted.
    const head = this.stages.slice(0, maxStages / 2);
    const origins = this.stages
      .slice(head.length)
      .filter(isOrigin)
      .slice(0, maxStages / 2);
    const left = this.stages.length - head.length - origins.length;
    const shown = [...head.flatMap(textOf), `... and ${left} more stages`];
    return [...shown, ...origins.flatMap(textOf)].join("\n");
  }
}

/** Whether something of what changed for it was made by no other stage. */
export function isOrigin({ changes, reason }: StageExplanation): boolean {
  const isOwn = (change: Change): boolean =>
    change.type !== "input" || change.from.type !== "output";
  return reason !== undefined || changes.some(isOwn);
}

function textOf(explanation: StageExplanation): string[] {
  const { changes, madeBy } = explanation;
  const lines = changes.slice(0, maxChanges).flatMap(describeChange);
  const left = changes.length - maxChanges;
  if (left > 0) lines.push(`... and ${left} more changes`);
  const [head, ...more] = headOf(explanation);
  if (madeBy !== undefined) more.push(`made ${shownTime(madeBy.ranAt)} by ${madeBy.ranBy}`);
  if (madeBy !== undefined) more.push(`key ${madeBy.key.slice(0, shownKey)}`);
  const title = introOf(explanation, lines.length > 0);
  const said = remarkLines(explanation.remarks ?? []);
  const body = [...more, ...(title === undefined ? lines : [title, ...indented(lines)]), ...said];
  const hasMore = body.length > 0;
  return [`${head}${hasMore && !head?.includes(":") ? ":" : ""}`, ...indented(body)];
}

/** What happened, and why if nothing has to be listed for it. */
function headOf({ stage, status, basis, reason, waitsFor, changes }: StageExplanation): string[] {
  const name = `\`${stage}\``;
  const first = "nothing is known of an earlier run";
  switch (status) {
    case "failed":
    case "skipped":
    case "cancelled":
      return [
        status === "failed" ? `${name} failed` : `${name} was ${status}`,
        ...(reason === undefined ? [] : [reason]),
      ];
    case "expanded":
      return [`${name} describes its graph in every build`];
    case "hit":
      return [`${name} would be reused${reason === undefined ? "" : `: ${reason}`}`];
    case "reused":
      return [`${name} was reused`];
    case "unknown": {
      const others = listed(waitsFor ?? []);
      const verb = waitsFor?.length === 1 ? "comes" : "come";
      if (reason !== undefined) return [`${name}: ${reason}`];
      return changes.length > 0
        ? [`${name} runs after ${others}`]
        : [`${name} runs unless ${others} ${verb} out unchanged`];
    }
    case "ran":
    case "run": {
      const verb = status === "ran" ? "ran" : "would run";
      if (reason !== undefined) return [`${name} ${verb}: ${reason}`];
      if (basis === "first") return [`${name} ${verb}: ${first}`];
      if (basis === "forgotten") {
        return [`${name} ${verb}: what it was before is no longer in the store`];
      }
      if (basis === "same") {
        return [`${name} ${verb} again: nothing has changed, but its earlier result was lost`];
      }
      return [`${name} ${verb}`];
    }
  }
}

/** What its run gave rise to say: first what somebody should do something about. */
function remarkLines(remarks: readonly Remark[]): string[] {
  if (remarks.length === 0) return [];
  const warnings = remarks.filter(({ severity }) => severity === "warning");
  const notes = remarks.filter(({ severity }) => severity === "note");
  const shown = [
    ...warnings.map(({ text }) => `warning: ${text}`),
    ...notes.map(({ text }) => text),
  ];
  const lines = shown.slice(0, maxRemarks).map((text) => text.replaceAll(/\s*[\n\r]\s*/g, " "));
  const left = shown.length - maxRemarks;
  return ["from its log:", ...indented(left > 0 ? [...lines, `... and ${left} more`] : lines)];
}

/** What stands before the changes, where it is not clear what they are changes of. */
function introOf({ status, basis }: StageExplanation, hasChanges: boolean): string | undefined {
  if (!hasChanges || basis !== "compared") return undefined;
  if (status === "failed" || status === "cancelled") return "since its last success:";
  if (status === "hit" || status === "reused") return "it was made because:";
  return undefined;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function shownTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
