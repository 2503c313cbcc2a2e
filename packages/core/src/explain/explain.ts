/**
 * Explaining: from what was asked about down to where a change began.
 *
 * @module
 */
import type { Handle } from "../artifact/handle.ts";
import { artifactNotBuilt } from "../errors/output-errors.ts";
import type { PlanNode } from "../graph/plan.ts";
import type { StageCall } from "../graph/stage.ts";
import { recallPast } from "./comparison.ts";
import type { Evidence, Verdict } from "./evidence.ts";
import {
  Explanation,
  isOrigin,
  type LinkedExplanation,
  type StageExplanation,
} from "./explanation.ts";
import { findDifferences, type Finding } from "./finding.ts";
import { producersOf } from "./producers.ts";

/**
 * Explains what became of a handle, or what would.
 *
 * @throws {@link BuildError} `ARTIFACT_NOT_BUILT` when none of the calls that make it is in the build.
 */
export async function explainHandle(evidence: Evidence, handle: Handle): Promise<Explanation> {
  const { plan } = evidence;
  const byOriginal = new Map(plan.nodes.map((node) => [node.call.original, node]));
  const calls = producersOf(handle);
  const nodes = calls.flatMap((call) => {
    return plan.nodeByCall.get(call) ?? byOriginal.get(call.original) ?? [];
  });
  if (calls[0] !== undefined && nodes.length === 0) throw artifactNotBuilt(calls[0].name);
  return await explainNodes(evidence, nodes);
}

/**
 * Explains every call by itself, in the order of the plan. Who goes from one to its causes, as
 * {@link explainHandle} does, comes to the same.
 */
export async function explainEach(evidence: Evidence): Promise<readonly LinkedExplanation[]> {
  const linked: LinkedExplanation[] = [];
  for (const node of evidence.plan.nodes) {
    const verdict = evidence.verdictOn(node);
    if (verdict === undefined) continue;
    const { explanation, causes } = await explainNode(evidence, node, verdict, false);
    linked.push({
      stage: explanation.stage,
      text: String(new Explanation([explanation])),
      isOrigin: isOrigin(explanation),
      causes: causes.map(({ call }) => evidence.labelOf(call)),
    });
  }
  return linked;
}

/** Calls that are explained at most: beyond, nobody reads on. */
const maxExplained = 1000;

/** One way down to where a change began first, then the others. */
async function explainNodes(evidence: Evidence, asked: readonly PlanNode[]): Promise<Explanation> {
  const stages: StageExplanation[] = [];
  const seen = new Set<PlanNode>();
  const pending = [...new Set(asked)].map((node) => ({ node, isAsked: true })).toReversed();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, isAsked } = next;
    const verdict = evidence.verdictOn(node);
    if (verdict === undefined || seen.has(node)) continue;
    if (stages.length === maxExplained) break;
    seen.add(node);
    const { explanation, causes } = await explainNode(evidence, node, verdict, isAsked);
    stages.push(explanation);
    for (const cause of causes.toReversed()) pending.push({ node: cause, isAsked: false });
  }
  return new Explanation(stages);
}

/** Explains one call, and says which others explain it further. */
async function explainNode(
  evidence: Evidence,
  node: PlanNode,
  verdict: Verdict,
  isAsked: boolean,
): Promise<{ readonly explanation: StageExplanation; readonly causes: readonly PlanNode[] }> {
  const { plan, store, labelOf } = evidence;
  const { status, key, waitsFor } = verdict;
  const { hasSideEffects } = node.call.command.run;
  const isReused = status === "hit" || status === "reused";
  const hasCommand = status !== "expanded" && status !== "skipped" && !hasSideEffects;
  const finding: Finding | undefined = hasCommand
    ? await findDifferences(evidence, node)
    : undefined;
  const hasMade = finding === undefined && isReused && key !== undefined;
  const madeBy = hasMade ? (await recallPast(store, key))?.run : finding?.madeBy;
  const remarks = await evidence.remarksOn(node);
  const isSurprise = !isAsked && finding?.basis === "same" && status === "ran";
  const reason = isSurprise ? surprise : reasonOf(node, verdict);
  const nodeOf = (call: StageCall): PlanNode[] => {
    const found = plan.nodeByCall.get(call);
    return found === undefined ? [] : [found];
  };
  const explanation: StageExplanation = {
    stage: labelOf(node.call),
    status,
    basis: finding?.basis ?? "first",
    changes: finding?.changes ?? [],
    ...(finding?.past && { past: finding.past }),
    ...(madeBy && { madeBy }),
    ...(reason !== undefined && { reason }),
    ...(waitsFor && { waitsFor: waitsFor.map(labelOf) }),
    ...(remarks && { remarks }),
  };
  const causes = new Set<PlanNode>();
  // What a result that is reused was made from is the business of the build that made it.
  if (!(isReused && isAsked)) {
    for (const call of finding?.producers ?? []) for (const each of nodeOf(call)) causes.add(each);
  }
  for (const call of waitsFor ?? []) for (const each of nodeOf(call)) causes.add(each);
  if (status === "skipped") for (const each of unsuccessful(evidence, node)) causes.add(each);
  return { explanation, causes: [...causes] };
}

/** Of a call that others lead to, because its output differs. */
const surprise = "nothing has changed, but it has given something else than before";

function reasonOf(node: PlanNode, { status, error, reason }: Verdict): string | undefined {
  if (status === "failed") return error?.message;
  if (node.call.command.run.hasSideEffects && (status === "ran" || status === "run")) {
    return "it has side effects, and runs in every build";
  }
  if (node.call.expand !== undefined && status === "hit") {
    return "it describes its graph in every build";
  }
  return reason;
}

/** What a skipped call was waiting for in vain. */
function unsuccessful(evidence: Evidence, { dependencies }: PlanNode): readonly PlanNode[] {
  const nodes = dependencies.map((id) => evidence.plan.nodes[id] as PlanNode);
  return nodes.filter((node) => {
    const status = evidence.verdictOn(node)?.status;
    return status === "failed" || status === "cancelled" || status === "skipped";
  });
}
