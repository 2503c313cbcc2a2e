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
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { depInfoSources } from "./dep-info.ts";
import { sortDepInfo } from "./encoded-dep-info.ts";
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

/** Cargo's locks, and what it knows of the compiler. */
const RUN_FILE = /^\.cargo.*lock$|^\.rust(c_info|doc_fingerprint)\.json$/;

/**
 * What `autocfg` leaves of the probes that it compiles, in build scripts of many crates. Nobody reads it, and a part
 * of its name is random: with it, no two builds would have the same bytes.
 */
const PROBE = /^autocfg_[0-9a-f]+_\d+\.\w+$/;

/**
 * Takes out of a target directory what is another in every run: files of cargo, probes of build scripts, and the order
 * in which cargo has written the sources of units.
 */
export function forgetRun(target: string): void {
  const profiles = profileDirectories(target);
  for (const folder of [target, ...profiles]) removeNamed(folder, RUN_FILE);
  for (const profile of profiles) {
    for (const unit of foldersIn(join(profile, "build"))) removeNamed(join(unit, "out"), PROBE);
    for (const unit of foldersIn(join(profile, ".fingerprint"))) {
      for (const name of namesIn(unit)) if (name.startsWith("dep-")) sortSources(join(unit, name));
    }
  }
}

/** Only what changes is written: that which others have left is in order, and may be read-only. */
function sortSources(path: string): void {
  const bytes = readFileSync(path);
  const sorted = sortDepInfo(bytes);
  if (sorted === undefined || sorted.equals(bytes)) return;
  const { atime, mtime } = statSync(path);
  writeFileSync(path, sorted);
  utimesSync(path, atime, mtime);
}

function removeNamed(folder: string, pattern: RegExp): void {
  for (const name of namesIn(folder)) {
    if (pattern.test(name)) rmSync(join(folder, name));
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
