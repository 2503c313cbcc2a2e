/**
 * Graphs as texts: for pictures (DOT, Mermaid) and for other programs (JSON).
 *
 * Pure, and in the order of the graph, so equal graphs give equal texts. Filter the graph first to show
 * only a part of it.
 *
 * @module
 */
import type { PlanGraph, PlanGraphEdge, PlanGraphNode } from "./plan-attributes.ts";

/**
 * Writes a graph in the language of Graphviz: boxes are stage calls, folders sources, notes texts,
 * hexagons merges; a double border marks targets; edges are labelled with places in input roots, dashed ones are gates.
 *
 * @example
 * ```ts
 * await writeFile("plan.dot", toDot(await planGraph(app)));   // dot -Tsvg plan.dot > plan.svg
 * ```
 */
export function toDot(graph: PlanGraph): string {
  const lines = ["digraph plan {", "  rankdir=LR;", "  node [shape=box];"];
  graph.forEachNode((key, node) => {
    const shape = dotShapes[node.type];
    const border = node.isTarget ? ", peripheries=2" : "";
    lines.push(`  ${dotText(key)} [label=${dotLabel(node.label)}${shape}${border}];`);
  });
  graph.forEachEdge((_, edge, from, to) => {
    const style = edge.type === "gate" ? "style=dashed" : `label=${dotLabel(placeOf(edge))}`;
    lines.push(`  ${dotText(from)} -> ${dotText(to)} [${style}];`);
  });
  return `${[...lines, "}"].join("\n")}\n`;
}

/**
 * Writes a graph as a Mermaid flowchart: boxes are stage calls, slanted ones sources, flags texts,
 * hexagons merges; a thick border marks targets; edges are labelled with places in input roots, dotted ones are gates.
 *
 * Mermaid itself refuses more than 500 edges, unless it is told otherwise (`maxEdges`).
 */
export function toMermaid(graph: PlanGraph): string {
  const lines = ["flowchart LR"];
  // Keys may hold anything, and Mermaid's identifiers may not.
  const ids = new Map(graph.nodes().map((key, at) => [key, `n${at}`]));
  graph.forEachNode((key, node) => {
    const mark = node.isTarget ? ":::target" : "";
    lines.push(`  ${ids.get(key) ?? ""}${mermaidBox(node)}${mark}`);
  });
  graph.forEachEdge((_, edge, from, to) => {
    const arrow = edge.type === "gate" ? "-.->" : `-->|${mermaidText(placeOf(edge))}|`;
    lines.push(`  ${ids.get(from) ?? ""} ${arrow} ${ids.get(to) ?? ""}`);
  });
  const hasTarget = graph.someNode((_, { isTarget }) => isTarget);
  if (hasTarget) lines.push("  classDef target stroke-width:3px");
  return `${lines.join("\n")}\n`;
}

/**
 * Writes a graph as JSON, in graphology's own format: `new MultiDirectedGraph()` takes it back with
 * `import(JSON.parse(text))`.
 */
export function toJson(graph: PlanGraph): string {
  return `${JSON.stringify(graph.export(), undefined, 2)}\n`;
}

const dotShapes: Readonly<Record<PlanGraphNode["type"], string>> = {
  ...{ stage: "", source: ", shape=folder", text: ", shape=note", merge: ", shape=hexagon" },
};

/** Where an input lies. */
function placeOf(edge: PlanGraphEdge): string {
  if (edge.type === "gate") return "";
  if (edge.type === "image") return "image";
  return `${edge.path || "."}${edge.isWritable ? " (writable)" : ""}`;
}

/**
 * A quoted string of DOT. A backslash starts an escape of labels and is no escape of names, but a doubled
 * one is safe in both. Graphviz cannot hold a NUL: its picture stands for it.
 */
function dotText(text: string): string {
  // Nearly every name, and there are many.
  if (!/["\\\0\r\n]/.test(text)) return `"${text}"`;
  const escaped = text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("\0", "\u2400");
  return `"${escaped.replaceAll("\r", String.raw`\r`).replaceAll("\n", String.raw`\n`)}"`;
}

/** A label, in which Graphviz would also read HTML's entities. A carriage return breaks the line too. */
function dotLabel(text: string): string {
  return dotText(text.replaceAll(/\r\n?/g, "\n").replaceAll("&", "&amp;"));
}

function mermaidBox({ type, label }: PlanGraphNode): string {
  const text = mermaidText(label);
  switch (type) {
    case "stage":
      return `[${text}]`;
    case "source":
      return `[/${text}/]`;
    case "text":
      return `>${text}]`;
    case "merge":
      return `{{${text}}}`;
  }
}

/**
 * A quoted string of Mermaid. Whatever could be a quote, markup, an entity or the start of a directive is
 * written by its number, in Mermaid's own way.
 */
function mermaidText(text: string): string {
  const lines = text.replaceAll("\0", "\u2400").split(/\r\n|\r|\n/);
  const escape = (line: string): string =>
    line.replaceAll(
      /[^\w \-./,=+()\u0080-\u{10ffff}]/gu,
      (each) => `#${each.codePointAt(0) ?? 0};`,
    );
  return `"${lines.map(escape).join("<br/>")}"`;
}
