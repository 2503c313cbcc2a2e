/**
 * The closure of some packages of a workspace: them, and all local packages that they cannot do without.
 *
 * @module
 */
import { relative } from "node:path";

import { Failure } from "./failure.ts";
import type { LocalPackage, Locals } from "./locals.ts";
import { nearest } from "./nearest.ts";
import { compare, isWithin } from "./tree.ts";

/**
 * Finds the closure. What tests of a package need is part of it, for the lock file names that, too.
 *
 * @param wanted - As cargo's `--package` has them: names, `name@version`, patterns with `*` and `?`.
 * @throws {@link Failure} when a name is nobody's.
 */
export function closureOf(
  wanted: readonly string[],
  packages: readonly LocalPackage[],
): readonly LocalPackage[] {
  const named = wanted.flatMap((word) => packagesNamed(word, packages));
  const kept = packages.filter(({ isKept }) => isKept);
  const needed = below([...kept, ...named, ...membersAbove(named, packages)], packages);
  return packages.filter((local) => needed.has(local));
}

/** Some packages, and all local ones that they need. */
function below(
  some: readonly LocalPackage[],
  packages: readonly LocalPackage[],
): ReadonlySet<LocalPackage> {
  const found = new Set(some);
  // A set that grows while it is walked is walked to its end.
  for (const { pathDependencies } of found) {
    for (const local of packages) {
      if (pathDependencies.includes(local.directory)) found.add(local);
    }
  }
  return found;
}

/** The members that need what is none: cargo knows that by them alone. */
function membersAbove(
  named: readonly LocalPackage[],
  packages: readonly LocalPackage[],
): readonly LocalPackage[] {
  const outsiders = named.filter(({ isMember, isKept }) => !isMember && !isKept);
  if (outsiders.length === 0) return [];
  return packages.filter((local) => {
    const needed = below([local], packages);
    return local.isMember && outsiders.some((outsider) => needed.has(outsider));
  });
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
  const [name = ""] = word.split("@");
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
