/**
 * The plan: all that one build may run, as a table.
 *
 * Nodes are stage calls; edges are the calls that must be over before, for their outputs or as gates.
 * A plan decides nothing: it does not know what is in a store, or in which order things will run.
 *
 * @module
 */
import type { Handle, SourceOrigin } from "../artifact/handle.ts";
import { closureOf, needsOf } from "./closure.ts";
import type { StageCall } from "./stage.ts";

/** Number of a node in its plan: its index, and a topological order. */
export type NodeId = number;

/** A stage call in a plan. */
export interface PlanNode {
  readonly id: NodeId;
  readonly name: string;
  readonly call: StageCall;
  /** Nodes that must have succeeded before this one may start. */
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

/** Lays out all that the targets stand on. */
export function makePlan(targets: readonly Handle[]): Plan {
  const closure = closureOf(targets);
  const calls = [...closure.keys()];
  const ids = new Map(calls.map((call, id) => [call, id]));
  const { calls: wanted, sources: direct } = needsOf(targets);
  const sources = new Set(direct);
  const dependents: NodeId[][] = calls.map(() => []);
  const dependencies = [...closure.values()].map((needs, id) => {
    for (const origin of needs.sources) sources.add(origin);
    const below = Array.from(needs.calls, (needed) => ids.get(needed) as NodeId);
    for (const other of below) dependents[other]?.push(id);
    return below;
  });
  const pathLengths = longestPaths(dependents);
  const isBeside = markBeside(calls, wanted, dependents);
  const nodes = calls.map((call, id): PlanNode => ({
    id,
    name: call.name,
    call,
    dependencies: dependencies[id] ?? [],
    dependents: dependents[id] ?? [],
    pathLength: pathLengths[id] ?? 1,
    isTarget: wanted.has(call),
    isBeside: isBeside[id] ?? false,
  }));
  return { nodes, nodeByCall: new Map(nodes.map((node) => [node.call, node])), sources };
}

/** Dependents have greater ids, so one pass from the end settles each before it is asked for. */
function longestPaths(dependents: readonly (readonly NodeId[])[]): number[] {
  const lengths: number[] = dependents.map(() => 1);
  for (let id = dependents.length - 1; id >= 0; id--) {
    for (const dependent of dependents[id] ?? []) {
      lengths[id] = Math.max(lengths[id] ?? 1, 1 + (lengths[dependent] ?? 1));
    }
  }
  return lengths;
}

/** Which of the calls no target stands on. */
function markBeside(
  calls: readonly StageCall[],
  wanted: ReadonlySet<StageCall>,
  dependents: readonly (readonly NodeId[])[],
): boolean[] {
  const isBeside = calls.map((call) => !wanted.has(call));
  for (let id = calls.length - 1; id >= 0; id--) {
    for (const dependent of dependents[id] ?? []) isBeside[id] &&= isBeside[dependent] ?? true;
  }
  return isBeside;
}
