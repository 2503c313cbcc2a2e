/**
 * `ashlar check`.
 *
 * @module
 */
import { stageDefinitions, renderError, type BuildError } from "@ashlar/core";

import { makeColors, wantsColor } from "../colors.ts";
import type { Run } from "../command.ts";
import { buildFileTypes, stageNameTwice } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { paintError } from "../show-fault.ts";
import { shownCount } from "../shown.ts";
import { findBuildFile } from "../targets/build-file.ts";
import { loadBuildFile } from "../targets/load.ts";
import type { Target } from "../targets/targets.ts";
import { findTypeErrors } from "../targets/type-errors.ts";

/** Looks for mistakes in the build file. */
export const run: Run = async (_, options, surroundings) => {
  const { cwd: from, env, out, err } = surroundings;
  const path = findBuildFile(options.file, from);
  const { targets, shown } = await loadBuildFile(path, { from });
  const problems: BuildError[] = [...namesTwice(targets)];
  const types =
    options.types === false ? undefined : await findTypeErrors(path, surroundings.signal);
  if (types !== undefined && types.length > 0) {
    problems.push(buildFileTypes({ file: shown, problems: types }));
  }
  if (options.json === true) {
    const found = problems.map((error) => {
      const { code, message } = error;
      return { code, message, text: renderError(error) };
    });
    const names = targets.map(({ name }) => name);
    out.write(`${JSON.stringify({ file: path, targets: names, problems: found })}\n`);
  } else {
    const colors = makeColors(wantsColor(err, env, options.color));
    for (const each of problems) err.write(`${paintError(renderError(each), colors)}\n\n`);
    const looked =
      types === undefined
        ? `types were not looked at${options.types === false ? "" : ": no TypeScript is installed here"}`
        : "types fit";
    const said = problems.length > 0 ? shownCount(problems.length, "problem") : looked;
    out.write(`${shown}: ${shownCount(targets.length, "target")}, ${said}\n`);
  }
  return problems.length === 0 ? exitCode.succeeded : exitCode.failed;
};

/** Different stages that have one name. */
function namesTwice(targets: readonly Target[]): readonly BuildError[] {
  const places = new Map<string, string[]>();
  for (const { name, declaredAt } of stageDefinitions(targets.map(({ handle }) => handle))) {
    const known = places.get(name);
    if (known === undefined) places.set(name, [declaredAt ?? "(unknown)"]);
    else known.push(declaredAt ?? "(unknown)");
  }
  return [...places].flatMap(([name, at]) => (at.length < 2 ? [] : stageNameTwice(name, at)));
}
