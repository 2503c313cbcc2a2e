/**
 * Program: decides what of a workspace some of its packages need.
 *
 * Those packages, all local ones that they depend on, and all that an external crate may stand on are the
 * *closure*. It says what is left out, and makes an outline of the rest. No external crate is looked at.
 *
 * Parameters: `packages`, as in cargo's `--package`; `out`, the folder for the outline; `closure`, the JSON file
 * for what is left out (`dropped`, paths); `workspace` (default `.`).
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { closureOf, droppedPaths } from "./closure.ts";
import { findLocals } from "./locals.ts";
import { checkLock } from "./lock-check.ts";
import { outlineOf } from "./outline.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { writeFiles } from "./source-files.ts";

await runProgram(subset);

function subset(parameters: Parameters): void {
  const locals = findLocals(parameters.string("workspace", "."));
  checkLock(locals);
  const closure = closureOf(parameters.strings("packages"), locals.packages);
  writeFiles(resolve(parameters.string("out")), outlineOf(closure, locals));
  const dropped = droppedPaths(closure, locals);
  writeFileSync(parameters.string("closure"), `${JSON.stringify({ dropped }, null, 2)}\n`);
  say(`${closure.length} of ${locals.packages.length} local packages are needed`);
}
