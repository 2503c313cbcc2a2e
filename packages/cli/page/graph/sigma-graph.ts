/**
 * The graph as sigma draws it: places, sizes and kinds of lines. Colours come when it is drawn.
 *
 * @module
 */
import { DirectedGraph } from "graphology";

import type { Layout } from "../layout/layout.ts";
import type { Model } from "../model.ts";
import type { Picture } from "./picture.ts";

/** A node of the drawing. */
export interface DrawnNode {
  /** Position in the model. */
  at: number;
  x: number;
  y: number;
  size: number;
  label: string;
  type: "stage" | "plain";
  forceLabel: boolean;
}

/** A line of the drawing. */
export interface DrawnLink {
  from: number;
  to: number;
  isGate: boolean;
  isCritical: boolean;
  size: number;
  type: "arrow" | "curve" | "line";
  curvature: number;
}

/** What sigma is given. */
export type DrawnGraph = DirectedGraph<DrawnNode, DrawnLink>;

/** Lines up to which each has an arrow head and goes around what is in its way. */
const maxArrows = 4000;

/** Nodes up to which each has its name written, if there is room. */
export const maxNamed: number = 60;

/** Share of its radius that the ring of a node on the critical path takes. */
export const ringShare: number = 0.3;

/** Beyond, a line goes farther around than anybody follows. */
const maxCurvature = 0.5;

/** Radius of an ordinary stage, in pixels. */
export function radiusIn({ step, isUpright }: Layout): number {
  const room = Math.min(step.across, isUpright ? step.along : step.along / 2);
  return Math.min(9, Math.max(1.7, room * 0.3));
}

/** Makes the drawing. */
export function drawnGraph(model: Model, picture: Picture, layout: Layout): DrawnGraph {
  const graph: DrawnGraph = new DirectedGraph();
  const radius = radiusIn(layout);
  const longest = picture.nodes.reduce((most, at) => Math.max(most, model.durationMs(at)), 0);
  const isSmall = picture.nodes.length <= maxNamed;
  for (const [number, at] of picture.nodes.entries()) {
    graph.addNode(String(at), {
      at,
      x: layout.x[number] ?? 0,
      // Sigma counts upwards.
      y: -(layout.y[number] ?? 0),
      size: radius * weightOf(model, at, longest),
      label: model.label(at),
      type: model.stage(at) === undefined ? "plain" : "stage",
      forceLabel: isSmall,
    });
  }
  const hasArrows = picture.links.length <= maxArrows;
  const { size } = picture.shape;
  for (const { from, to, isGate } of picture.links) {
    const [a, b] = [picture.numbers.get(from) ?? 0, picture.numbers.get(to) ?? 0];
    const bow = hasArrows ? (layout.bows.get(a * size + b) ?? 0) : 0;
    const length = Math.hypot(
      (layout.x[b] ?? 0) - (layout.x[a] ?? 0),
      (layout.y[b] ?? 0) - (layout.y[a] ?? 0),
    );
    const isCritical = model.wayOn.get(from) === to;
    // The middle of a curve lies half as far out as its control point does.
    const side = layout.isUpright ? 1 : -1;
    const wanted = length === 0 ? 0 : (side * bow * 2) / length;
    const curvature = Math.max(-maxCurvature, Math.min(maxCurvature, wanted));
    graph.addEdge(String(from), String(to), {
      ...{ from, to, isGate, isCritical, curvature },
      size: isCritical ? 3 : hasArrows ? 1.6 : 1,
      type: hasArrows ? (Math.abs(curvature) > 0.02 ? "curve" : "arrow") : "line",
    });
  }
  return graph;
}

/** How large a node is drawn: what takes long, has failed, or lies on the critical path, is seen first. */
function weightOf(model: Model, at: number, longest: number): number {
  const state = model.stage(at)?.state;
  if (state === undefined) return 0.72;
  const ran = longest > 0 ? Math.sqrt(model.durationMs(at) / longest) : 0;
  const least = state === "failed" ? 1.5 : model.critical.has(at) ? 1.25 : 1;
  return Math.max(least, 1 + 0.7 * ran);
}
