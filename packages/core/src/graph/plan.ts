/**
 * The plan: all that one build may run, as a table.
 *
 * Nodes are stage calls; edges are the calls that must be over before, for their outputs or as gates.
 * A plan decides nothing: it does not know what is in a store, or in which order things will run. It
 * grows when a dynamic stage describes more graph: {@link growPlan}.
 *
 * @module
 */
import type { Handle, SourceOrigin } from "../artifact/handle.ts";
import { closureOf, needsOf, type Needs } from "./closure.ts";
import type { StageCall } from "./stage.ts";

/** Number of a node in its plan: its index. Those of what it needed from the start are smaller. */
export type NodeId = number;

/** A stage call in a plan. */
export interface PlanNode {
  readonly id: NodeId;
  readonly name: string;
  readonly call: StageCall;
  /** Nodes that must have succeeded before this one may start; of a dynamic stage, before it is over. */
  readonly dependencies: readonly NodeId[];
  /** Nodes that have this one among their dependencies. */
  readonly dependents: readonly NodeId[];
  /** Nodes on the longest way from here to the end of the build, this one included. */
  readonly pathLength: number;
  /** Whether the build was asked for it by name. */
  readonly isTarget: boolean;
  /** Whether no target stands on it: it is there for a check beside them. */
  readonly isBeside: boolean;
}

/** The acyclic graph of one build. Inputs come before what needs them. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  readonly nodeByCall: ReadonlyMap<StageCall, PlanNode>;
  readonly sources: ReadonlySet<SourceOrigin>;
}

/** A plan as those see it who may add to it. */
interface GrowingPlan extends Plan {
  readonly nodes: GrowingNode[];
  readonly nodeByCall: Map<StageCall, GrowingNode>;
  readonly sources: Set<SourceOrigin>;
}

interface GrowingNode extends PlanNode {
  readonly dependencies: NodeId[];
  readonly dependents: NodeId[];
  pathLength: number;
  isBeside: boolean;
}

/** Lays out all that the targets stand on. */
export function makePlan(targets: readonly Handle[]): Plan {
  const plan: GrowingPlan = { nodes: [], nodeByCall: new Map(), sources: new Set() };
  const { calls, sources } = needsOf(targets);
  for (const origin of sources) plan.sources.add(origin);
  const closure = closureOf(targets, undefined, plan.sources);
  addNodes(plan, closure, calls, { pathLength: 0, isTarget: true, isBeside: false });
  return plan;
}

/** What a plan would grow by. */
export interface Growth {
  /** The new calls, inputs before what needs them. */
  readonly closure: ReadonlyMap<StageCall, readonly StageCall[]>;
  /** Calls that the dynamic stage waits for from now on, new and known ones. */
  readonly needed: Needs["calls"];
  /** The directories that were not in the plan before. */
  readonly sources: ReadonlySet<SourceOrigin>;
  /** When the new graph rests on the stage itself: the names on the way from it to itself. */
  readonly cycle: readonly string[] | undefined;
}

/**
 * What a plan would grow by if one of its nodes stood for a handle. Changes nothing.
 *
 * @param isOver - Whether a node has succeeded, so that it cannot wait for anything.
 */
export function growthOf(
  plan: Plan,
  node: PlanNode,
  handle: Handle,
  isOver: (id: NodeId) => boolean,
): Growth {
  const { calls: needed, sources } = needsOf([handle]);
  const added = new Set(sources);
  const closure = closureOf([handle], (call) => plan.nodeByCall.has(call), added);
  for (const origin of plan.sources) added.delete(origin);
  const below = (call: StageCall): Iterable<StageCall> => {
    const known = plan.nodeByCall.get(call);
    if (known === undefined) return closure.get(call) ?? [];
    return isOver(known.id) ? [] : known.dependencies.map((id) => callOf(plan, id));
  };
  const way = wayTo(node.call, needed, below);
  const cycle = way && [node.name, ...way.map(({ name }) => name)];
  return { closure, needed, sources: added, cycle };
}

