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

/** A runner cannot work on this machine. */
export function platformUnsupported(runner: string, platform: string, why: string): BuildError {
  return new BuildError({
    code: "PLATFORM_UNSUPPORTED",
    message: `the ${runner} runner does not work on ${platform}`,
    facts: { reason: why },
  });
}

/** A runner, or the engine around it, failed in a way that nobody foresaw. */
export function runnerFailed(runner: string, stage: string, cause: unknown): BuildError {
  return new BuildError({
    code: "RUNNER_FAILED",
    message: `${runner} broke down at stage \`${stage}\``,
    facts: { reason: cause instanceof Error ? cause.message : String(cause) },
    hint: "this is not a fault of the stage: see the cause of this error",
    cause,
  });
}
