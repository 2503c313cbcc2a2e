/**
 * Program: decides what of a workspace some of its packages need.
 *
 * Those packages, all local ones that they depend on, and all that an external crate may stand on are the
 * *closure*. It says what is left out, and makes an outline of the rest. No external crate is looked at.
 *
 * Parameters: `packages`, as in cargo's `--package`; `out`, the folder for the outline; `closure`, the JSON file
 * for what is left out (`dropped`, paths) and for the manifests that the outline has in another form (`roots`, paths);
 * `workspace` (default `.`).
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { closureOf, droppedPaths } from "./closure.ts";
import { findLocals } from "./locals.ts";
import { checkLock } from "./lock-check.ts";
import { missingLock } from "./lock.ts";
import { outlineOf, rootManifests, settingsOf } from "./outline.ts";
import type { Parameters } from "./parameters.ts";
import { patchFolders } from "./patches.ts";
import { runProgram, say } from "./program.ts";
import { writeFiles } from "./source-files.ts";
import { readToml } from "./table.ts";

runProgram(subset);

function subset(parameters: Parameters): void {
  const locals = findLocals(parameters.string("workspace", "."));
  if (locals.lockFile === undefined) throw missingLock();
  checkLock(locals);
  const always = new Set(settingsOf(locals).flatMap(foldersNamed));
  const closure = closureOf(parameters.strings("packages"), { ...locals, always });
  writeFiles(resolve(parameters.string("out")), outlineOf(closure, locals));
  const left = { dropped: droppedPaths(closure, locals), roots: rootManifests(closure, locals) };
  writeFileSync(parameters.string("closure"), `${JSON.stringify(left, null, 2)}\n`);
  say(`${closure.length} of ${locals.packages.length} local packages are needed`);
}

/** Settings are as they are: what they put in the place of crates must be there. */
function foldersNamed(path: string): readonly string[] {
  return patchFolders(readToml(path), dirname(dirname(path)));
}
