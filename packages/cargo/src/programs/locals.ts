/**
 * Local packages: all whose sources lie in the tree, members of the workspace or not.
 *
 * A local package is either *stubbed* while dependencies are built, or *kept* as it is.
 * Kept are those that an external crate is built on: a `[patch]` that puts a folder of
 * the tree in the place of a registry crate. An empty stub there would break the crate.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { configPaths } from "./cargo-config.ts";
import { Failure } from "./failure.ts";
import { type LockedPackage, parseLock, resolveReference } from "./lock.ts";
import { outsideTree, type Package, readMetadata } from "./metadata.ts";
import { patchFolders, readPatchPackage } from "./patches.ts";
import { readToml } from "./table.ts";
import { isWithin } from "./tree.ts";

/** A local package, and its part in a build of dependencies. */
export interface LocalPackage extends Package {
  /** Whether it is a member of the workspace that is built. */
  readonly isMember: boolean;
  /** Whether its real sources take part in the build of the dependencies. */
  readonly isKept: boolean;
  /** Folder of the workspace that it inherits from. */
  readonly workspaceRoot: string;
}

/** The local packages of a source tree. */
export interface Locals {
  /** Root of the source tree. */
  readonly tree: string;
  /** Root of the workspace that is built. */
  readonly root: string;
  readonly packages: readonly LocalPackage[];
  /** Path of the lock file; `undefined` when there is none. */
  readonly lockFile: string | undefined;
  /** What it has; nothing, when there is none. */
  readonly lock: readonly LockedPackage[];
  /** Folders that are put in the place of crates, absolute: what asks for those asks for a version. */
  readonly patches: readonly string[];
}

/**
 * Finds the local packages of the workspace in a folder below `tree`.
 *
 * @throws {@link Failure} when a package depends on a path outside of the tree.
 */
export function findLocals(workspace: string, tree: string = process.cwd()): Locals {
  const { root, packages: members } = readMetadata(resolve(tree, workspace, "Cargo.toml"), tree);
  const found = new Map<string, LocalPackage>();
  const patches = patchesOf(root, tree);
  const pending: Reference[] = patches.map((folder) => ({ folder, isPatch: true }));

  const add = (local: Omit<LocalPackage, "isKept">, isPatch: boolean): void => {
    found.set(local.directory, { ...local, isKept: isPatch });
    pending.push(...local.pathDependencies.map((folder) => ({ folder, isPatch })));
  };
  for (const member of members) add({ ...member, isMember: true, workspaceRoot: root }, false);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!isWithin(next.folder, tree)) throw outsideTree(next.folder, tree);
    if (!found.has(next.folder)) add(readLocal(next, root, tree), next.isPatch);
  }
  return markKept({ tree, root, packages: [...found.values()], ...readLock(root), patches });
}

/** The manifests of those whose real sources take part in the build of the dependencies. */
export function keptManifests({ packages }: Pick<Locals, "packages">): readonly string[] {
  return packages.filter(({ isKept }) => isKept).map(({ manifest }) => manifest);
}

/**
 * Which local packages must be real: those that an external crate depends on, and whatever
 * these and the patches depend on in turn.
 *
 * @param patches - names of the packages that stand in for external ones.
 * @returns `name version` of each, without the patches.
 */
export function packagesUnderExternals(
  lock: readonly LockedPackage[],
  patches: ReadonlySet<string>,
): ReadonlySet<string> {
  const under = new Set<string>();
  const pending = lock.filter(({ name, source }) => source !== undefined || patches.has(name));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const used of next.dependencies.flatMap((name) => resolveReference(lock, name))) {
      if (used.source !== undefined || under.has(identity(used))) continue;
      under.add(identity(used));
      pending.push(used);
    }
  }
  return under;
}

/** A folder that is depended on. */
interface Reference {
  readonly folder: string;
  /** Whether an external crate may be built on it. */
  readonly isPatch: boolean;
}

function readLocal(
  { folder, isPatch }: Reference,
  root: string,
  tree: string,
): Omit<LocalPackage, "isKept"> {
  if (isPatch) {
    const workspaceRoot = isWithin(folder, root) ? root : folder;
    return { ...readPatchPackage(folder), isMember: false, workspaceRoot };
  }
  const { root: workspaceRoot, packages } = readMetadata(join(folder, "Cargo.toml"), tree);
  const local = packages.find(({ directory }) => directory === folder);
  if (local === undefined) throw new Failure(`there is no package at \`${folder}\``);
  return { ...local, isMember: false, workspaceRoot };
}

function markKept(locals: Locals): Locals {
  const patches = new Set(locals.packages.filter(({ isKept }) => isKept).map(({ name }) => name));
  const under = packagesUnderExternals(locals.lock, patches);
  const mark = (local: LocalPackage): LocalPackage => ({
    ...local,
    isKept: local.isKept || under.has(identity(local)),
  });
  return { ...locals, packages: locals.packages.map(mark) };
}

function identity({ name, version }: { name: string; version: string }): string {
  return `${name} ${version}`;
}

function readLock(root: string): Pick<Locals, "lock" | "lockFile"> {
  const lockFile = join(root, "Cargo.lock");
  if (!existsSync(lockFile)) return { lockFile: undefined, lock: [] };
  return { lockFile, lock: parseLock(readFileSync(lockFile, "utf8"), lockFile) };
}

function patchesOf(root: string, tree: string): readonly string[] {
  const manifest = patchFolders(readToml(join(root, "Cargo.toml")), root);
  const configured = [tree, root].flatMap((folder) =>
    configPaths(folder).flatMap((path) => patchFolders(readToml(path), folder)),
  );
  return [...new Set([...manifest, ...configured])];
}
