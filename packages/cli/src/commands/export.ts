/**
 * `ashlar export TARGET PATH`.
 *
 * @module
 */
import { resolve } from "node:path";

import { isArtifact, tryBuild } from "@ashlar/core";

import { tellOf } from "../building.ts";
import type { Run } from "../command.ts";
import { targetUnfit } from "../errors.ts";
import { openSession } from "../session.ts";
import { chooseTargets } from "../targets/targets.ts";

/** Builds a target, and writes it to the disk. */
export const run: Run = async ([name = "", path = ""], options, surroundings) => {
  await using session = await openSession(options, surroundings);
  const { chosen } = chooseTargets(session.file, [name]);
  const [only] = chosen;
  if (only === undefined || chosen.length > 1 || !isArtifact(only.handle)) {
    const inside = session.file.targets.filter((each) => each.name.startsWith(`${name}.`));
    const artifacts = inside.filter(({ handle }) => isArtifact(handle)).map((each) => each.name);
    const hint =
      artifacts.length > 0
        ? `one of its members is: ${artifacts.join(", ")}`
        : "only what a stage writes can be exported, and this only succeeds or fails";
    throw targetUnfit(name, "one file or tree", hint);
  }
  const { handle } = only;
  const { value: report, code } = await tellOf(
    session,
    [handle],
    options,
    surroundings,
    async (ready) => {
      const made = await tryBuild(handle, ready);
      return { value: made, report: made };
    },
  );
  if (report.ok) await report.export(handle, resolve(surroundings.cwd, path));
  return code;
};
