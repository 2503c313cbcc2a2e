/**
 * Rows: in which order the nodes of a layer lie, so that few connections cross.
 *
 *     layer   0    1    2    3
 *             a ── b ── · ── d        a connection over several layers goes through
 *             └─── c ───────┘         each of them as a bend, which needs room too
 *
 * @module
 */
import { placeInOrder } from "./isotonic.ts";
import type { Shape } from "./layers.ts";

/** Bends that are made at most; beyond, long connections are straight. */
const maxBends = 60_000;

/** How often the layers are gone through, there and back. */
const sweeps = 6;

/** Nodes and bends in layers. Bends have the numbers behind those of the nodes. */
export interface Rows {
  /** By layer: what lies in it, from top to bottom. */
  readonly layers: readonly (readonly number[])[];
  /** By node or bend: its height. Neighbours in a layer are 1 apart, bends less. */
  readonly heights: Float64Array;
  /** By connection over several layers, as `from * size + to`: its bends. */
  readonly bends: ReadonlyMap<number, readonly number[]>;
}

/** Arranges nodes whose layers are known. */
export function arrange(shape: Shape, layerOf: Int32Array): Rows {
  const { before, after, bends, layers } = withBends(shape, layerOf);
  const total = before.length;
  const heights = new Float64Array(total);
  for (const layer of layers) for (const [row, at] of layer.entries()) heights[at] = row;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const layer of layers) sortBy(layer, before, heights);
    for (const layer of layers.toReversed()) sortBy(layer, after, heights);
  }
  const isBend = (at: number): boolean => at >= shape.size;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const layer of layers) settle(layer, before, heights, isBend);
    for (const layer of layers.toReversed()) settle(layer, after, heights, isBend);
  }
  return { layers, heights, bends };
}

interface Bent {
  readonly before: readonly number[][];
  readonly after: readonly number[][];
  readonly bends: ReadonlyMap<number, readonly number[]>;
  readonly layers: readonly number[][];
}

/** The graph with a bend in each layer that a connection only passes. */
function withBends({ size, after }: Shape, layerOf: Int32Array): Bent {
  let wanted = 0;
  for (let at = 0; at < size; at++) {
    for (const to of after[at] ?? []) wanted += (layerOf[to] ?? 0) - (layerOf[at] ?? 0) - 1;
  }
  const last = layerOf.reduce((most, layer) => Math.max(most, layer), 0);
  const layers = Array.from({ length: last + 1 }, (): number[] => []);
  const befores = Array.from({ length: size }, (): number[] => []);
  const afters = Array.from({ length: size }, (): number[] => []);
  const bends = new Map<number, readonly number[]>();
  for (let at = 0; at < size; at++) layers[layerOf[at] ?? 0]?.push(at);
  for (let at = 0; at < size; at++) {
    for (const to of after[at] ?? []) {
      let from = at;
      const way: number[] = [];
      const end = wanted > maxBends ? 0 : (layerOf[to] ?? 0);
      for (let layer = (layerOf[at] ?? 0) + 1; layer < end; layer++) {
        const bend = befores.length;
        befores.push([from]);
        afters.push([]);
        afters[from]?.push(bend);
        layers[layer]?.push(bend);
        way.push(bend);
        from = bend;
      }
      afters[from]?.push(to);
      befores[to]?.push(from);
      if (way.length > 0) bends.set(at * size + to, way);
    }
  }
  return { before: befores, after: afters, bends, layers };
}

/** Orders a layer by where its neighbours lie on average; whoever has none stays where it is. */
function sortBy(
  layer: number[],
  neighbours: readonly (readonly number[])[],
  heights: Float64Array,
): void {
  const keys = new Map(
    layer.map((at) => [at, mean(neighbours[at] ?? [], heights) ?? heights[at] ?? 0]),
  );
  layer.sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
  const first = -(layer.length - 1) / 2;
  for (const [row, at] of layer.entries()) heights[at] = first + row;
}

/** Moves a layer to where its neighbours lie, in the order that it has. */
function settle(
  layer: readonly number[],
  neighbours: readonly (readonly number[])[],
  heights: Float64Array,
  isBend: (at: number) => boolean,
): void {
  const wanted = Float64Array.from(layer, (at) => {
    return mean(neighbours[at] ?? [], heights) ?? heights[at] ?? 0;
  });
  const gaps = Float64Array.from(layer, (at, row) => {
    const both = isBend(at) && isBend(layer[row - 1] ?? at);
    return both ? 0.25 : isBend(at) || isBend(layer[row - 1] ?? at) ? 0.6 : 1;
  });
  const places = placeInOrder(wanted, gaps);
  for (const [row, at] of layer.entries()) heights[at] = places[row] ?? 0;
}

function mean(some: readonly number[], heights: Float64Array): number | undefined {
  if (some.length === 0) return undefined;
  return some.reduce((sum, at) => sum + (heights[at] ?? 0), 0) / some.length;
}
