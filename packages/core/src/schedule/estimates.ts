/**
 * Estimates: how long commands will take, by how long they took.
 *
 * A duration that nobody has measured is taken to be the median of those of the same stage, else of all;
 * where nothing was measured, all commands are alike.
 *
 * @module
 */
import type { PlanNode } from "../graph/plan.ts";

/** What is known of the past. */
export interface Durations {
  /** How long the command of a node took the last time, in milliseconds; `undefined` if unknown. */
  earlierDuration(node: PlanNode): number | undefined;
  /** All durations on record, by name of the stage. */
  durationsByStage(): ReadonlyMap<string, readonly number[]>;
}

/** Where nothing was measured: what a command takes, in milliseconds. */
const unmeasuredMs = 1;

/** How long each node will take, in milliseconds, as far as can be said. */
export function estimatorOf(durations: Durations): (node: PlanNode) => number {
  const byStage = durations.durationsByStage();
  const medians = new Map<string, number>();
  for (const [name, measured] of byStage) {
    const middle = median(measured);
    if (middle !== undefined) medians.set(name, middle);
  }
  const usual = median([...byStage.values()].flat()) ?? unmeasuredMs;
  return (node) => {
    // A dynamic stage runs nothing itself.
    if (node.call.expand !== undefined) return 0;
    const known = byStage.size === 0 ? undefined : durations.earlierDuration(node);
    return known ?? medians.get(node.name) ?? usual;
  };
}

/** The lower one, if there are two in the middle. */
function median(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1];
}
