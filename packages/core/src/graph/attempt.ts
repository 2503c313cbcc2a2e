/**
 * Attempts: commands whose exit code is part of what they give.
 *
 *     sh`test`             exit code 1: the stage fails, nothing is kept, the next build tries again
 *     attempt(sh`test`)    exit code 1: a result like any other, with the code and the log as files
 *
 * @module
 */
import { parsePath } from "../artifact/path.ts";
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { outputTwice } from "../errors/output-errors.ts";
import { commandState, isCommand, type Command, type CommandSpec } from "./command.ts";
import type { OutputSpec } from "./out.ts";

/** Kinds of the outputs that an attempt has besides those of its command. */
export interface AttemptOutputs {
  /** The exit code, as a decimal number and a line feed. */
  readonly exitCode: "file";
  /** All that the command printed, bytes unchanged. */
  readonly stdout: "file";
  readonly stderr: "file";
}

/** What {@link AttemptOutputs} says, as data. Nothing is written to these paths: they are labels. */
const attemptOutputs: readonly OutputSpec[] = Object.freeze(
  ["exitCode", "stdout", "stderr"].map((name): OutputSpec => ({
    name,
    kind: "file",
    path: parsePath(name),
    isOptional: false,
  })),
);

/**
 * The same command, of which every exit code is a success. A stage that returns it has the outputs
 * `exitCode`, `stdout` and `stderr` besides the declared ones, and its result is kept and used again,
 * whatever the code.
 *
 * When the code is 0, the command must have written what it declares. Otherwise that may be missing, and
 * a stage that wants it fails with `ARTIFACT_NOT_BUILT`. A command that is ended by a signal, or runs out
 * of time, has no exit code: it fails as always. The key is not that of the plain command.
 *
 * @throws {@link BuildError} `OUTPUT_TWICE` when the command declares an output of one of these names.
 * @example
 * ```ts
 * const test = stage("test", ({ app }: { app: File }) =>
 *   attempt(sh`${app} --report ${out.file("report.xml")}`));
 * const { exitCode } = test({ app });
 * ```
 */
export function attempt<O>(command: Command<O>): Command<O & AttemptOutputs> {
  if (!isCommand(command)) {
    throw invalidOption("command", describe(command), "what `sh` makes, for `attempt`");
  }
  const spec = command[commandState];
  if (spec.isAttempt) return command as Command<O & AttemptOutputs>;
  for (const { name } of attemptOutputs) {
    if (spec.outputs.some((output) => output.name === name)) throw outputTwice(name, "name");
  }
  return { [commandState]: { ...spec, isAttempt: true } };
}

/** All that a call of a command gives: the declared outputs, and for an attempt what it adds. */
export function outputsOf({ outputs, isAttempt }: CommandSpec): readonly OutputSpec[] {
  return isAttempt ? [...outputs, ...attemptOutputs] : outputs;
}

/** What the file `exitCode` holds. */
export function exitCodeText(exitCode: number): string {
  return `${exitCode}\n`;
}
