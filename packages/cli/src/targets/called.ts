/**
 * What is called: stage calls by what somebody types, the name of a target or of a stage.
 *
 * @module
 */
import { BuildError, plan, type BuildPlan, type StageForecast } from "@ashlar/core";

import type { Session } from "../session.ts";
import { chooseTargets, type Target } from "./targets.ts";

/** A plan, and what of it is meant. */
export interface Called {
  readonly coming: BuildPlan;
  readonly stages: readonly StageForecast[];
}

/**
 * The stages of targets; of a name that no target has, the calls of the stage that has it. No names stand for everything.
 *
 * @throws {@link BuildError} `TARGET_UNKNOWN`, and what planning throws.
 */
export async function stagesCalled(names: readonly string[], session: Session): Promise<Called> {
  const { file } = session;
  const planFor = async (chosen: readonly Target[]): Promise<BuildPlan> =>
    await plan(
      chosen.map(({ handle }) => handle),
      await session.ready(),
    );
  try {
    const coming = await planFor(chooseTargets(file, names).chosen);
    return { coming, stages: coming.stages };
  } catch (error) {
    if (!(error instanceof BuildError) || error.code !== "TARGET_UNKNOWN") throw error;
    const coming = await planFor(chooseTargets(file, []).chosen);
    const isCalled = (stage: string, name: string): boolean =>
      stage === name || stage.replace(/#\d+$/, "") === name;
    const stages = coming.stages.filter(({ stage }) => names.some((name) => isCalled(stage, name)));
    const isEach = names.every((name) => stages.some(({ stage }) => isCalled(stage, name)));
    if (!isEach) throw error;
    return { coming, stages };
  }
}
