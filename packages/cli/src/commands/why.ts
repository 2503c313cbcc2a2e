/**
 * `ashlar why TARGET`.
 *
 * @module
 */
import { plan } from "@ashlar/core";

import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { openSession } from "../session.ts";
import { chooseTargets } from "../targets/targets.ts";

/** Says why a target would be made anew, or from where it would be reused. */
export const run: Run = async (names, options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, names);
  const handles = chosen.map(({ handle }) => handle);
  const coming = await plan(handles, await session.ready());
  const explanations = [];
  for (const handle of handles) explanations.push(await coming.why(handle));
  if (options.json === true) {
    const seen = new Set<string>();
    const stages = explanations
      .flatMap((each) => each.stages)
      .filter(({ stage }) => !seen.has(stage) && seen.add(stage));
    surroundings.out.write(`${JSON.stringify({ stages })}\n`);
  } else {
    for (const each of explanations) surroundings.out.write(`${String(each)}\n`);
  }
  return exitCode.succeeded;
};
