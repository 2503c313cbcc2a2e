/**
 * Comparing stages of two machines: why a result that was made there is not found here.
 *
 *     there: ashlar cache explain --json > there.json
 *     here:  ashlar cache explain --against there.json
 *
 * Keys are compared part by part, and inputs file by file.
 *
 * @module
 */
import type { KeyInput, KeyPart } from "@ashlar/core";

import type { ExplainedStage } from "./explained-stage.ts";
import { originText } from "./stage-lines.ts";

/** How a stage call compares. Plain data, that survives JSON. */
export interface StageComparison {
  readonly stage: string;
  readonly verdict:
    | "same key"
    | "differs"
    /** As far as it is known: an input is not, here or there. */
    | "same so far"
    | "only here"
    | "only there";
  /** One clause each. */
  readonly differences: readonly string[];
}

/** Files of one input that are named. */
const maxFiles = 10;

/** Letters of a value that are shown. */
const maxValue = 80;

/** Compares the stages of two builds, by their labels. */
export function compareStages(
  here: readonly ExplainedStage[],
  there: readonly ExplainedStage[],
): readonly StageComparison[] {
  const others = new Map(there.map((each) => [each.stage, each]));
  const compared = here.map((each): StageComparison => {
    const other = others.get(each.stage);
    others.delete(each.stage);
    if (other === undefined) return { stage: each.stage, verdict: "only here", differences: [] };
    return compareStage(each, other);
  });
  const left = [...others.values()].map(({ stage }): StageComparison => {
    return { stage, verdict: "only there", differences: [] };
  });
  return [...compared, ...left];
}

function compareStage(here: ExplainedStage, there: ExplainedStage): StageComparison {
  const { stage, key } = here;
  if (key !== undefined && key === there.key) {
    const isLost = there.status === "hit" && here.status !== "hit";
    const differences = isLost ? ["the result that was found there is not in this store"] : [];
    return { stage, verdict: "same key", differences };
  }
  const differences = [...partDifferences(here, there), ...inputDifferences(here, there)];
  const isKnown = key !== undefined && there.key !== undefined;
  if (differences.length > 0) return { stage, verdict: "differs", differences };
  if (isKnown) return { stage, verdict: "differs", differences: ["its inputs lie differently"] };
  const where = key === undefined ? "here" : "there";
  return { stage, verdict: "same so far", differences: [`its inputs were not known ${where}`] };
}

function partDifferences(here: ExplainedStage, there: ExplainedStage): readonly string[] {
  const nameOf = ({ type, name }: KeyPart): string => `${type} ${name}`.trim();
  const mine = new Map(here.parts.map((part) => [nameOf(part), part]));
  const theirs = new Map(there.parts.map((part) => [nameOf(part), part]));
  const found: string[] = [];
  for (const name of new Set([...theirs.keys(), ...mine.keys()])) {
    // What it is made of is compared input by input.
    if (name === "input-root") continue;
    const [before, after] = [theirs.get(name)?.value, mine.get(name)?.value];
    if (before === after) continue;
    const what = name.replace(/^(\S+) ([^]+)$/, "$1 `$2`");
    if (before === undefined) found.push(`${what}: only here${valueText(after)}`);
    else if (after === undefined) found.push(`${what}: only there${valueText(before)}`);
    else found.push(`${what}: \`${short(before)}\` there, \`${short(after)}\` here`);
  }
  return found;
}

function inputDifferences(here: ExplainedStage, there: ExplainedStage): readonly string[] {
  const mine = new Map(here.inputs.map((input) => [input.path, input]));
  const theirs = new Map(there.inputs.map((input) => [input.path, input]));
  const found: string[] = [];
  for (const path of new Set([...theirs.keys(), ...mine.keys()])) {
    const [before, after] = [theirs.get(path), mine.get(path)];
    const shown = path === "" ? "." : path;
    if (before === undefined || after === undefined) {
      found.push(`input ${shown}: only ${before === undefined ? "here" : "there"}`);
    } else if (
      before.digest !== after.digest &&
      before.digest !== undefined &&
      after.digest !== undefined
    ) {
      const files = fileDifferences(there.files[path], here.files[path]);
      found.push(...(files ?? [`input ${shown}: ${contentText(after)}`]));
    }
  }
  return found;
}

function contentText({ from }: KeyInput): string {
  const text = `${originText(from)} has other content`;
  return from.type === "output" ? `${text}: look at that stage` : text;
}

/** What is different in two lists of files; `undefined` when there is none of one. */
function fileDifferences(
  there: Readonly<Record<string, string>> | undefined,
  here: Readonly<Record<string, string>> | undefined,
): readonly string[] | undefined {
  if (there === undefined || here === undefined) return undefined;
  const paths = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const different = paths.filter((path) => there[path] !== here[path]).toSorted();
  const lines = different.slice(0, maxFiles).map((path) => {
    if (there[path] === undefined) return `${path}: only here`;
    return here[path] === undefined ? `${path}: only there` : `${path}: differs`;
  });
  const left = different.length - lines.length;
  return left > 0 ? [...lines, `… and ${left} more files`] : lines;
}

function valueText(value: string | undefined): string {
  return value === undefined || value === "" ? "" : `, \`${short(value)}\``;
}

function short(value: string): string {
  return value.length > maxValue ? `${value.slice(0, maxValue)}…` : value;
}