/** Adds what one of its nodes waits for from now on. Returns the new nodes. */
export function growPlan(plan: Plan, node: PlanNode, growth: Growth): readonly PlanNode[] {
  const growing = plan as GrowingPlan;
  const { closure, needed, sources } = growth;
  for (const origin of sources) growing.sources.add(origin);
  const { pathLength, isBeside } = node;
  const added = addNodes(growing, closure, needed, { pathLength, isTarget: false, isBeside });
  const grown = growing.nodes[node.id] as GrowingNode;
  for (const call of needed) {
    const below = growing.nodeByCall.get(call) as GrowingNode;
    if (grown.dependencies.includes(below.id)) continue;
    grown.dependencies.push(below.id);
    below.dependents.push(node.id);
    if (!isBeside) needForTargets(growing, below);
  }
  return added;
}

/** Adds calls whose inputs are in the plan, or come before them; `wanted` are those at the top. */
function addNodes(
  plan: GrowingPlan,
  closure: ReadonlyMap<StageCall, readonly StageCall[]>,
  wanted: Needs["calls"],
  top: Pick<PlanNode, "isBeside" | "isTarget" | "pathLength">,
): readonly PlanNode[] {
  const first = plan.nodes.length;
  // Not `for ... of`, which makes a pair of each entry.
  // eslint-disable-next-line unicorn/no-array-for-each
  closure.forEach((below, call) => {
    const node: GrowingNode = {
      id: plan.nodes.length,
      name: call.name,
      call,
      dependencies: below.map((needed) => (plan.nodeByCall.get(needed) as PlanNode).id),
      dependents: [],
      pathLength: 1 + top.pathLength,
      isTarget: top.isTarget && wanted.has(call),
      isBeside: top.isBeside || !wanted.has(call),
    };
    plan.nodes.push(node);
    plan.nodeByCall.set(call, node);
  });
  const nodes = first === 0 ? plan.nodes : plan.nodes.slice(first);
  // By index, for the same reason.
  for (let at = 0; at < nodes.length; at++) {
    const { id, dependencies } = nodes[at] as GrowingNode;
    for (let below = 0; below < dependencies.length; below++) {
      nodeAt(plan, dependencies[below] as NodeId).dependents.push(id);
    }
  }
  // Dependents have greater ids, so one pass from the end settles each before what it tells others.
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { dependencies, pathLength, isBeside } = nodes[at] as GrowingNode;
    for (let index = 0; index < dependencies.length; index++) {
      const id = dependencies[index] as NodeId;
      const below = nodeAt(plan, id);
      if (id < first) {
        if (!isBeside) needForTargets(plan, below);
        continue;
      }
      below.pathLength = Math.max(below.pathLength, 1 + pathLength);
      below.isBeside &&= isBeside;
    }
  }
  return nodes;
}

/** A target stands on the node now, and on all below it. */
function needForTargets(plan: GrowingPlan, node: GrowingNode): void {
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!next.isBeside) continue;
    next.isBeside = false;
    for (const id of next.dependencies) pending.push(nodeAt(plan, id));
  }
}

/** The calls from one of `starts` to `end`, if there is such a way. */
function wayTo(
  end: StageCall,
  starts: Iterable<StageCall>,
  below: (call: StageCall) => Iterable<StageCall>,
): StageCall[] | undefined {
  /** By call: the one that led to it. */
  const cameFrom = new Map<StageCall, StageCall | undefined>();
  const pending: StageCall[] = [];
  const visit = (call: StageCall, from: StageCall | undefined): void => {
    if (cameFrom.has(call)) return;
    cameFrom.set(call, from);
    pending.push(call);
  };
  for (const start of starts) visit(start, undefined);
  for (let call = pending.pop(); call !== undefined; call = pending.pop()) {
    if (call !== end) {
      for (const next of below(call)) visit(next, call);
      continue;
    }
    const way: StageCall[] = [];
    for (let at: StageCall | undefined = end; at !== undefined; at = cameFrom.get(at)) {
      way.unshift(at);
    }
    return way;
  }
  return undefined;
}

function nodeAt(plan: GrowingPlan, id: NodeId): GrowingNode {
  return plan.nodes[id] as GrowingNode;
}

function callOf(plan: Plan, id: NodeId): StageCall {
  return (plan.nodes[id] as PlanNode).call;
}
