/**
 * Starting programs: by the launcher, or by this process where that cannot.
 *
 * @module
 */
import { commandScript } from "./command-script.ts";
import { runLaunched } from "./launched.ts";
import type { Launcher } from "./launcher.ts";
import type { ProcessEnd, Program } from "./place.ts";
import { runProcess, type ProcessOptions } from "./process.ts";

/** Runs a program by the launcher, if that can start it. */
export async function startProgram(
  program: Program,
  launcher: Launcher | undefined,
  options: ProcessOptions,
): Promise<ProcessEnd> {
  const script = launcher && commandScript(program, options.cwd);
  const post = script === undefined ? undefined : await launcher?.take();
  if (script === undefined || post === undefined) return await runProcess(program, options);
  try {
    return await runLaunched(post, script, options);
  } finally {
    launcher?.give(post);
  }
}
