/**
 * Priorities: how urgent each node is, by what earlier builds have measured.
 *
 *     urgency = own duration + the longest way from here to the end of the build
 *
 * So the critical path goes first, and what is short fills the gaps. A duration that nobody has measured is
 * taken to be the median of those of the same stage, else of all; where nothing was measured, every
 * command counts alike, and the way with the most nodes is the longest.
 *
 * Worked out when first asked, for the whole plan at once; so builds in which nothing has to wait for
 * anything pay nothing.
 *
 * @module
 */
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";

/** What is known of the past. */
export interface Durations {
  /** How long the command of a node took the last time, in milliseconds; `undefined` if unknown. */
  earlierDuration(node: PlanNode): number | undefined;
  /** All durations on record, by name of the stage. */
  durationsByStage(): ReadonlyMap<string, readonly number[]>;
}

/** The least that a command counts, in milliseconds: of two ways that take no time, the longer one goes first. */
const leastMs = 1;

/** How urgent the nodes of one plan are. */
export class Priorities {
  readonly #plan: Plan;
  readonly #durations: Durations;
  #urgency: Float64Array = new Float64Array(0);

  constructor(plan: Plan, durations: Durations) {
    this.#plan = plan;
    this.#durations = durations;
  }

  /** Urgency of a node, in milliseconds. Greater goes first. */
  of(id: NodeId): number {
    // Dynamic stages let a plan grow.
    if (this.#urgency.length !== this.#plan.nodes.length) this.#urgency = this.#workOut();
    return this.#urgency[id] ?? 0;
  }

  #workOut(): Float64Array {
    const { nodes } = this.#plan;
    const estimate = this.#estimator();
    const urgency = new Float64Array(nodes.length);
    const unsettled = Int32Array.from(nodes, ({ dependents }) => dependents.length);
    const settled = nodes.filter(({ dependents }) => dependents.length === 0);
    for (let node = settled.pop(); node !== undefined; node = settled.pop()) {
      const own = (urgency[node.id] ?? 0) + estimate(node);
      urgency[node.id] = own;
      for (const below of node.dependencies) {
        urgency[below] = Math.max(urgency[below] ?? 0, own);
        unsettled[below] = (unsettled[below] ?? 0) - 1;
        if (unsettled[below] === 0) settled.push(nodes[below] as PlanNode);
      }
    }
    return urgency;
  }

  /** How long a node will take, as far as can be said. */
  #estimator(): (node: PlanNode) => number {
    const byStage = this.#durations.durationsByStage();
    const medians = new Map<string, number>();
    for (const [name, measured] of byStage) {
      const middle = median(measured);
      if (middle !== undefined) medians.set(name, middle);
    }
    const usual = median([...byStage.values()].flat()) ?? leastMs;
    return (node) => {
      // A dynamic stage runs nothing itself.
      if (node.call.expand !== undefined) return 0;
      const known = byStage.size === 0 ? undefined : this.#durations.earlierDuration(node);
      return Math.max(known ?? medians.get(node.name) ?? usual, leastMs);
    };
  }
}

/** The lower one, if there are two in the middle. */
function median(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1];
}
