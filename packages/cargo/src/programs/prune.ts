/**
 * Pruning: takes out of a target directory what the last runs of cargo had no use for.
 *
 * A directory that starts from an earlier one holds units of crates, versions and features of then. A directory
 * that starts from nothing does not, and both must have the same bytes.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { join } from "node:path";

import { namesIn, profileDirectories } from "./target-directory.ts";

/** The hash by which cargo tells units apart, in names of files and folders. */
const HASH = /-([0-9a-f]{16})(?=$|[./])/g;

/** The hashes in the paths of what cargo has reported. */
export function hashesIn(paths: Iterable<string>): ReadonlySet<string> {
  const all = [...paths].flatMap((path) => [...path.matchAll(HASH)].map(([, hash = ""]) => hash));
  return new Set(all);
}

/**
 * Removes units, told by the hashes in their names.
 *
 * @param used - The hashes of those that stay.
 * @returns how many files and folders went.
 */
export function pruneUnused(target: string, used: ReadonlySet<string>): number {
  const unused = profileDirectories(target).flatMap((profile) =>
    [".fingerprint", "build", "deps"].flatMap((kind) =>
      namesIn(join(profile, kind))
        .filter((name) => [...hashesIn([name])].some((hash) => !used.has(hash)))
        .map((name) => join(profile, kind, name)),
    ),
  );
  for (const path of unused) rmSync(path, { recursive: true });
  return unused.length;
}
