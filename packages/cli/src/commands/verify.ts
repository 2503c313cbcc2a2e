/**
 * `ashlar verify [targets]`.
 *
 * @module
 */
import { verify } from "@ashlar/core";

import { tellOf } from "../building.ts";
import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { openSession } from "../session.ts";
import { chooseTargets } from "../targets/targets.ts";

/** Runs commands once more, and compares. */
export const run: Run = async (names, options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, names);
  const handles = chosen.map(({ handle }) => handle);
  const { stage: stages, json: isJson = false } = options;
  const plainly = { ...options, json: false };
  const { value, code } = await tellOf(session, handles, plainly, surroundings, async (ready) => {
    const verification = await verify(handles, { ...ready, ...(stages && { stages }) });
    return { value: verification, report: verification.report };
  });
  const { ok } = value;
  const text = isJson ? JSON.stringify({ ok, stages: value.stages }) : String(value);
  if (text !== "") surroundings.out.write(`${text}\n`);
  return ok ? code : exitCode.failed;
};
