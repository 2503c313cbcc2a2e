/**
 * Fingerprints: what cargo remembers of a unit, compared where it has compiled one that should have been there.
 *
 * A unit of another profile, with other features or flags has a folder of its own, and cargo does not say why it found
 * none. So the new fingerprint is put beside those that were there, and what differs from the nearest is named.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { asTable, type Table } from "./table.ts";
import { namesIn, profileDirectories, splitUnitFolder } from "./target-directory.ts";
import { compare } from "./tree.ts";

/** Folders of units that are there, as paths. */
export type KnownUnits = ReadonlySet<string>;

/** What a fingerprint has, and how it is called. */
const FIELDS: Readonly<Record<string, string>> = {
  rustc: "the compiler",
  features: "the features",
  declared_features: "the features that it declares",
  profile: "the profile",
  target: "the target's description in its manifest",
  path: "the path of its sources",
  rustflags: "the flags of the compiler",
  config: "cargo's configuration",
  compile_kind: "the platform",
  deps: "its dependencies",
};

/** Fields whose values can be read. All else is hashes. */
const READABLE = new Set(["features", "rustflags"]);

/** The units in a target directory. */
export function unitsOf(target: string): KnownUnits {
  return new Set(unitFolders(target));
}

/**
 * What differs between the units of a package that are new and the nearest of those that were there.
 *
 * @param before - Units that were there.
 * @returns clauses; none where a package has no new unit, or had none before.
 */
export function differencesOf(
  packageName: string,
  target: string,
  before: KnownUnits,
): readonly string[] {
  const found = new Set<string>();
  const own = unitFolders(target).filter((folder) => packageOf(folder) === packageName);
  const old = own.filter((folder) => before.has(folder));
  for (const folder of own.filter((one) => !before.has(one))) {
    for (const name of fingerprintsIn(folder)) {
      const fresh = readFingerprint(join(folder, name));
      const candidates = old
        .filter((other) => fingerprintsIn(other).includes(name))
        .map((other) => differences(readFingerprint(join(other, name)), fresh))
        .toSorted((one, other) => one.length - other.length);
      for (const difference of candidates[0] ?? []) found.add(difference);
    }
  }
  const [dependencies, others] = partition([...found]);
  // Other dependencies are a reason only where there is no better one.
  return others.length > 0 ? others : dependencies;
}

/** What differs between two fingerprints, in clauses. */
export function differences(one: Table, other: Table): readonly string[] {
  return Object.entries(FIELDS).flatMap(([field, name]) => {
    const [before, after] = [JSON.stringify(one[field]), JSON.stringify(other[field])];
    if (before === after) return [];
    if (!READABLE.has(field))
      return [`${name} ${field === "deps" || field.endsWith("features") ? "differ" : "differs"}`];
    return [`${name} were ${shown(one[field])}, and are ${shown(other[field])}`];
  });
}

/** Numbers there have more digits than JavaScript's, so they are read as text. */
export function parseFingerprint(text: string): Table {
  return asTable(JSON.parse(text.replaceAll(/(?<=[[:,])(\d{10,})(?=[\],}])/g, '"$1"'))) ?? {};
}

function partition(clauses: readonly string[]): readonly [readonly string[], readonly string[]] {
  const isOfDependencies = (clause: string): boolean => clause === "its dependencies differ";
  return [clauses.filter(isOfDependencies), clauses.filter((one) => !isOfDependencies(one))];
}

/** A list of strings, which cargo may have written as text. */
function shown(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

function readFingerprint(path: string): Table {
  return parseFingerprint(readFileSync(path, "utf8"));
}

function fingerprintsIn(folder: string): readonly string[] {
  return namesIn(folder).filter((name) => name.endsWith(".json"));
}

function packageOf(folder: string): string | undefined {
  return splitUnitFolder(folder.slice(folder.lastIndexOf("/") + 1))?.package;
}

function unitFolders(target: string): readonly string[] {
  return profileDirectories(target)
    .flatMap((profile) => {
      const fingerprints = join(profile, ".fingerprint");
      return namesIn(fingerprints).map((name) => join(fingerprints, name));
    })
    .toSorted(compare);
}
