/**
 * Which stage call of a plan is which of a build that was made of it, or of something like it.
 *
 * @module
 */
import type { StageForecast } from "@ashlar/core";

import type { LastStage } from "../last-build.ts";

/** A plan and a build, side by side. */
export interface SideBySide {
  /** By the position of the stage in the plan. */
  readonly built: ReadonlyMap<number, LastStage>;
  /** What the build had for those, and the plan has not: what dynamic stages have described. */
  readonly others: readonly LastStage[];
}

/**
 * Puts them side by side: those that are called the same. Where that leaves open which is which, because a part
 * of the targets was built and calls of one stage are counted anew, those that have the same key.
 */
export function sideBySide(
  stages: readonly Pick<StageForecast, "stage" | "key">[],
  build: readonly LastStage[],
): SideBySide {
  const byKey = new Map<string, number[]>();
  const byLabel = new Map<string, number>();
  for (const [at, { stage, key }] of stages.entries()) {
    byLabel.set(stage, at);
    if (key === undefined) continue;
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [at]);
    else same.push(at);
  }
  const built = new Map<number, LastStage>();
  const left: LastStage[] = [];
  for (const each of build) {
    const candidates = byKey.get(each.key ?? "") ?? [];
    // Of several equal calls, the one of that name.
    const named = candidates.find((at) => stages[at]?.stage === each.stage);
    const at =
      named ?? candidates.find((one) => !built.has(one) && nameOf(stages[one]) === nameOf(each));
    if (at === undefined || built.has(at)) left.push(each);
    else built.set(at, each);
  }
  const others = left.filter((each) => {
    const at = byLabel.get(each.stage);
    if (at === undefined || built.has(at)) return true;
    built.set(at, each);
    return false;
  });
  return { built, others: neededBy([...built.values()], others) };
}

/** Those of some stages on which others stand. What is left was built for other targets. */
function neededBy(stages: readonly LastStage[], some: readonly LastStage[]): readonly LastStage[] {
  const byId = new Map(some.map((stage) => [stage.id, stage]));
  const needed = new Set<LastStage>();
  const pending = [...stages];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const id of next.dependencies) {
      const below = byId.get(id);
      if (below === undefined || needed.has(below)) continue;
      needed.add(below);
      pending.push(below);
    }
  }
  return some.filter((stage) => needed.has(stage));
}

/** The name of a stage, without the number of the call. */
function nameOf(stage: { readonly stage: string } | undefined): string | undefined {
  return stage?.stage.replace(/#\d+$/, "");
}
