/**
 * What lies over the graph: the node that is looked at, what it needs and what needs it, with their names.
 *
 * Everything else becomes pale meanwhile by a style, without being drawn again, so it takes as long with 10,000
 * nodes as with ten.
 *
 * @module
 */
import type { Sigma } from "sigma";

import { shownTime } from "../../src/shown.ts";
import type { Model } from "../model.ts";
import type { Selection } from "../selection.ts";
import { lookOf } from "../states.ts";
import type { Theme } from "../theme.ts";
import { Labels, type LabelStyle } from "./labels.ts";
import { ringShare, type DrawnGraph, type DrawnLink, type DrawnNode } from "./sigma-graph.ts";

/** Connections of one node that are drawn at most. */
const maxLinks = 2000;

/** What an overlay is drawn from. */
export interface OverlayParts {
  readonly canvas: HTMLCanvasElement;
  readonly sigma: Sigma<DrawnNode, DrawnLink>;
  readonly graph: DrawnGraph;
  readonly model: Model;
  readonly selection: Selection;
  readonly theme: Theme;
  readonly labelStyle: LabelStyle;
}

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly label: string;
}

/** Draws it anew. */
export function drawOverlay(parts: OverlayParts): void {
  const { canvas, sigma, graph, selection } = parts;
  const ratio = devicePixelRatio;
  const { width, height } = sigma.getDimensions();
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
    canvas.width = width * ratio;
    canvas.height = height * ratio;
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const { hovered, selected } = selection;
  const labels = new Labels();
  const looked = hovered ?? selected;
  if (looked !== undefined && graph.hasNode(String(looked))) {
    drawAround(context, looked, { ...parts, labels });
  }
  if (selected !== undefined && graph.hasNode(String(selected))) {
    const { x, y, size } = spotOf(parts, selected);
    context.strokeStyle = parts.theme.accent;
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(x, y, size + 4, 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawAround(
  context: CanvasRenderingContext2D,
  looked: number,
  parts: OverlayParts & { readonly labels: Labels },
): void {
  const { sigma, graph, theme, labels, labelStyle, selection } = parts;
  const spots = new Map<number, Spot>([[looked, spotOf(parts, looked)]]);
  let drawn = 0;
  graph.forEachEdge(String(looked), (_, link) => {
    if (drawn++ >= maxLinks) return;
    for (const at of [link.from, link.to]) if (!spots.has(at)) spots.set(at, spotOf(parts, at));
    drawLink(context, spots, link, { sigma, theme });
  });
  for (const [at, spot] of spots) drawNode(context, spot, at, parts);
  // Its own name is written first, whole, and none over it.
  for (const [at, spot] of spots) {
    if (at === looked) {
      const label = `${spot.label}${aboutOf(parts.model, at)}`;
      labels.write(context, { ...spot, label }, { ...labelStyle, maxWidth: 400, isBoxed: true });
      // Unless everything else is pale, the others have their names already.
    } else if (selection.hovered !== undefined) labels.write(context, spot, labelStyle);
  }
}

/** What colour and size say, in words. */
function aboutOf(model: Model, at: number): string {
  const state = model.stage(at)?.state;
  if (state === undefined) return "";
  const ms = model.durationMs(at);
  return ` (${lookOf(state).word}${ms > 0 ? `, ${shownTime(ms)}` : ""})`;
}

function drawLink(
  context: CanvasRenderingContext2D,
  spots: ReadonlyMap<number, Spot>,
  { from, to, curvature, isGate, type }: DrawnLink,
  { theme }: Pick<OverlayParts, "sigma" | "theme">,
): void {
  const [a, b] = [spots.get(from), spots.get(to)];
  if (a === undefined || b === undefined) return;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = type === "curve" ? curvature : 0;
  // As sigma bends it.
  const [cx, cy] = [(a.x + b.x) / 2 + dy * bend, (a.y + b.y) / 2 - dx * bend];
  const [ex, ey] = [b.x - cx, b.y - cy];
  const end = Math.hypot(ex, ey) || 1;
  const [tx, ty] = [b.x - (ex / end) * (b.size + 1), b.y - (ey / end) * (b.size + 1)];
  context.strokeStyle = theme.accent;
  context.fillStyle = theme.accent;
  context.lineWidth = 1.8;
  context.setLineDash(isGate ? [4, 3] : []);
  context.beginPath();
  context.moveTo(a.x, a.y);
  context.quadraticCurveTo(cx, cy, tx, ty);
  context.stroke();
  context.setLineDash([]);
  if (length < 12) return;
  const angle = Math.atan2(ey, ex);
  context.beginPath();
  context.moveTo(tx, ty);
  for (const side of [-0.45, 0.45]) {
    context.lineTo(tx - 8 * Math.cos(angle + side), ty - 8 * Math.sin(angle + side));
  }
  context.fill();
}

/** As sigma draws it: a circle, with a ring on the critical path; a square for what is no stage. */
function drawNode(
  context: CanvasRenderingContext2D,
  { x, y, size }: Spot,
  at: number,
  { model, theme }: OverlayParts,
): void {
  const state = model.stage(at)?.state;
  const radius = Math.max(3, size);
  context.fillStyle = state === undefined ? theme.plain : theme.state[state];
  if (state === undefined) {
    const side = radius * Math.SQRT1_2;
    context.fillRect(x - side, y - side, 2 * side, 2 * side);
    return;
  }
  const isCritical = model.critical.has(at);
  const inner = isCritical ? radius * (1 - ringShare) : radius;
  context.beginPath();
  context.arc(x, y, inner, 0, 2 * Math.PI);
  context.fill();
  if (!isCritical) return;
  context.lineWidth = radius * ringShare;
  context.strokeStyle = theme.critical;
  context.beginPath();
  context.arc(x, y, radius * (1 - ringShare / 2), 0, 2 * Math.PI);
  context.stroke();
}

/** Where a node lies on the screen, in pixels. */
export function spotOf({ sigma, graph }: Pick<OverlayParts, "graph" | "sigma">, at: number): Spot {
  const { x, y, size, label } = graph.getNodeAttributes(String(at));
  const place = sigma.graphToViewport({ x, y });
  return { ...place, size: sigma.scaleSize(size), label };
}
