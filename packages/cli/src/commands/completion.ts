/**
 * `ashlar completion SHELL`.
 *
 * @module
 */
import type { Run } from "../command.ts";
import { completionScript, shells } from "../completion.ts";
import { commands, commonOptions } from "../declared.ts";
import { exitCode } from "../exit-code.ts";
import { oneOf } from "../options.ts";
import { findBuildFile } from "../targets/build-file.ts";
import { loadBuildFile } from "../targets/load.ts";
import { allNames } from "../targets/targets.ts";

/** Prints what a shell needs to complete words; or the names of targets, for that. */
export const run: Run = async ([word = ""], options, { cwd, out }) => {
  if (word === "targets") {
    // In the middle of a line that somebody types: what is wrong with the file is told elsewhere.
    const names = await targetNames(options.file, cwd).catch(() => []);
    out.write(names.map((name) => `${name}\n`).join(""));
    return exitCode.succeeded;
  }
  out.write(completionScript(oneOf("completion", word, shells), commands, commonOptions));
  return exitCode.succeeded;
};

async function targetNames(file: string | undefined, cwd: string): Promise<readonly string[]> {
  const { targets } = await loadBuildFile(findBuildFile(file, cwd));
  return allNames(targets);
}
