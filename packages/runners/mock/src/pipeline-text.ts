/**
 * A pipeline as text: for snapshots, in which a diff is a review of what the pipeline does.
 *
 * @module
 */
import { basename, isAbsolute } from "node:path";

import {
  planGraph,
  type PlanGraph,
  type PlanGraphEdge,
  type PlanGraphNode,
  type Targets,
} from "@ashlar/core";

/**
 * Writes down every stage call of some targets: its command, where its inputs come from, what it makes, and
 * what it waits for. Nothing runs. Equal pipelines give equal texts, wherever they lie: no digests, and no
 * absolute paths of sources.
 *
 * @example
 * ```ts
 * expect(await pipelineText(app)).toMatchInlineSnapshot();
 * ```
 */
export async function pipelineText(targets: Targets): Promise<string> {
  const graph = await planGraph(targets);
  const lines: string[] = [];
  graph.forEachNode((key, node) => {
    if (node.type === "stage" || node.type === "merge")
      lines.push(...describeNode(graph, key, node));
  });
  return lines.join("\n");
}

function describeNode(graph: PlanGraph, key: string, node: PlanGraphNode): string[] {
  const lines = [node.isTarget ? `${key} (target)` : key];
  if (node.type === "stage") {
    lines.push(`  runs   ${node.argv.map(shownWord).join(" ")}`);
    if (node.cwd !== "") lines.push(`  in     ${node.cwd}`);
  }
  const gates: string[] = [];
  graph.forEachInEdge(key, (_, edge, from) => {
    const origin = graph.getNodeAttributes(from);
    if (edge.type === "gate") gates.push(from);
    else lines.push(`  reads  ${describeInput(edge, from, origin)}`);
  });
  if (node.type === "stage") {
    for (const { kind, path, isOptional } of node.outputs) {
      lines.push(`  makes  ${path} (${isOptional ? `optional ${kind}` : kind})`);
    }
  }
  if (gates.length > 0) lines.push(`  after  ${gates.join(", ")}`);
  return lines;
}

/** Lines breaks would tear the text apart, and blanks make two words of one. */
function shownWord(word: string): string {
  return /^[^\s"']+$/.test(word) ? word : JSON.stringify(word);
}

function describeInput(edge: PlanGraphEdge, from: string, origin: PlanGraphNode): string {
  const path = edge.type === "input" ? edge.path || "." : "its image";
  const output = edge.type !== "gate" && edge.output !== undefined ? ` ${edge.output}` : "";
  const views = (edge.type === "gate" ? [] : (edge.views ?? [])).map((view) => {
    return ` ${view.type} ${"path" in view ? view.path : view.globs.join(" ")}`;
  });
  const isWritable = edge.type === "input" && edge.isWritable;
  const whole = `${describeOrigin(from, origin)}${output}${views.join(",")}`;
  return `${path} = ${whole}${isWritable ? " (writable)" : ""}`;
}

function describeOrigin(key: string, node: PlanGraphNode): string {
  if (node.type !== "source") return key;
  // Where a checkout lies is nobody's business.
  return `source:${isAbsolute(node.location) ? basename(node.location) : node.location}`;
}
