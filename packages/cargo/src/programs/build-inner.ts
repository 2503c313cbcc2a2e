/**
 * Program: compiles the inner packages of a workspace, in an inherited target directory, and leaves nothing of the others.
 *
 * Those are stubs while it runs: features and flags are then what they are for commands on the whole. What has read a
 * file of theirs goes with them.
 *
 * Parameters: `args` for cargo, a `build`; `target` (default `../target`); `workspace` (default `.`). Sources are changed.
 *
 * @module
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

import { runCargo, takeOver } from "./consumer.ts";
import { writeMarker } from "./deps-marker.ts";
import { hashInner, outerPackages } from "./inner.ts";
import { isLibraryTarget } from "./library-target.ts";
import type { LocalPackage } from "./locals.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { ownershipOf, purgeLocals } from "./purge.ts";
import { stubOf } from "./stub.ts";

await runProgram(buildInner);

async function buildInner(parameters: Parameters): Promise<void> {
  const target = parameters.string("target", "../target");
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  const { locals, marker } = consumer;
  const inner = hashInner(locals);
  const outer = new Set(outerPackages(locals));
  for (const local of outer) stub(local);
  await runCargo(consumer, parameters.strings("args"));
  if (!existsSync(target)) return;
  const packages = locals.packages.map((local) => ({ ...local, isKept: !outer.has(local) }));
  const purged = purgeLocals(resolve(target), ownershipOf({ root: locals.root, packages }));
  writeMarker(target, { ...marker, sources: undefined, inner });
  say(`${locals.packages.length - outer.size} packages compiled; ${purged} units of others purged`);
}

/** Takes the code of a package away. Libraries come first: where a program shares the library's file, it needs its `main`. */
function stub({ targets }: LocalPackage): void {
  for (const isLibrary of [true, false]) {
    for (const target of targets.filter((one) => isLibraryTarget(one) === isLibrary)) {
      writeFileSync(target.path, stubOf(isLibrary, target.crateTypes));
    }
  }
}
