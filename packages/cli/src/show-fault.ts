/**
 * Showing what went wrong, and what to tell whoever started the program.
 *
 * @module
 */
import { BuildError, renderError } from "@ashlar/core";

import { makeColors, wantsColor, type Colors } from "./colors.ts";
import { exitCode, exitCodeOf, type ExitCode } from "./exit-code.ts";
import type { Options } from "./options.ts";
import { ownWords } from "./own-words.ts";
import type { Stopped, Surroundings } from "./surroundings.ts";

/** Writes what a command threw to the standard error, and gives the exit code. */
export function showFault(
  error: unknown,
  options: Options,
  { env, err }: Surroundings,
  stopped: Stopped | undefined,
): ExitCode {
  const colors = makeColors(wantsColor(err, env, options.color));
  if (error instanceof BuildError) {
    err.write(`${paintError(renderError(error), colors)}\n`);
    return error.code === "BUILD_CANCELLED" ? stoppedCode(stopped) : exitCodeOf(error.code);
  }
  if (stopped !== undefined) {
    err.write(`${colors.yellow("stopped")} by ${stopped.message}\n`);
    return stoppedCode(stopped);
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  err.write(`${colors.red("bug in ashlar")}: ${text}\n`);
  return exitCode.bug;
}

/** The exit code of somebody's wish to end. */
export function stoppedCode(stopped: Stopped | undefined): ExitCode {
  return stopped === undefined || stopped.by === "SIGINT"
    ? exitCode.interrupted
    : exitCode.terminated;
}

/** An error as `renderError` gives it, with its head and its hint painted, and for people at a terminal. */
export function paintError(text: string, colors: Colors): string {
  return ownWords(text)
    .replace(/^error(?=\[)/, () => colors.red(colors.bold("error")))
    .replace(/(?<=^|\n)hint(?=: )/, () => colors.cyan("hint"));
}
