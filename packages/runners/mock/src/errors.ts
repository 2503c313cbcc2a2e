/**
 * The wording of errors about mocks.
 *
 * @module
 */
import { BuildError, closest } from "@ashlar/core";

/** A script writes an output that the stage does not declare. */
export function mockOutputUndeclared(
  stage: string,
  output: string,
  declared: readonly string[],
): BuildError {
  const guess = closest(output, declared);
  return new BuildError({
    code: "MOCK_OUTPUT_UNDECLARED",
    message: `the script of stage \`${stage}\` writes \`${output}\`, which the stage does not declare`,
    facts: { declared: declared.join(", ") || "nothing" },
    hint: guess === undefined ? undefined : `did you mean \`${guess}\`?`,
  });
}

/** Several scripts stand for one call, and nobody could say which counts. */
export function mockScriptAmbiguous(stage: string, scripts: readonly string[]): BuildError {
  return new BuildError({
    code: "MOCK_SCRIPT_AMBIGUOUS",
    message: `${scripts.length} scripts stand for stage \`${stage}\``,
    facts: { scripted: scripts.join(", ") },
    hint: "keep one of them; to change what a stage does between two builds, use `mock.replace`",
  });
}

/**
 * Scripts were never followed.
 *
 * @param name - Of the first one, if it has any.
 * @param called - Names of the stages that were called.
 */
export function mockScriptUnused(
  scripts: readonly string[],
  name: string | undefined,
  called: readonly string[],
): BuildError {
  const names = [...new Set(called)];
  const guess = name === undefined || names.includes(name) ? undefined : closest(name, names);
  const others = scripts.length === 1 ? "" : `, nor ${scripts.length - 1} more`;
  return new BuildError({
    code: "MOCK_SCRIPT_UNUSED",
    message: `the script for ${scripts[0] ?? ""} was never followed${others}`,
    facts: { unused: scripts.join(", "), called: names.join(", ") || "nothing" },
    hint:
      guess === undefined
        ? 'remove it, or make the runner with `onUnused: "ignore"`'
        : `did you mean \`${guess}\`?`,
  });
}

/** A mock runner met a stage that nobody has scripted. */
export function mockStageUnscripted(stage: string, scripted: readonly string[]): BuildError {
  const guess = closest(stage, scripted);
  return new BuildError({
    code: "MOCK_STAGE_UNSCRIPTED",
    message: `stage \`${stage}\` has no script`,
    facts: { scripted: scripted.join(", ") || "nothing" },
    hint: guess === undefined ? "script it with `mock.on`" : `did you mean \`${guess}\`?`,
  });
}
