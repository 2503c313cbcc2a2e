/**
 * Program: builds the external crates of a dummy tree, and leaves nothing else.
 *
 * The result depends on its inputs alone: two runs at one place make equal trees.
 *
 * Parameters: `passes`, lists of arguments for cargo, each run in turn; `target`, the
 * target directory, which is also what comes out (default `../target`); `workspace`
 * (default `.`).
 *
 * @module
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { cargoFailure } from "./cargo-failure.ts";
import { writeMarker } from "./deps-marker.ts";
import { Failure } from "./failure.ts";
import { findLocals, type Locals } from "./locals.ts";
import type { Parameters } from "./parameters.ts";
import { runLines } from "./process.ts";
import { runProgram, say } from "./program.ts";
import { ownershipOf, purgeLocals } from "./purge.ts";
import { rustcVersion } from "./rustc-version.ts";
import { forgetTimes } from "./tree.ts";

await runProgram(buildDeps);

async function buildDeps(parameters: Parameters): Promise<void> {
  const passes = parameters.stringLists("passes");
  const target = parameters.string("target", "../target");
  const locals = findLocals(parameters.string("workspace", "."));

  for (const pass of passes) await runPass(pass, target, locals);
  const purged = existsSync(target) ? purgeLocals(resolve(target), ownershipOf(locals)) : 0;
  // Every pass compiles a build script for each stub, so none at all is a layout we cannot read.
  if (purged === 0 && locals.packages.some(({ isKept }) => !isKept)) {
    throw new Failure(`no unit of a local package was found in \`${target}\``, {
      hint: "passes must build the workspace, into a target directory that this version knows",
    });
  }
  writeMarker(target, { rustc: rustcVersion().full, passes, sources: undefined });
  forgetTimes(target);
  say(`dependencies built in ${passes.length} passes; ${purged} stubs purged`);
}

async function runPass(pass: readonly string[], target: string, locals: Locals): Promise<void> {
  say(`cargo ${pass.join(" ")}`);
  const said: string[] = [];
  // The path goes to cargo as it is spelled: it ends up in units, and must be equal everywhere.
  const env = { CARGO_TARGET_DIR: target };
  const onErrorLine = (line: string): unknown => said.push(line);
  const exitCode = await runLines("cargo", pass, { env, onLine: say, onErrorLine });
  if (exitCode === 0) return;
  throw cargoFailure(
    { args: pass, exitCode, said },
    locals,
    "local code is stubbed here: only external crates can fail, or a manifest",
  );
}
