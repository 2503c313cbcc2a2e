/**
 * Files that local code is made of, or watches, and that are not among the sources.
 *
 * Where a runner keeps commands to their inputs, such a file is not there, and the compiler says so. Elsewhere it is read, and
 * nobody would notice that it changes: it is in no key.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { globOf } from "./glob-of.ts";
import type { Locals } from "./locals.ts";
import { namesIn, profileDirectories, splitUnitFolder, unitsIn } from "./target-directory.ts";
import { compare, isWithin } from "./tree.ts";

/**
 * Names them, each in a sentence with a way out.
 *
 * @param target - Target directory, after a run of cargo.
 */
export function unlistedFiles(target: string, locals: Locals): readonly string[] {
  const found = [...readFromOutside(target, locals), ...watchedInVain(target, locals)];
  return [...new Set(found)].toSorted(compare);
}

/** By dep-info: sources of local units that lie where no input does. */
function readFromOutside(target: string, { root, tree, packages }: Locals): readonly string[] {
  const inputs = [tree, resolve(target), resolve(root, "../vendor"), resolve(root, "../home")];
  const owns = (path: string): boolean =>
    packages.some(({ directory }) => isWithin(path, directory));
  return profileDirectories(target).flatMap((profile) =>
    [...unitsIn(join(profile, "deps")).values()].flatMap((sources) => {
      const paths = sources.map((source) => resolve(root, source));
      if (!paths.some(owns)) return [];
      const outside = paths.filter((path) => !inputs.some((input) => isWithin(path, input)));
      return outside.map(
        (path) =>
          `\`${path}\` is read by local code, and is no input: changes of it re-run nothing; lay it in \`src\``,
      );
    }),
  );
}

/** By what build scripts print: paths to watch that are not there. */
function watchedInVain(target: string, { packages, tree }: Locals): readonly string[] {
  return profileDirectories(target).flatMap((profile) => {
    const build = join(profile, "build");
    return namesIn(build).flatMap((name) => {
      const owner = packages.find((local) => local.name === splitUnitFolder(name)?.package);
      const output = join(build, name, "output");
      if (owner === undefined || !existsSync(output)) return [];
      const watched = readFileSync(output, "utf8").matchAll(/^cargo:{1,2}rerun-if-changed=(.+)$/gm);
      return [...watched].flatMap(([, path = ""]) => {
        const place = resolve(owner.directory, path.trim());
        if (existsSync(place) || isWithin(place, resolve(target))) return [];
        const inside = relative(tree, place);
        const wayOut = inside.startsWith("..")
          ? `take a folder that holds it as \`src\``
          : `add \`${existsSync(dirname(place)) ? inside : globOf(inside)}\` to \`include\``;
        return `the build script of ${owner.name} watches \`${inside}\`, which is not among the sources: if it is to be there, ${wayOut}`;
      });
    });
  });
}
