/**
 * The purge: takes every local unit out of a target directory.
 *
 * A unit is local when its dep-info names a source of a stubbed package, not when it is
 * merely called like one: a test called `serde` must not take the crate `serde` along.
 * Where only names are left to go by, too much is removed rather than too little: a unit
 * that is missing costs a compilation, one that is left ships an empty program.
 *
 * @module
 */
import { existsSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { Failure } from "./failure.ts";
import type { Locals } from "./locals.ts";
import {
  namesIn,
  platformDirectories,
  profileDirectories,
  forgetRun,
  splitUnitFolder,
  unitCandidates,
  unitsIn,
} from "./target-directory.ts";
import { isWithin } from "./tree.ts";

/** What stubbed packages are told by. */
export interface Ownership {
  /** Their names. */
  readonly names: ReadonlySet<string>;
  /** Whether a source, as dep-info names it, belongs to one of them. */
  readonly owns: (source: string) => boolean;
}

/** Tells the units of stubbed packages from those of kept and external ones. */
export function ownershipOf({ root, packages }: Pick<Locals, "root" | "packages">): Ownership {
  // A target may lie anywhere, and is its package's all the same.
  const byTarget = new Map(
    packages.flatMap((local) => local.targets.map(({ path }) => [path, local] as const)),
  );
  // Of folders, the deepest decides: a root package lies around the others.
  const byDepth = packages.toSorted((one, other) => other.directory.length - one.directory.length);
  return {
    names: new Set(packages.filter(({ isKept }) => !isKept).map(({ name }) => name)),
    owns: (source) => {
      const path = resolve(root, source);
      const owner =
        byTarget.get(path) ?? byDepth.find(({ directory }) => isWithin(path, directory));
      return owner !== undefined && !owner.isKept;
    },
  };
}

/**
 * Removes all local units, and the files that cargo makes anew for every run.
 *
 * @returns how many local units were there.
 * @throws {@link Failure} when some cannot be told or removed.
 */
export function purgeLocals(target: string, ownership: Ownership): number {
  let purged = 0;
  for (const profile of profileDirectories(target)) purged += purgeProfile(profile, ownership);
  for (const platform of platformDirectories(target)) {
    for (const name of ["doc", "tmp", "package"]) remove(join(platform, name));
  }
  forgetRun(target);
  assertPurged(target, ownership);
  return purged;
}

/** The local units that are still in a target directory. */
export function remainingLocals(target: string, ownership: Ownership): readonly string[] {
  return profileDirectories(target).flatMap((profile) => {
    const deps = join(profile, "deps");
    const fingerprints = join(profile, ".fingerprint");
    const units = unitsIn(deps);
    const external = externalHashes(units, ownership);
    return [
      [...units.keys()].filter((unit) => units.get(unit)?.some(ownership.owns)).map(within(deps)),
      namesIn(fingerprints)
        .filter((name) => isLocalFolder(name, ownership, external))
        .map(within(fingerprints)),
      filesIn(profile).map(within(profile)),
    ].flat();
  });
}

function within(folder: string): (name: string) => string {
  return (name) => join(folder, name);
}

function purgeProfile(profile: string, ownership: Ownership): number {
  const deps = join(profile, "deps");
  const units = unitsIn(deps);
  const local = new Set([...units.keys()].filter((unit) => units.get(unit)?.some(ownership.owns)));
  const external = externalHashes(units, ownership);
  for (const file of namesIn(deps)) {
    if (unitCandidates(file).some((unit) => local.has(unit))) remove(join(deps, file));
  }
  const [fingerprints = 0] = [".fingerprint", "build"].map((kind) => {
    const folders = namesIn(join(profile, kind));
    const own = folders.filter((one) => isLocalFolder(one, ownership, external));
    for (const name of own) remove(join(profile, kind, name));
    return own.length;
  });
  for (const kind of ["examples", "incremental"]) {
    for (const name of namesIn(join(profile, kind))) remove(join(profile, kind, name));
  }
  for (const name of filesIn(profile)) remove(join(profile, name));
  // Each unit has one: build scripts and examples, too, which are not among `deps`.
  return fingerprints;
}

/** Whether a unit's folder is called like a stubbed package, and no external unit has its hash. */
function isLocalFolder(name: string, ownership: Ownership, external: ReadonlySet<string>): boolean {
  const unit = splitUnitFolder(name);
  return unit !== undefined && ownership.names.has(unit.package) && !external.has(unit.hash);
}

function externalHashes(
  units: ReadonlyMap<string, readonly string[]>,
  ownership: Ownership,
): ReadonlySet<string> {
  const external = [...units].filter(([, sources]) => !sources.some(ownership.owns));
  return new Set(external.flatMap(([unit]) => splitUnitFolder(unit)?.hash ?? []));
}

function assertPurged(target: string, ownership: Ownership): void {
  const remaining = remainingLocals(target, ownership);
  if (remaining.length === 0) return;
  const [first = ""] = remaining;
  throw new Failure(
    `${remaining.length} local units remain after the purge, such as \`${first}\``,
    {
      hint: "this cargo may lay out its target directory in another way: please report its version",
    },
  );
}

/** Plain files right in a profile's folder: what a user asked for, and cargo's locks. */
function filesIn(profile: string): readonly string[] {
  return namesIn(profile).filter((name) => statSync(join(profile, name)).isFile());
}

function remove(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true });
}
