/**
 * `ashlar shell STAGE`.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { captureAction } from "../captured/capture.ts";
import { layOut, type LaidOut } from "../captured/lay-out.ts";
import { shellLine } from "../captured/shell-words.ts";
import { makeColors, wantsColor } from "../colors.ts";
import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { openSession } from "../session.ts";

/** Opens a shell where a command would run. */
export const run: Run = async ([label = ""], options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { env, err, signal } = surroundings;
  const colors = makeColors(wantsColor(err, env, options.color));
  return await captureAction(session, label, async (captured) => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-shell-"));
    try {
      const laid = await layOut(captured, folder, { searchPath: env["PATH"] ?? "", signal });
      const { action } = captured;
      err.write(`${colors.bold(label)} would run here:\n  ${shellLine(action.argv)}\n`);
      if (action.secrets.length > 0) err.write("secrets are not given to this shell\n");
      err.write(colors.dim("leave with `exit`; nothing of this is kept\n"));
      await openShell(laid, env);
      return exitCode.succeeded;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
};

/** Resolves when the user has left. The shell's own exit code says how the last word typed there ended: no matter. */
async function openShell(
  { cwd, env }: LaidOut,
  own: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const shown = { TERM: own["TERM"] ?? "dumb", PS1: "(ashlar) $ " };
  // No start-up files: they would bring along what the command does not have.
  const shell = spawn("/bin/sh", ["-i"], { cwd, env: { ...shown, ...env }, stdio: "inherit" });
  await new Promise<void>((done, fail) => {
    shell.once("error", fail);
    shell.once("close", () => done());
  });
}
