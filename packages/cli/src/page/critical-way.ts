/**
 * The critical path of a build that was made: the commands that it could not have been shorter than.
 *
 * @module
 */
import type { LastStage } from "../last-build.ts";

/** A way through a build: numbers of stages, first one first, and what they took together. */
export interface CriticalWay {
  /** From the first that ran to the last one. */
  readonly ids: readonly number[];
  /** Those of them that ran. */
  readonly ran: readonly number[];
  readonly ms: number;
}

/** The way on which the commands that ran took longest. Of two as long, the one that is mentioned first. */
export function criticalWay(stages: readonly LastStage[]): CriticalWay {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const lengths = new Map<number, number>();
  const before = new Map<number, number>();
  let last: number | undefined;
  for (const { id } of inOrder(stages, byId)) {
    const { dependencies, startedAt, settledAt } = byId.get(id) as LastStage;
    let best: number | undefined;
    for (const below of dependencies) {
      if (best === undefined || (lengths.get(below) ?? 0) > (lengths.get(best) ?? 0)) best = below;
    }
    if (best !== undefined) before.set(id, best);
    const own = startedAt === undefined || settledAt === undefined ? 0 : settledAt - startedAt;
    const length = own + (best === undefined ? 0 : (lengths.get(best) ?? 0));
    lengths.set(id, length);
    if (last === undefined || length > (lengths.get(last) ?? 0)) last = id;
  }
  const ids: number[] = [];
  for (let at = last; at !== undefined; at = before.get(at)) ids.push(at);
  ids.reverse();
  const hasRun = (id: number): boolean => byId.get(id)?.startedAt !== undefined;
  const way = ids.slice(ids.findIndex(hasRun), ids.findLastIndex(hasRun) + 1);
  return {
    ids: way,
    ran: way.filter(hasRun),
    ms: last === undefined ? 0 : (lengths.get(last) ?? 0),
  };
}

/** Each after its dependencies: what a dynamic stage has described is listed after it, and before it in time. */
function inOrder(
  stages: readonly LastStage[],
  byId: ReadonlyMap<number, LastStage>,
): readonly LastStage[] {
  const order: LastStage[] = [];
  const seen = new Set<number>();
  for (const first of stages) {
    const pending: { stage: LastStage; at: number }[] = [];
    const enter = (stage: LastStage | undefined): void => {
      if (stage === undefined || seen.has(stage.id)) return;
      seen.add(stage.id);
      pending.push({ stage, at: 0 });
    };
    enter(first);
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const below = top.stage.dependencies[top.at++];
      if (below !== undefined) enter(byId.get(below));
      else order.push((pending.pop() as typeof top).stage);
    }
  }
  return order;
}
