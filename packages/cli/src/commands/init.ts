/**
 * `ashlar init`.
 *
 * @module
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Run } from "../command.ts";
import { pathTaken } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { buildFileFor, lookAt } from "../project.ts";
import { buildFileNames } from "../targets/build-file.ts";

/** Writes a small build file. */
export const run: Run = async (_, __, { cwd, out }) => {
  const taken = buildFileNames.find((name) => existsSync(join(cwd, name)));
  if (taken !== undefined) throw pathTaken(taken, "a new build file");
  const project = lookAt(cwd);
  const { text, packages } = buildFileFor(project);
  const [name = ""] = buildFileNames;
  writeFileSync(join(cwd, name), text, { flag: "wx" });
  out.write(`${name}: for a project of ${project.kind}\n`);
  const missing = packages.filter((each) => !existsSync(join(cwd, "node_modules", each)));
  if (missing.length > 0) out.write(`install first: npm install --save-dev ${missing.join(" ")}\n`);
  out.write("then: npx ashlar plan\n");
  return exitCode.succeeded;
};
