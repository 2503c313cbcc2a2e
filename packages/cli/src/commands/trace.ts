/**
 * `ashlar trace FILE`.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { reportFold, readEvents } from "@ashlar/core";

import type { Run } from "../command.ts";
import { buildUnknown, reportUnwritable } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { labelsOf, readLastBuild, type LastBuild } from "../last-build.ts";
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
  } else build = await recordedBuild(resolve(cwd, options.from));
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

/** A build, from the file that `--events` wrote. */
async function recordedBuild(path: string): Promise<LastBuild> {
  const fold = reportFold();
  for await (const event of readEvents(path)) fold.onEvent(event);
  const { outcome, startedAt = 0, durationMs, stages } = fold.summary();
  const labels = labelsOf(stages);
  return {
    ...{ version: 1, outcome, startedAt, durationMs },
    stages: stages.map(({ id, name, state, dependencies, durationMs: took, ...others }) => ({
      id,
      stage: labels.get(id) ?? name,
      outcome: state,
      dependencies,
      durationMs: took,
      startedAt: others.startedAt,
      settledAt: others.settledAt,
      key: others.key,
    })),
  };
}
