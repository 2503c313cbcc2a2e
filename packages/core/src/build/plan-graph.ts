/**
 * The graph of a plan, as data that people can query, walk and export.
 *
 *     targets ─▶ plan ─▶ tables of nodes and edges ─▶ graphology
 *
 * Nothing is run, read or looked up: the graph says what a build would involve, and not what of it is in
 * a store. The engine itself never uses it, for its own tables are many times as fast.
 *
 * @module
 */
import { isHandle, type Handle } from "../artifact/handle.ts";
import { notAHandle } from "../errors/catalogue.ts";
import type { Targets } from "./ground.ts";
import type { PlanGraph } from "./plan-attributes.ts";
import { PlanTables, type GrownPlan } from "./plan-tables.ts";

/**
 * Makes the graph of all that the targets stand on. It belongs to the caller, who may change it.
 *
 * Equal pipelines give equal graphs, keys and order included. It is asynchronous only because
 * `graphology` is loaded when it is first needed, so that a build does not pay for it.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE` when a target is something else.
 * @example
 * ```ts
 * const graph = await planGraph(all({ app, checked }));
 * const sources = graph.filterNodes((_, node) => node.type === "source");
 * ```
 */
export async function planGraph(targets: Targets): Promise<PlanGraph> {
  const handles: readonly unknown[] = Array.isArray(targets) ? targets : [targets];
  for (const handle of handles) if (!isHandle(handle)) throw notAHandle(handle, "a target");
  return await graphOf(handles as readonly Handle[]);
}

/** The same, with what dynamic stages have added to the plan of the targets. */
export async function graphOf(
  targets: Handle | readonly Handle[],
  grown?: GrownPlan,
): Promise<PlanGraph> {
  const handles = isHandle(targets) ? [targets] : targets;
  const { nodes, edges } = new PlanTables(handles, grown);
  const { MultiDirectedGraph } = await import("graphology");
  const graph: PlanGraph = new MultiDirectedGraph();
  for (const [key, node] of nodes) graph.addNode(key, node);
  // With keys of their own: those that graphology makes up differ from graph to graph.
  for (const { key, from, to, edge } of edges) graph.addEdgeWithKey(key, from, to, edge);
  return graph;
}
