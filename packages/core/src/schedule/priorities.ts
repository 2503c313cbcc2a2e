/**
 * Priorities: how urgent each node is, by what earlier builds have measured.
 *
 *     urgency = own duration + the longest way from here to the end of the build
 *
 * So the critical path goes first, and what is short fills the gaps. Where nothing was measured, every
 * command counts alike, and the way with the most nodes is the longest.
 *
 * Worked out when first asked, for the whole plan at once; so builds in which nothing has to wait for
 * anything pay nothing.
 *
 * @module
 */
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import { estimatorOf, type Durations } from "./estimates.ts";

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
    const estimate = estimatorOf(this.#durations);
    const urgency = new Float64Array(nodes.length);
    const unsettled = Int32Array.from(nodes, ({ dependents }) => dependents.length);
    const settled = nodes.filter(({ dependents }) => dependents.length === 0);
    for (let node = settled.pop(); node !== undefined; node = settled.pop()) {
      // A dynamic stage runs nothing itself.
      const spent = node.call.expand === undefined ? Math.max(estimate(node), leastMs) : 0;
      const own = (urgency[node.id] ?? 0) + spent;
      urgency[node.id] = own;
      for (const below of node.dependencies) {
        urgency[below] = Math.max(urgency[below] ?? 0, own);
        unsettled[below] = (unsettled[below] ?? 0) - 1;
        if (unsettled[below] === 0) settled.push(nodes[below] as PlanNode);
      }
    }
    return urgency;
  }
}
