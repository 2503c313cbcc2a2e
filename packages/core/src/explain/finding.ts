/**
 * Findings: how a stage call differs from its own past.
 *
 * @module
 */
import type { PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import type { Change } from "./change.ts";
import { compareActions, compareKnown, recallPast, type PastRun } from "./comparison.ts";
import type { Evidence } from "./evidence.ts";

/** What there was to compare with. */
export type Basis =
  /** An earlier run. */
  | "compared"
  /** Nothing is known of an earlier run. */
  | "first"
  /** The earlier result is no longer in the store, or does not say what was run. */
  | "forgotten"
  /** The key is that of the earlier result, which could not be used. */
  | "same";

/** What was found out about one call. */
export interface Finding {
  readonly basis: Basis;
  /** The run that it is compared with, or that made the result which is reused. */
  readonly past?: PastRun;
  /** Of what is reused: the run that gave the result. */
  readonly madeBy?: PastRun;
  readonly changes: readonly Change[];
  /** The calls that have made what differs. */
  readonly producers: ReadonlySet<StageCall>;
}

/** Compares a call with its earlier run; one whose result is that of the earlier run, with the one before. */
export async function findDifferences(evidence: Evidence, node: PlanNode): Promise<Finding> {
  const { store, history, labelOf } = evidence;
  const verdict = evidence.verdictOn(node);
  const key = verdict?.key;
  let earlier = history.earlierKey(node);
  const isReused = verdict?.status === "reused" || verdict?.status === "hit";
  const own = key !== undefined && isReused ? await recallPast(store, key) : undefined;
  const made = own && { madeBy: own.run };
  if (isReused && (earlier === key || earlier === undefined)) {
    earlier = own?.replaces === key ? undefined : own?.replaces;
  }
  if (earlier === undefined) return { ...without("first"), ...made };
  if (earlier === key) return { ...without("same"), ...made };
  const past = await recallPast(store, earlier);
  if (past?.action === undefined)
    return { ...without("forgotten"), ...made, ...(past && { past: past.run }) };
  const context = { content: store.content, call: node.call, labelOf };
  const action = await evidence.compose(node);
  if (action !== undefined) {
    const found = await compareActions(past.action, action, context);
    return { basis: "compared", ...made, past: past.run, ...found };
  }
  const { parts, values } = await evidence.composeKnown(node);
  const found = await compareKnown(past.action, parts, values, context);
  return { basis: "compared", ...made, past: past.run, ...found };
}

function without(basis: Basis): Finding {
  return { basis, changes: [], producers: new Set() };
}
