/**
 * Which files of a build are its results, and where they go.
 *
 * @module
 */
import { basename } from "node:path";

import type { Artifact } from "./cargo-messages.ts";
import { Failure } from "./failure.ts";
import { compare } from "./tree.ts";

/** Kinds of libraries that programs in other languages link to. */
const LINKABLE = new Set(["cdylib", "dylib", "staticlib"]);

/**
 * Chooses the binaries, the linkable libraries and the examples of the members of a workspace.
 *
 * @returns the file to copy, by its place: `bin/<name>`, `lib/<name>` or `examples/<name>`.
 * @throws {@link Failure} when two files want one place.
 */
export function installedFiles(
  artifacts: readonly Artifact[],
  memberManifests: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const members = artifacts.filter((one) => memberManifests.has(one.manifest) && !one.isTest);
  for (const [place, file] of members.flatMap(placesOf)) {
    const twin = files.get(place);
    if (twin !== undefined && twin !== file) {
      throw new Failure(`\`${place}\` would be both \`${twin}\` and \`${file}\``, {
        hint: "build for one target at a time, and give each binary a name of its own",
      });
    }
    files.set(place, file);
  }
  return new Map([...files].toSorted(([one], [other]) => compare(one, other)));
}

function placesOf({ kind, executable, files }: Artifact): readonly (readonly [string, string])[] {
  if (kind.includes("example")) {
    const made = executable === undefined ? files.filter(isForOthers) : [executable];
    return made.map((file) => [`examples/${basename(file)}`, file] as const);
  }
  const executables = kind.includes("bin") && executable !== undefined ? [executable] : [];
  const isLinkable = kind.some((one) => LINKABLE.has(one));
  const libraries = isLinkable ? files.filter(isForOthers) : [];
  return (
    [
      ...executables.map((file) => [`bin/${basename(file)}`, file] as const),
      ...libraries.map((file) => [`lib/${basename(file)}`, file] as const),
    ]
      // Binaries that another package depends on are means, not results.
      .filter(([, file]) => !file.includes("/deps/artifact/"))
  );
}

/** Whether a file is more than what only Rust's compiler reads. */
function isForOthers(file: string): boolean {
  return !/\.(rlib|rmeta|d)$/.test(file);
}
