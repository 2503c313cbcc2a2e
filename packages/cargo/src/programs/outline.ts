/**
 * Outlines: what cargo looks at when it resolves the dependencies of some packages, and nothing else.
 *
 * That is their manifests, the names of the files that targets are found by, cargo's settings, and a lock
 * file. Two workspaces with equal outlines have equal dependencies, whatever else differs.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { configFiles } from "./cargo-config.ts";
import type { LocalPackage, Locals } from "./locals.ts";
import { reachableLock } from "./lock-reach.ts";
import { patchedNames } from "./patches.ts";
import type { SourceFile } from "./source-files.ts";
import { subsetManifest, subsetOf } from "./subset-manifest.ts";
import { readToml } from "./table.ts";
import { toml } from "./toml.ts";
import { compare, walk } from "./tree.ts";

const SETTINGS = /(^|\/)\.cargo\/config(\.toml)?$/;
const EMPTY: SourceFile = { text: "" };

/** The files of the outline of a closure, by their paths relative to the tree. */
export function outlineOf(
  closure: readonly LocalPackage[],
  locals: Locals,
): ReadonlyMap<string, SourceFile> {
  const { root, tree, lock } = locals;
  const files = new Map<string, SourceFile>();
  const put = (path: string, file: SourceFile): void => void files.set(relative(tree, path), file);

  const settings = settingsOf(locals);
  for (const path of settings) put(path, { copyOf: path });
  for (const local of closure) {
    for (const path of codeOf(local)) put(path, EMPTY);
    put(local.manifest, { copyOf: local.manifest });
  }
  for (const path of rootManifests(closure, locals)) {
    const place = dirname(join(tree, path));
    files.set(path, rootManifest(place, { root, packages: closure }));
  }
  const lockPath = join(root, "Cargo.lock");
  const offered = [join(root, "Cargo.toml"), ...settings].map((path) => readToml(path));
  const reached = { locals: closure, patches: new Set(offered.flatMap(patchedNames)), lock };
  put(lockPath, { text: reachableLock(readFileSync(lockPath, "utf8"), lockPath, reached) });
  return files;
}

/** The manifests of workspaces that packages of a closure belong to, relative to the tree. */
export function rootManifests(
  closure: readonly LocalPackage[],
  { root, tree }: Pick<Locals, "root" | "tree">,
): readonly string[] {
  const roots = new Set([root, ...closure.map(({ workspaceRoot }) => workspaceRoot)]);
  return [...roots].map((place) => relative(tree, join(place, "Cargo.toml"))).toSorted(compare);
}

/** The files of cargo's settings. */
export function settingsOf({ root, tree }: Pick<Locals, "root" | "tree">): readonly string[] {
  return [...configFiles(root, tree)].filter((path) => SETTINGS.test(path));
}

/** The files that targets are found by. */
function codeOf({ targets, directory, isKept }: LocalPackage): readonly string[] {
  const known = targets.map(({ path }) => path);
  if (!isKept) return known;
  // Of a patch nobody has asked cargo, and so its targets are not known.
  const entries = [...walk(directory, (path) => /(^|\/)(\.git|target)$/.test(path))];
  const code = entries.filter(({ path, kind }) => kind === "file" && path.endsWith(".rs"));
  return [...known, ...code.map(({ path }) => join(directory, path))];
}

/** What a root says to the members that are left. */
function rootManifest(workspaceRoot: string, left: Pick<Locals, "packages" | "root">): SourceFile {
  const path = join(workspaceRoot, "Cargo.toml");
  const manifest = readToml(path);
  // A package without a workspace: there is nothing that could be left out of it.
  if (manifest["workspace"] === undefined) return { copyOf: path };
  return { text: toml().stringify(subsetManifest(manifest, subsetOf(workspaceRoot, left))) };
}
