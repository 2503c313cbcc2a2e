/**
 * Which part of the graph is drawn: all of it, or the stages alone.
 *
 * Of the stages alone, what goes through something that is left out, such as a merge, is still a connection.
 *
 * @module
 */
import type { Shape } from "../layout/layers.ts";
import type { Link, Model } from "../model.ts";

/** A part of the graph. Nodes have numbers of their own here, from 0. */
export interface Picture {
  /** By number here: position in the model. */
  readonly nodes: readonly number[];
  /** By position in the model: number here. */
  readonly numbers: ReadonlyMap<number, number>;
  /** Ends are positions in the model. */
  readonly links: readonly Link[];
  readonly shape: Shape;
}

/** Takes the part that is drawn. */
export function pictureOf(
  model: Model,
  { withSources }: { readonly withSources: boolean },
): Picture {
  const nodes = withSources ? model.nodes.map((_, at) => at) : model.stages;
  const numbers = new Map(nodes.map((at, number) => [at, number]));
  const links = withSources ? model.links : linksOfStages(model, numbers);
  const before = nodes.map((): number[] => []);
  const after = nodes.map((): number[] => []);
  for (const { from, to } of links) {
    const [a, b] = [numbers.get(from) ?? 0, numbers.get(to) ?? 0];
    before[b]?.push(a);
    after[a]?.push(b);
  }
  return { nodes, numbers, links, shape: { size: nodes.length, before, after } };
}

function linksOfStages(model: Model, stages: ReadonlyMap<number, number>): readonly Link[] {
  const direct = new Map(
    model.links.filter(({ isGate }) => isGate).map(({ from, to }) => [`${from} ${to}`, true]),
  );
  const links: Link[] = [];
  for (const to of stages.keys()) {
    const seen = new Set<number>();
    const pending = [...(model.before[to] ?? [])].toReversed();
    for (let from = pending.pop(); from !== undefined; from = pending.pop()) {
      if (seen.has(from)) continue;
      seen.add(from);
      if (stages.has(from)) links.push({ from, to, isGate: direct.has(`${from} ${to}`) });
      else pending.push(...(model.before[from] ?? []));
    }
  }
  return links;
}
