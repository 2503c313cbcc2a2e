/**
 * The closure of some packages of a workspace: them, and all local packages that they cannot do without.
 *
 * @module
 */
import { relative } from "node:path";

import { Failure } from "./failure.ts";
import type { LocalPackage, Locals } from "./locals.ts";
import { reachable } from "./lock-reach.ts";
import { nearest } from "./nearest.ts";
import { compare, isWithin } from "./tree.ts";

/** What a closure is found in. */
export interface Surroundings extends Pick<Locals, "packages" | "lock"> {
  /** Folders of packages that are needed whatever is wanted. @defaultValue none */
  readonly always?: ReadonlySet<string>;
}

/**
 * Finds the closure. What tests of a package need is part of it, for the lock file names that, too.
 *
 * @param wanted - As cargo's `--package` has them: names, `name@version` or `name:version`, patterns with `*` and `?`.
 * @throws {@link Failure} when a name is nobody's.
 */
export function closureOf(
  wanted: readonly string[],
  { packages, lock, always = new Set() }: Surroundings,
): readonly LocalPackage[] {
  const named = wanted.flatMap((word) => packagesNamed(word, packages));
  const offered = packages.filter(({ directory }) => always.has(directory));
  const above = membersAbove(named, { packages, lock });
  const needed = below([...offered, ...named, ...above], { packages, lock });
  return packages.filter((local) => needed.has(local));
}

/**
 * Some packages, and all local ones that they need: by their paths; and by the lock file, where a patch puts a local
 * one in the place of another, for them or for an external crate that they need.
 */
function below(
  some: readonly LocalPackage[],
  { packages, lock }: Surroundings,
): ReadonlySet<LocalPackage> {
  const found = new Set(some);
  for (let known = -1; known < found.size;) {
    known = found.size;
    // A set that grows while it is walked is walked to its end.
    for (const { pathDependencies } of found) {
      for (const local of packages) {
        if (pathDependencies.includes(local.directory)) found.add(local);
      }
    }
    const reached = reachable({ lock, locals: [...found] });
    const local = new Set(reached.filter(({ source }) => source === undefined).map(titleOf));
    for (const one of packages) if (local.has(titleOf(one))) found.add(one);
  }
  return found;
}

/** The members that need what is none: cargo knows that by them alone. */
function membersAbove(
  named: readonly LocalPackage[],
  surroundings: Surroundings,
): readonly LocalPackage[] {
  const outsiders = named.filter(({ isMember }) => !isMember);
  if (outsiders.length === 0) return [];
  return surroundings.packages.filter((local) => {
    const needed = below([local], surroundings);
    return local.isMember && outsiders.some((outsider) => needed.has(outsider));
  });
}

function titleOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name} ${version}`;
}

/**
 * What of the tree belongs to other packages alone: paths, relative to it. Files that are in no package are
 * everybody's. Of a package that lies around one that is needed, only the code goes.
 */
export function droppedPaths(
  closure: readonly LocalPackage[],
  { packages, tree, root }: Pick<Locals, "packages" | "root" | "tree">,
): readonly string[] {
  const isNeeded = (path: string): boolean =>
    closure.some(({ directory }) => isWithin(directory, path));
  const dropped = packages
    .filter((local) => !closure.includes(local))
    .flatMap(({ directory, targets }) =>
      isNeeded(directory) || directory === tree || directory === root
        ? targets.map(({ path }) => topOf(path, directory)).filter((path) => !isNeeded(path))
        : [directory],
    );
  return [...new Set(dropped.map((path) => relative(tree, path)))].toSorted(compare);
}

/** The entry of a folder that a path lies in, or is. */
function topOf(path: string, folder: string): string {
  const [first = ""] = relative(folder, path).split("/");
  return `${folder}/${first}`;
}

function packagesNamed(word: string, packages: readonly LocalPackage[]): readonly LocalPackage[] {
  const matches = matcherOf(word);
  const named = packages.filter(({ name }) => matches(name));
  if (named.length === 0) throw unknownPackage(word, packages);
  return named;
}

function matcherOf(word: string): (name: string) => boolean {
  const [name = ""] = word.split(/[@:](?=\d)/);
  const pattern = name
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${pattern}$`);
  return (one) => expression.test(one);
}

function unknownPackage(word: string, packages: readonly LocalPackage[]): Failure {
  const names = packages.map(({ name }) => name);
  const guess = nearest(word, names);
  return new Failure(`the workspace has no package \`${word}\``, {
    hint:
      guess === undefined
        ? `there are: ${[...new Set(names)].toSorted(compare).join(", ") || "none"}`
        : `did you mean \`${guess}\`?`,
  });
}
