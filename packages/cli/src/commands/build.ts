/**
 * `ashlar build [targets]`.
 *
 * @module
 */
import { tryBuild } from "@ashlar/core";

import { tellOf } from "../building.ts";
import type { Run } from "../command.ts";
import { openSession } from "../session.ts";
import { chooseTargets } from "../targets/targets.ts";

/** Builds targets. */
export const run: Run = async (names, options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, names);
  const handles = chosen.map(({ handle }) => handle);
  const { code } = await tellOf(session, handles, options, surroundings, async (ready) => {
    const report = await tryBuild(handles, ready);
    return { value: report, report };
  });
  return code;
};
