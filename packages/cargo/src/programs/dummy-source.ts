/**
 * Program: makes the smallest source tree that has the same dependencies.
 *
 * Local packages lose their code, their versions and everything that is for people, so a
 * stage that compiles this tree runs again only when the dependencies changed.
 *
 * Parameters: `workspace`, its folder below the working directory, which is the root of
 * the sources (default `.`); `out`, the folder to make; `layout`, a JSON file for whether code is part of it
 * after all (`hasCode`), because an external crate stands on it, whether there are inner packages (`hasInner`), and the
 * folders of code that those do not see (`blank`); `versioned`, names of packages that keep their
 * versions, for commands name them by those (default none).
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { dummyFiles } from "./dummy-tree.ts";
import { blankFolders, innerPackages } from "./inner.ts";
import { findLocals, type Locals } from "./locals.ts";
import { checkLock } from "./lock-check.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { rustcVersion } from "./rustc-version.ts";
import { writeFiles } from "./source-files.ts";
import { checkToolchainFile } from "./toolchain-file.ts";

runProgram(dummySource);

async function dummySource(parameters: Parameters): Promise<void> {
  const workspace = parameters.string("workspace", ".");
  const asked = rustcVersion();
  let locals: Locals;
  try {
    locals = findLocals(workspace);
  } finally {
    // Whatever cargo does not understand, that it is the wrong one comes first.
    checkToolchainFile(workspace, (await asked).full);
  }
  // Where there is none, `vendor` says so, which everything needs that compiles this.
  if (locals.lockFile !== undefined) checkLock(locals);
  const files = dummyFiles(locals, parameters.strings("versioned", []));
  writeFiles(resolve(parameters.string("out")), files);
  const kept = locals.packages.filter(({ isKept }) => isKept).length;
  const layout = parameters.optionalString("layout");
  if (layout !== undefined) writeFileSync(layout, `${JSON.stringify(layoutOf(locals))}\n`);
  say(`${locals.packages.length - kept} local packages stubbed, ${kept} kept`);
}

function layoutOf(locals: Locals): object {
  return {
    hasCode: locals.packages.some(({ isKept }) => isKept),
    hasInner: innerPackages(locals).length > 0,
    blank: blankFolders(locals),
  };
}
