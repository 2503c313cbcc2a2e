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

/** A replayed build asks for what the recorded one has not run. */
export function replayMiss(seen: {
  readonly stage: string;
  readonly directory: string;
  /** In what it differs from the recorded call that is most like it; absent when the stage has none. */
  readonly differs?: readonly string[];
  /** Names of the stages of the recording. */
  readonly recorded: readonly string[];
}): BuildError {
  const { stage, directory, differs, recorded } = seen;
  const names = [...new Set(recorded)];
  const guess = differs === undefined ? closest(stage, names) : undefined;
  return new BuildError({
    code: "REPLAY_MISS",
    message:
      differs === undefined
        ? `stage \`${stage}\` is not in the recording`
        : `stage \`${stage}\` was recorded with something else`,
    facts: {
      recording: directory,
      differs: differs?.join("\n"),
      recorded: differs === undefined ? names.join(", ") || "nothing" : undefined,
    },
    hint:
      guess === undefined
        ? "record the build anew, if it should be so from now on"
        : `did you mean \`${guess}\`? Otherwise record the build anew`,
  });
}

/** A replayed build asks about a tool that the recorded one has not asked about. */
export function replayToolMiss(tool: string, directory: string): BuildError {
  return new BuildError({
    code: "REPLAY_MISS",
    message: `tool \`${tool}\` is not in the recording`,
    facts: { recording: directory },
    hint: "record the build anew, if it should need the tool from now on",
  });
}

/** A directory holds no recording, or none that this version can replay. */
export function replayUnfit(directory: string, reason: string): BuildError {
  return new BuildError({
    code: "REPLAY_UNFIT",
    message: `the recording in \`${directory}\` cannot be replayed: ${reason}`,
    hint: "record the build anew, with `recordingRunner` and an empty store",
  });
}
