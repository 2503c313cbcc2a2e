/**
 * The wording of errors about which runner takes a stage.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A stage that no runner of the build can take. */
export interface UnplacedStage {
  readonly stage: string;
  /** What of it nobody can give: an image, a label. */
  readonly wants: string;
  readonly declaredAt?: string | undefined;
}

/** Nobody can take some stages. There is at least one. */
export function runnersUnable(unplaced: readonly UnplacedStage[]): BuildError {
  const [first, ...more] = unplaced;
  const only = more.length === 0 ? first : undefined;
  const stages = unplaced.map(({ stage, wants }) => `\`${stage}\`: ${wants}`);
  return new BuildError({
    code: "RUNNER_UNABLE",
    message:
      only === undefined
        ? `there are ${unplaced.length} stages that no runner of the build can take`
        : `no runner of the build can take stage \`${only.stage}\`, which wants ${only.wants}`,
    facts: {
      "declared at": only?.declaredAt,
      stages: only === undefined ? stages.join("\n") : undefined,
    },
    hint: "give the build a runner that can: `runners({ default, byImage, byLabel })` puts several together; images are for `containerRunner()`",
  });
}
