/**
 * The build file: where it is.
 *
 * @module
 */
import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { buildFileMissing } from "../errors.ts";

/** What a build file is called; the first that is there counts. */
export const buildFileNames: readonly string[] = [
  "ashlar.build.ts",
  "ashlar.build.mts",
  "ashlar.build.js",
  "ashlar.build.mjs",
];

/**
 * The path of the build file: the one that is named, else the nearest one in a directory or above it.
 *
 * @param named - As it was typed; relative to `from`.
 * @param from - Absolute.
 * @throws {@link BuildError} `BUILD_FILE_MISSING`.
 */
export function findBuildFile(named: string | undefined, from: string): string {
  if (named !== undefined) {
    const path = resolve(from, named);
    if (!isFile(path)) throw buildFileMissing({ name: named, from, isNamed: true });
    return path;
  }
  const path = nearestBuildFile(from);
  if (path === undefined)
    throw buildFileMissing({ name: buildFileNames[0] ?? "", from, isNamed: false });
  return path;
}

/** The build file in a directory, or in the nearest one above it that has one. */
export function nearestBuildFile(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    for (const name of buildFileNames) {
      const path = join(folder, name);
      if (isFile(path)) return path;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
