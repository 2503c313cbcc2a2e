/**
 * The graph by the keyboard: along the connections, and up and down between those side by side.
 *
 * @module
 */
import type { Model } from "../model.ts";
import type { GraphView } from "./graph-view.ts";

/** Where a key leads. */
export type Direction = "left" | "right" | "up" | "down";

/** The node to which a key leads from another one; the same one where there is none. */
export function nextNode(
  model: Model,
  view: GraphView,
  from: number | undefined,
  to: Direction,
): number {
  const graph = view.sigma.getGraph();
  const first = (): number => {
    const failed = model.stages.find((at) => model.stage(at)?.state === "failed");
    return failed ?? model.data.criticalPath[0] ?? model.stages[0] ?? 0;
  };
  if (from === undefined || !graph.hasNode(String(from))) return first();
  const { isUpright } = view.layout;
  const here = graph.getNodeAttributes(String(from));
  const forward = isUpright ? "down" : "right";
  const backward = isUpright ? "up" : "left";
  const key = String(from);
  if (to === forward || to === backward) {
    const near = to === forward ? graph.outNeighbors(key) : graph.inNeighbors(key);
    return (
      nearest(
        near.map((each) => graph.getNodeAttributes(each)),
        here,
        () => true,
      )?.at ?? from
    );
  }
  const beside = graph.mapNodes((_, node) => node);
  // Sigma counts upwards.
  const side = { up: 1, down: -1, left: -1, right: 1 }[to];
  const across = (node: Place): number => (isUpright ? node.x - here.x : node.y - here.y) * side;
  const along = (node: Place): number => Math.abs(isUpright ? node.y - here.y : node.x - here.x);
  const half = view.layout.step.along / 2;
  const isBeside = (node: Place): boolean => across(node) > 0 && along(node) < half;
  return nearest(beside, here, isBeside)?.at ?? from;
}

interface Place {
  readonly at: number;
  readonly x: number;
  readonly y: number;
}

function nearest<T extends Place>(
  nodes: readonly T[],
  here: Place,
  isFit: (node: T) => boolean,
): T | undefined {
  let best: T | undefined;
  let least = Infinity;
  for (const node of nodes) {
    const distance = Math.hypot(node.x - here.x, node.y - here.y);
    if (distance >= least || !isFit(node)) continue;
    [best, least] = [node, distance];
  }
  return best;
}
