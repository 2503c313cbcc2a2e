/**
 * The longest way through a graph: the one that no number of slots makes shorter.
 *
 * @module
 */
import type { NodeId, PlanNode } from "../graph/plan.ts";

/** A way from a node that depends on none to one that nobody depends on. */
export interface Way {
  /** First one first. */
  readonly ids: readonly NodeId[];
  /** Sum of what its nodes count. */
  readonly length: number;
}

/** The way on which the nodes count most, by what each counts. Of two as long, the one that is mentioned first. */
export function longestWay(
  nodes: readonly Pick<PlanNode, "dependencies" | "dependents" | "id">[],
  countOf: (id: NodeId) => number,
): Way {
  const lengths = new Float64Array(nodes.length);
  /** By node: the one before it on its longest way. */
  const before = new Int32Array(nodes.length).fill(-1);
  // Not in the order of their numbers: what a dynamic stage has described has greater ones.
  const unsettled = Int32Array.from(nodes, ({ dependencies }) => dependencies.length);
  const settled = nodes.filter(({ dependencies }) => dependencies.length === 0);
  for (let node = settled.pop(); node !== undefined; node = settled.pop()) {
    const { id, dependencies, dependents } = node;
    let best = -1;
    for (const below of dependencies) {
      if (best === -1 || (lengths[below] ?? 0) > (lengths[best] ?? 0)) best = below;
    }
    before[id] = best;
    lengths[id] = countOf(id) + (best === -1 ? 0 : (lengths[best] ?? 0));
    for (const above of dependents) {
      unsettled[above] = (unsettled[above] ?? 0) - 1;
      const next = nodes[above];
      if (unsettled[above] === 0 && next !== undefined) settled.push(next);
    }
  }
  let last = -1;
  for (const { id } of nodes)
    if (last === -1 || (lengths[id] ?? 0) > (lengths[last] ?? 0)) last = id;
  const ids: NodeId[] = [];
  for (let at = last; at !== -1; at = before[at] ?? -1) ids.push(at);
  return { ids: ids.toReversed(), length: lengths[last] ?? 0 };
}
