/**
 * The layout of the graph: layers from left to right, or from top to bottom where there is more room that way.
 *
 * Pure: it takes a graph and the shape of a screen, and gives places. A layer of more nodes than would be seen
 * side by side is folded into several columns.
 *
 * @module
 */
import { layersOf, type Shape } from "./layers.ts";
import { arrange, type Rows } from "./rows.ts";

/** Where things lie. Coordinates run from 0 to the width and the height of the screen. */
export interface Layout {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** By connection, as `from * size + to`: how far its middle lies beside the straight line. */
  readonly bows: ReadonlyMap<number, number>;
  /** Room from one node to the next, along the layers and across, in the units of the screen. */
  readonly step: { readonly along: number; readonly across: number };
  readonly isUpright: boolean;
}

/** What a layout is made for. */
export interface LayoutOptions {
  readonly isStage: (at: number) => boolean;
  /** Of the screen. */
  readonly width: number;
  readonly height: number;
}

/** A column needs this much more room than a row, for the connections and the names. */
const columnShare = 2.2;

/** Whether time flows from top to bottom on a screen. */
export function isUprightIn(width: number, height: number): boolean {
  return height > width * 1.15;
}

/** Lays a graph out. */
export function layOut(shape: Shape, { isStage, width, height }: LayoutOptions): Layout {
  const isUpright = isUprightIn(width, height);
  const along = isUpright ? height : width;
  const across = isUpright ? width : height;
  const layerOf = layersOf(shape, isStage);
  const rows = arrange(shape, layerOf);
  const { size } = shape;
  const widest = rows.layers.reduce((most, layer) => Math.max(most, nodesIn(layer, size)), 1);
  const most = rowsThatFit(rows, size, { along, across });
  const places = most < widest ? fold(rows, size, most) : spread(rows, size);
  const step = {
    along: along / Math.max(1, places.columns - 1),
    across: across / Math.max(1, places.extent),
  };
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    const column = (places.column[at] ?? 0) * step.along;
    const row = (places.row[at] ?? 0) * step.across;
    x[at] = isUpright ? row : column;
    y[at] = isUpright ? column : row;
  }
  const bows = places.isFolded ? new Map<number, number>() : bowsOf(rows, size, places, step);
  return { x, y, bows, step, isUpright };
}

interface Places {
  readonly column: Float64Array;
  readonly row: Float64Array;
  readonly columns: number;
  /** From the first row to the last. */
  readonly extent: number;
  readonly isFolded: boolean;
}

/** Layers as they are: one column each. */
function spread({ layers, heights }: Rows, size: number): Places {
  const column = new Float64Array(size);
  const row = new Float64Array(size);
  let [least, greatest] = [Infinity, -Infinity];
  for (const height of heights) {
    least = Math.min(least, height);
    greatest = Math.max(greatest, height);
  }
  for (const [layer, members] of layers.entries()) {
    for (const at of members) {
      if (at >= size) continue;
      column[at] = layer;
      row[at] = (heights[at] ?? 0) - least;
    }
  }
  return { column, row, columns: layers.length, extent: greatest - least, isFolded: false };
}

/** Layers in as many columns as it takes. */
function fold({ layers }: Rows, size: number, most: number): Places {
  const column = new Float64Array(size);
  const row = new Float64Array(size);
  let columns = 0;
  for (const layer of layers) {
    const members = layer.filter((at) => at < size);
    const needed = Math.max(1, Math.ceil(members.length / most));
    // In rows of equal length, so that neighbours in the order stay near each other.
    for (const [order, at] of members.entries()) {
      column[at] = columns + (order % needed);
      row[at] = Math.floor(order / needed) + (most - Math.ceil(members.length / needed)) / 2;
    }
    columns += needed;
  }
  return { column, row, columns, extent: Math.max(1, most - 1), isFolded: true };
}

/** The number of rows with which nodes are farthest apart. */
function rowsThatFit(
  { layers }: Rows,
  size: number,
  { along, across }: { readonly along: number; readonly across: number },
): number {
  const counts = layers.map((layer) => nodesIn(layer, size));
  const widest = counts.reduce((most, count) => Math.max(most, count), 1);
  let [best, room] = [widest, 0];
  for (let rows = 1; rows <= widest; rows = Math.max(rows + 1, Math.floor(rows * 1.05))) {
    const columns = counts.reduce((sum, count) => sum + Math.max(1, Math.ceil(count / rows)), 0);
    const found = Math.min(across / rows, along / columns / columnShare);
    if (found > room * 1.02) [best, room] = [rows, found];
  }
  // Folding is for what is much too wide: an order that can be followed is worth more than some room.
  return across / widest >= Math.min(room, 9) ? widest : best;
}

/** How far the bends in the middle of long connections lie beside the straight line. */
function bowsOf(
  { heights, bends }: Rows,
  size: number,
  { column, row }: Places,
  step: Layout["step"],
): ReadonlyMap<number, number> {
  const top = heights.reduce((least, height) => Math.min(least, height), Infinity);
  const bows = new Map<number, number>();
  for (const [key, way] of bends) {
    const [from, to] = [Math.floor(key / size), key % size];
    const first = column[from] ?? 0;
    const last = column[to] ?? 0;
    let farthest = 0;
    for (const [order, bend] of way.entries()) {
      const share = (order + 1) / (last - first);
      const straight = (row[from] ?? 0) * (1 - share) + (row[to] ?? 0) * share;
      const beside = (heights[bend] ?? 0) - top - straight;
      if (Math.abs(beside) > Math.abs(farthest)) farthest = beside;
    }
    if (Math.abs(farthest) > 0.1) bows.set(key, farthest * step.across);
  }
  return bows;
}

function nodesIn(layer: readonly number[], size: number): number {
  return layer.reduce((sum, at) => sum + (at < size ? 1 : 0), 0);
}
