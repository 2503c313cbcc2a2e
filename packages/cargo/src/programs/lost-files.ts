/**
 * Files that are gone: what local units of a target directory are made of, and what is not among the sources.
 *
 * A build script has written them there, in an earlier command. What a command writes among its sources is not kept, and cargo
 * takes the script that did it for fresh.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";

import type { Locals } from "./locals.ts";
import { profileDirectories, unitsIn } from "./target-directory.ts";
import { compare, isWithin } from "./tree.ts";

/** Names them by their paths in the tree, each once. */
export function lostFiles(target: string, { root, tree }: Pick<Locals, "root" | "tree">): string[] {
  const folders = profileDirectories(target).flatMap((profile) =>
    ["deps", "examples"].map((name) => join(profile, name)),
  );
  const sources = folders.flatMap((folder) => [...unitsIn(folder).values()].flat());
  const paths = [...new Set(sources)].map((source) => resolve(root, source));
  return paths
    .filter((path) => isWithin(path, tree) && !existsSync(path))
    .map((path) => relative(tree, path))
    .toSorted(compare);
}
