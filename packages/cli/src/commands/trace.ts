/**
 * `ashlar trace FILE`.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

import type { Run } from "../command.ts";
import { buildUnknown, reportUnwritable } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { readLastBuild, readRecordedBuild, type LastBuild } from "../last-build.ts";
import { openSession } from "../session.ts";
import { shownCount } from "../shown.ts";
import { traceOf } from "../trace.ts";

/** Writes what ran when, for Perfetto. */
export const run: Run = async ([path = ""], options, surroundings) => {
  const { cwd, out } = surroundings;
  let build: LastBuild | undefined;
  if (options.from === undefined) {
    await using session = await openSession(options, surroundings);
    build = readLastBuild(session.store, session.file.path);
    if (build === undefined) throw buildUnknown(session.file.shown);
  } else build = await readRecordedBuild(resolve(cwd, options.from));
  const trace = traceOf(build);
  const place = resolve(cwd, path);
  try {
    writeFileSync(place, JSON.stringify(trace));
  } catch (error) {
    throw reportUnwritable(path, error);
  }
  const count = trace.traceEvents.filter(({ ph }) => ph === "X").length;
  out.write(`${path}: ${shownCount(count, "command")}; open it at https://ui.perfetto.dev\n`);
  return exitCode.succeeded;
};
