/**
 * Described plans: a plan with what its dynamic stages add to it, as far as the store knows what they read.
 *
 * In a build, what a dynamic stage describes is there only when its inputs are. A plan that grew before does not say so, but here
 * those inputs are among the dependencies of what was described.
 *
 * @module
 */
import { BuildError } from "../errors/build-error.ts";
import type { BuildEventBody } from "../events/event.ts";
import type { NodeId, Plan, PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import { takeSources } from "../schedule/take-sources.ts";
import { Forecast } from "./forecast.ts";
import type { Ground } from "./ground.ts";

/** A plan, and what of it is not known. */
export interface DescribedPlan {
  readonly plan: Plan;
  /** Dynamic stages whose graphs are missing. */
  readonly undescribed: readonly PlanNode[];
}

/** Says which dynamic stages of a plan are yet to describe their graphs: all. */
export function undescribedPlan(plan: Plan): DescribedPlan {
  return { plan, undescribed: plan.nodes.filter(({ call }) => call.expand !== undefined) };
}

/**
 * Has dynamic stages describe their graphs, as plans of a build do. What stands in the way of that (a source that is not there, a
 * body that fails) leaves them as they are.
 */
export async function describePlan(ground: Ground): Promise<DescribedPlan> {
  const { plan, sources, clock, identities } = ground;
  const { signal } = new AbortController();
  /** By number of a described node: what its describer had waited for until then. */
  const inputs = new Map<NodeId, readonly NodeId[]>();
  const emit = (event: BuildEventBody): void => {
    if (event.type !== "stage-expanded") return;
    const added = new Set(event.dependencies);
    const before = plan.nodes[event.id]?.dependencies.filter((id) => !added.has(id)) ?? [];
    for (const { id } of event.stages) inputs.set(id, before);
  };
  const forecast = new Forecast({ ...ground, signal, emit });
  try {
    await takeSources(plan.sources, sources, { clock, signal, emit: () => {} });
    await identities.prefetch(plan.nodes.map(({ call }) => call.command));
    await forecast.decide();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
  }
  const described = withInputs(plan, inputs);
  const undescribed = described.nodes.filter(
    (node) => node.call.expand !== undefined && forecast.handleOf(node) === undefined,
  );
  return { plan: described, undescribed };
}

/** A copy of a plan in which some nodes wait for more. */
function withInputs(plan: Plan, inputs: ReadonlyMap<NodeId, readonly NodeId[]>): Plan {
  if (inputs.size === 0) return plan;
  const waiting = new Map<NodeId, NodeId[]>();
  for (const [id, some] of inputs) {
    for (const below of some) {
      const known = waiting.get(below);
      if (known === undefined) waiting.set(below, [id]);
      else known.push(id);
    }
  }
  const nodes: PlanNode[] = [];
  for (const node of plan.nodes) {
    const dependencies = union(node.dependencies, inputs.get(node.id));
    nodes.push({ ...node, dependencies, dependents: union(node.dependents, waiting.get(node.id)) });
  }
  const nodeByCall = new Map<StageCall, PlanNode>(nodes.map((node) => [node.call, node]));
  return { ...plan, nodes, nodeByCall };
}

function union(one: readonly NodeId[], other: readonly NodeId[] = []): readonly NodeId[] {
  return other.length === 0 ? one : [...new Set([...one, ...other])];
}
