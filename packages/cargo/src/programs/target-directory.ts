/**
 * Cargo's target directory, as far as this package knows it.
 *
 *     target/                        or target/<triple>/
 *       <profile>/                   holds `.fingerprint`, which is how it is told
 *         .fingerprint/<package>-<hash>/
 *         build/<package>-<hash>/    a build script, or what its run left
 *         deps/[lib]<crate>-<hash>.* every compiled unit, and its dep-info
 *         examples/  incremental/    local only
 *         <file>                     what a user asked for: local only
 *
 * All knowledge of this layout lives here and in `purge.ts`.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { depInfoSources } from "./dep-info.ts";
import { compare } from "./tree.ts";

/** The folders of a target directory that hold a profile's units. */
export function profileDirectories(target: string): readonly string[] {
  const folders = [target, ...foldersIn(target)].flatMap(foldersIn);
  return folders.filter((folder) => existsSync(join(folder, ".fingerprint"))).toSorted(compare);
}

/** The folders of a target directory that hold profiles: itself, and one for each `--target`. */
export function platformDirectories(target: string): readonly string[] {
  const holdsProfile = (folder: string): boolean =>
    foldersIn(folder).some((inner) => existsSync(join(inner, ".fingerprint")));
  return [target, ...foldersIn(target).filter(holdsProfile)];
}

/** Removes the files that cargo makes anew in every run: locks, and what it knows of the compiler. */
export function removeRunFiles(target: string): void {
  for (const folder of [target, ...profileDirectories(target)]) {
    for (const name of namesIn(folder)) {
      if (/^\.cargo.*lock$|^\.rust(c_info|doc_fingerprint)\.json$/.test(name)) {
        rmSync(join(folder, name));
      }
    }
  }
}

/** Names of the entries of a folder; none when it is not there. */
export function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted(compare) : [];
}

/** Sources by unit (`<crate>-<hash>`), for each dep-info file in a folder. */
export function unitsIn(folder: string): ReadonlyMap<string, readonly string[]> {
  const files = namesIn(folder).filter((name) => name.endsWith(".d"));
  return new Map(
    files.map((name) => [
      name.slice(0, -".d".length),
      depInfoSources(readFileSync(join(folder, name), "utf8")),
    ]),
  );
}

/** The unit that a file in `deps` belongs to may be any of these: libraries have a prefix. */
export function unitCandidates(file: string): readonly string[] {
  const [stem = file] = file.split(".");
  return stem.startsWith("lib") ? [stem, stem.slice("lib".length)] : [stem];
}

/** Splits `<package>-<16 hex>`, the name of a unit's folder. */
export function splitUnitFolder(name: string): { package: string; hash: string } | undefined {
  const match = /^(.+)-([0-9a-f]{16})$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { package: match[1], hash: match[2] };
}

function foldersIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
