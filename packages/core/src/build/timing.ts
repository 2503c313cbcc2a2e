/**
 * Timing: how long a build took, and what kept it from being shorter.
 *
 * @module
 */
import { labelsOf } from "../graph/labels.ts";
import type { NodeId, Plan } from "../graph/plan.ts";
import { longestWay } from "./longest-way.ts";

/** How long a build took, or would take. Times are in milliseconds. */
export interface Timing {
  /** From the start of the build to its end. */
  readonly makespanMs: number;
  /** What all commands took together. */
  readonly spentMs: number;
  /**
   * Share of the time of all slots in which commands ran, from 0 to 1; a command that needs two of them
   * counts twice. 0 of a build that took no time.
   */
  readonly utilisation: number;
  /**
   * The stages on the way that took longest, first one first, those left out that ran nothing. As in the graph of
   * a plan, the second call of a stage is `compile#2`.
   */
  readonly criticalPath: readonly string[];
  /** What its stages took together: no number of slots makes the build shorter than that. */
  readonly criticalMs: number;
}

/** What a timing is worked out from. */
export interface TimingParts {
  readonly plan: Plan;
  readonly makespanMs: number;
  /** Capacity of `cpu`. */
  readonly slots: number;
  /** How long a node had what its command needs, in milliseconds. */
  readonly spentOn: (id: NodeId) => number;
}

/** Works out the timing of a plan. */
export function timingOf({ plan, makespanMs, slots, spentOn }: TimingParts): Timing {
  const { nodes } = plan;
  let [spentMs, busyMs] = [0, 0];
  for (const { id, call } of nodes) {
    const spent = spentOn(id);
    spentMs += spent;
    busyMs += spent * (call.command.run.resources["cpu"] ?? 0);
  }
  const { ids, length } = longestWay(nodes, spentOn);
  const labels = labelsOf(plan);
  const criticalPath: string[] = [];
  for (const id of ids) {
    const call = nodes[id]?.call;
    if (call !== undefined && spentOn(id) > 0) criticalPath.push(labels.get(call) ?? call.name);
  }
  const utilisation = makespanMs > 0 ? busyMs / (slots * makespanMs) : 0;
  return { makespanMs, spentMs, utilisation, criticalPath, criticalMs: length };
}
