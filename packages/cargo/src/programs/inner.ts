/**
 * Inner packages: local libraries that other local packages are built on, and that see nothing of those.
 *
 *     app ──▶ api ──▶ model        inner: api, model        outer: app, tool
 *     tool ─────────▶ model
 *
 * They can be compiled while the code of the outer packages is *blank*: then an edit of a program compiles that program,
 * and finds all below it as it was. A package with a build script is outer, and so is what stands on it: scripts read what
 * they like, and may notice that code is blank.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, relative } from "node:path";

import type { LocalPackage, Locals } from "./locals.ts";
import type { Environment } from "./process.ts";
import { compare, hashTree, isWithin } from "./tree.ts";

/** The inner packages of a workspace. */
export function innerPackages({ packages }: Pick<Locals, "packages">): readonly LocalPackage[] {
  const byFolder = new Map(packages.map((local) => [local.directory, local]));
  const used = new Set(packages.flatMap((local) => local.pathDependencies));
  const isScriptless = (local: LocalPackage, above: readonly LocalPackage[] = []): boolean =>
    // Packages may depend on each other for tests.
    above.includes(local) ||
    (!local.targets.some(({ kind }) => kind.includes("custom-build")) &&
      local.pathDependencies.every((folder) => {
        const below = byFolder.get(folder);
        return below === undefined || isScriptless(below, [...above, local]);
      }));
  return packages.filter((local) => used.has(local.directory) && isScriptless(local));
}

/** The other local packages, but for those that external crates stand on. */
export function outerPackages(locals: Pick<Locals, "packages">): readonly LocalPackage[] {
  const inner = new Set(innerPackages(locals));
  return locals.packages.filter((local) => !inner.has(local) && !local.isKept);
}

/** The folders in which code may be blank, relative to the tree: those of outer packages that hold no other package. */
export function blankFolders(locals: Pick<Locals, "packages" | "tree">): readonly string[] {
  const holdsOther = ({ directory }: LocalPackage): boolean =>
    locals.packages.some(
      (one) => one.directory !== directory && isWithin(one.directory, directory),
    );
  return outerPackages(locals)
    .filter((local) => !holdsOther(local))
    .map(({ directory }) => relative(locals.tree, directory));
}

/** What differs from stage to stage, and from nothing that code sees. */
const OF_STAGES = new Set(["HOME", "PATH", "TMPDIR"]);

/**
 * Names all that inner packages may be made of: equal as long as nothing but blank code has changed.
 *
 * @param env - Variables of the command. Macros may read them, and cargo does not know of it.
 */
export function hashInner(
  locals: Pick<Locals, "packages" | "tree">,
  env: Partial<Environment> = process.env,
): string {
  const folders = blankFolders(locals).map((folder) => join(locals.tree, folder));
  const sources = hashTree(locals.tree, (path) => isBlank(join(locals.tree, path), folders));
  const names = Object.keys(env).filter((name) => !OF_STAGES.has(name));
  const variables = names.toSorted(compare).map((name) => [name, env[name]]);
  const hash = createHash("sha256").update(sources);
  return hash.update(JSON.stringify(variables)).digest("hex");
}

/** Whether a path is of code in one of these folders. */
export function isBlank(path: string, folders: readonly string[]): boolean {
  return path.endsWith(".rs") && folders.some((folder) => isWithin(path, folder));
}
