/**
 * `ashlar repro STAGE PATH`.
 *
 * @module
 */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { captureAction, type Captured } from "../captured/capture.ts";
import { layOut, type LaidOut } from "../captured/lay-out.ts";
import { shellLine, shellWord } from "../captured/shell-words.ts";
import type { Run } from "../command.ts";
import { pathTaken, reportUnwritable } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { openSession } from "../session.ts";

/** Writes a stage as a folder that runs by itself. */
export const run: Run = async ([label = "", path = ""], options, surroundings) => {
  const { cwd, env, out, signal } = surroundings;
  const folder = resolve(cwd, path);
  if (existsSync(folder)) throw pathTaken(path, "the folder of the stage");
  await using session = await openSession(options, surroundings);
  await captureAction(session, label, async (captured) => {
    newFolder(folder, path);
    try {
      const laid = await layOut(captured, folder, { searchPath: env["PATH"] ?? "", signal });
      writeFileSync(join(folder, "run.sh"), reproScript(captured, laid, folder, label));
      chmodSync(join(folder, "run.sh"), 0o755);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  });
  out.write(`${path}: run it with ${shellWord(join(path, "run.sh"))}\n`);
  return exitCode.succeeded;
};

/** Makes a folder, and those above it as far as they are missing. */
function newFolder(folder: string, shown: string): void {
  const missing: string[] = [];
  for (let each = folder; !existsSync(each); each = dirname(each)) missing.unshift(each);
  try {
    // Not with `recursive`: where that is denied in a certain way, as in `/proc`, Node tries forever.
    for (const each of missing) mkdirSync(each);
  } catch (error) {
    throw reportUnwritable(shown, error);
  }
}

/** The script: no path in it leads to where it was written, but for tools of this machine. */
export function reproScript(
  { action }: Pick<Captured, "action">,
  { root, cwd, env }: LaidOut,
  folder: string,
  label: string,
): string {
  const here = (text: string): string =>
    text.startsWith(folder) ? `"$here"${shellWord(text.slice(folder.length))}` : shellWord(text);
  const variables = Object.entries(env).map(([name, value]) => `  ${name}=${here(value)} \\`);
  const outputs = action.outputs.map(({ path }) => {
    return `if [ -e "$here"${shellWord(`/root/${path}`)} ]; then echo ${shellWord(`wrote ${path}`)}; else echo ${shellWord(`did not write ${path}`)}; fi >&2`;
  });
  const secrets =
    action.secrets.length === 0 ? [] : ["# Values of secrets are not here: put them in."];
  return `#!/bin/sh
# What the stage \`${label.replaceAll(/[\r\n]/g, " ")}\` runs, with all that it is given, and nothing else.
# The folder may be moved. Commands that were kept in a sandbox are not kept in one here.
here=$(cd "$(dirname "$0")" && pwd) || exit
cd "$here"${shellWord(`/root${cwd.slice(root.length)}`)} || exit
${[...secrets, "env -i \\", ...variables].join("\n")}
  ${shellLine(action.argv)} < /dev/null
code=$?
${[...outputs, 'echo "it ended with $code" >&2'].join("\n")}
exit $code
`;
}
