/**
 * Ingredients: all that an artifact is made of, down to what nothing here has made.
 *
 *     artifact ─▶ stage calls ─▶ ... ─▶ sources, texts
 *
 * What is only waited for is no ingredient, and neither are checks.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import {
  state,
  type Artifact,
  type Origin,
  type SourceOrigin,
  type TextOrigin,
} from "../artifact/handle.ts";
import { artifactNotBuilt } from "../errors/output-errors.ts";
import { asCall } from "../graph/closure.ts";
import type { Plan, PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import { imageArtifact } from "../graph/where.ts";

/** What an artifact is made of. */
export interface Ingredients {
  /** The call whose output it is, or a part of; absent for merges, sources and texts. */
  readonly producer: PlanNode | undefined;
  /** The calls, inputs before what needs them. */
  readonly nodes: readonly PlanNode[];
  readonly sources: ReadonlySet<SourceOrigin>;
  /** By their names for people. */
  readonly texts: ReadonlyMap<TextOrigin, string>;
}

/**
 * The ingredients of an artifact in a plan.
 *
 * @throws {@link BuildError} `ARTIFACT_NOT_BUILT` when a call that makes it is in another plan.
 */
export function ingredientsOf(plan: Plan, artifact: Artifact): Ingredients {
  const nodes = new Set<PlanNode>();
  const sources = new Set<SourceOrigin>();
  const texts = new Map<TextOrigin, string>();
  const seen = new Set<Origin>();
  const pending: (Artifact | PlanNode)[] = [artifact];
  const nodeOf = nodesByCall(plan);
  const visit = (node: PlanNode): void => {
    if (nodes.has(node)) return;
    nodes.add(node);
    pending.push(node);
  };
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!(state in next)) {
      for (const each of madeOf(plan, next)) {
        if (state in each) pending.push(each);
        else visit(each);
      }
      continue;
    }
    const { origin } = next[state];
    if (seen.has(origin)) continue;
    seen.add(origin);
    if (origin.type === "source") sources.add(origin);
    else if (origin.type === "text") texts.set(origin, nameOf(next));
    else if (origin.type === "output") visit(nodeOf(asCall(origin.producer)));
    else if (origin.type === "merge") pending.push(...origin.parts.map((part) => part.artifact));
    else pending.push(origin.base);
  }
  let { origin: root } = artifact[state];
  while ("base" in root) root = root.base[state].origin;
  const producer = root.type === "output" ? nodeOf(asCall(root.producer)) : undefined;
  return { producer, nodes: [...nodes].toSorted((a, b) => a.id - b.id), sources, texts };
}

/** What a call is given; of a dynamic stage, also what it has described. */
function madeOf(plan: Plan, { call, dependencies }: PlanNode): readonly (Artifact | PlanNode)[] {
  const { command } = call;
  const image = imageArtifact(command);
  return [
    ...command.mounts.map((mount) => mount.artifact),
    ...(image === undefined ? [] : [image]),
    ...(call.expand === undefined ? [] : dependencies.map((id) => plan.nodes[id] as PlanNode)),
  ];
}

/** Nodes by their calls, or by calls that they are copies of. */
function nodesByCall(plan: Plan): (call: StageCall) => PlanNode {
  let byOriginal: ReadonlyMap<StageCall, PlanNode> | undefined;
  return (call) => {
    const exact = plan.nodeByCall.get(call);
    if (exact !== undefined) return exact;
    byOriginal ??= new Map(plan.nodes.map((node) => [node.call.original, node]));
    const node = byOriginal.get(call.original);
    if (node === undefined) throw artifactNotBuilt(call.name);
    return node;
  };
}
