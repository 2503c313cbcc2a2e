/**
 * Program: compiles the inner packages of a workspace, in an inherited target directory, and leaves nothing of the others.
 *
 * Those are stubs while it runs: features and flags are then what they are for commands on the whole. What has read a
 * file of theirs goes with them, under whatever name it has found it. And what does not compile without their code is left to the commands.
 *
 * Parameters: `args` for cargo, a `build`; `target` (default `../target`); `workspace` (default `.`). Sources are changed.
 *
 * @module
 */
import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { runCargo, takeOver, type Consumer } from "./consumer.ts";
import { writeMarker } from "./deps-marker.ts";
import { Failure } from "./failure.ts";
import { blankFolders, hashInner, isBlank, outerPackages } from "./inner.ts";
import { isLibraryTarget } from "./library-target.ts";
import type { LocalPackage, Locals } from "./locals.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { ownershipOf, purgeLocals, type Ownership } from "./purge.ts";
import { stubOf } from "./stub.ts";
import { isWithin } from "./tree.ts";

/** What cargo ends with when something does not compile. */
const CANNOT_COMPILE = 101;

runProgram(buildInner);

async function buildInner(parameters: Parameters): Promise<void> {
  const target = parameters.string("target", "../target");
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  const { locals, marker } = consumer;
  const inner = hashInner(locals);
  const outer = new Set(outerPackages(locals));
  const stubs = new Set([...outer].flatMap(stub));
  if (!(await compiles(consumer, parameters.strings("args")))) {
    mkdirSync(target, { recursive: true });
    purgeLocals(resolve(target), ownershipOf(locals));
    say("the libraries do not compile without the code of the others: each command compiles them");
    return;
  }
  if (!existsSync(target)) return;
  const packages = locals.packages.map((local) => ({ ...local, isKept: !outer.has(local) }));
  const ownership = throughLinks(ownershipOf({ root: locals.root, packages }), locals, stubs);
  const purged = purgeLocals(resolve(target), ownership);
  writeMarker(target, { ...marker, sources: undefined, inner });
  say(`${locals.packages.length - outer.size} packages compiled; ${purged} units of others purged`);
}

/** Compiles what is there. Whether that can be done. */
async function compiles(consumer: Consumer, args: readonly string[]): Promise<boolean> {
  try {
    await runCargo(consumer, args);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.exitCode === CANNOT_COMPILE) return false;
    throw error;
  }
}

/**
 * Takes the code of a package away. Libraries come first: where a program shares the library's file, it needs its `main`.
 *
 * @returns where the files really are, which may be with another package.
 */
function stub({ targets }: LocalPackage): readonly string[] {
  const libraries = targets.filter(isLibraryTarget);
  const programs = targets.filter((one) => !isLibraryTarget(one));
  return [...libraries, ...programs].map((target) => {
    writeFileSync(target.path, stubOf(isLibraryTarget(target), target.crateTypes));
    return realpathSync(target.path);
  });
}

/** Ownership that also knows code that is not what it was by its other names. */
function throughLinks(
  { names, owns }: Ownership,
  locals: Pick<Locals, "packages" | "root" | "tree">,
  stubs: ReadonlySet<string>,
): Ownership {
  const tree = realpathSync(locals.tree);
  const folders = blankFolders(locals).map((folder) => join(tree, folder));
  const isChanged = (path: string): boolean => {
    if (!isWithin(path, locals.tree) || !existsSync(path)) return false;
    const place = realpathSync(path);
    return stubs.has(place) || isBlank(place, folders);
  };
  return { names, owns: (source) => owns(source) || isChanged(resolve(locals.root, source)) };
}
