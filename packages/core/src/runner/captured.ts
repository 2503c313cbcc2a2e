/**
 * Which declared outputs of a command are captured, by how it ended.
 *
 * @module
 */
import type { OutputSpec } from "../graph/out.ts";
import type { Action } from "./runner.ts";

/**
 * The outputs that a runner is to capture, if they are there: all of a command that succeeded and of an attempt, and
 * of one that failed those that are declared for that.
 *
 * @param exitCode - `undefined` when a signal ended the command.
 */
export function capturedOutputs(
  { outputs, isAttempt }: Pick<Action, "isAttempt" | "outputs">,
  exitCode: number | undefined,
): readonly OutputSpec[] {
  if (exitCode === undefined) return [];
  if (exitCode === 0 || isAttempt) return outputs;
  return outputs.filter(({ evenIfFailed }) => evenIfFailed === true);
}
