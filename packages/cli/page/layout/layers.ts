/**
 * Layers: each node in the first one behind all that it needs, so that time flows in one direction.
 *
 * @module
 */

/** A graph without a circle, as the layout sees it. */
export interface Shape {
  readonly size: number;
  /** By node: what it needs, and what needs it. */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
}

/**
 * The layer of each node, from 0. What needs nothing and is no command of its own is drawn near to what needs it
 * first.
 *
 * @param isStage - By node: whether it is a command.
 */
export function layersOf(
  { size, before, after }: Shape,
  isStage: (at: number) => boolean,
): Int32Array {
  const layers = new Int32Array(size);
  for (const at of inOrder({ size, before, after })) {
    for (const below of before[at] ?? []) {
      layers[at] = Math.max(layers[at] ?? 0, (layers[below] ?? 0) + 1);
    }
  }
  for (let at = 0; at < size; at++) {
    const needing = after[at] ?? [];
    if (isStage(at) || needing.length === 0 || (before[at] ?? []).length > 0) continue;
    const first = needing.reduce((least, each) => Math.min(least, layers[each] ?? 0), Infinity);
    layers[at] = Math.max(0, first - 1);
  }
  return layers;
}

/** Every node after what it needs. */
function inOrder({ size, before, after }: Shape): readonly number[] {
  const left = Int32Array.from({ length: size }, (_, at) => before[at]?.length ?? 0);
  const order: number[] = [];
  for (let at = 0; at < size; at++) if (left[at] === 0) order.push(at);
  // It grows while it is gone through.
  for (const at of order) {
    for (const above of after[at] ?? []) {
      left[above] = (left[above] ?? 0) - 1;
      if (left[above] === 0) order.push(above);
    }
  }
  return order;
}
