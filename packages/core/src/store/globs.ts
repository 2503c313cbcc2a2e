/**
 * Globs over paths in a tree.
 *
 * `*` stays in one folder, `**` crosses folders, `{a,b}` is either, `[...]` a set; names that start
 * with a dot are like any others, and quotes are letters. A glob that matches a folder stands for all below it.
 *
 * @module
 */
import type Picomatch from "picomatch";

import { describe } from "../base/describe.ts";
import { invalidGlob } from "../errors/path-errors.ts";

/** Answers for the paths of one tree. */
export interface GlobSet {
  /** True when the path, or a folder above it, matches. */
  matches(path: string): boolean;
  /** True when something below the folder might match though the folder itself does not. */
  mayMatchBelow(folder: string): boolean;
}

/**
 * Compiles globs.
 *
 * @throws {@link BuildError} `INVALID_GLOB` when one has no meaning.
 */
export async function compileGlobs(globs: readonly string[]): Promise<GlobSet> {
  // Loaded only when needed: most builds have no globs, and one in which nothing has changed uses none.
  const { default: picomatch } = await import("picomatch");
  const patterns = globs.map((glob) => ({ matches: compile(glob, picomatch), ...reach(glob) }));
  const matchesItself = (path: string): boolean => patterns.some(({ matches }) => matches(path));
  return {
    matches(path) {
      for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
        if (matchesItself(path.slice(0, end))) return true;
      }
      return matchesItself(path);
    },
    mayMatchBelow(folder) {
      const depth = folder.split("/").length;
      return patterns.some(
        ({ literal, maxDepth }) =>
          depth < maxDepth &&
          (literal === "" || `${folder}/`.startsWith(literal) || literal.startsWith(`${folder}/`)),
      );
    },
  };
}

function compile(glob: string, picomatch: typeof Picomatch): (path: string) => boolean {
  if (typeof glob !== "string") throw invalidGlob(describe(glob), "it is not a string");
  if (glob === "") throw invalidGlob(glob, "it is empty");
  if (glob.startsWith("/")) throw invalidGlob(glob, "it is absolute; globs start in the tree");
  if (glob.startsWith("!")) throw invalidGlob(glob, "it is negated; use `exclude` or `without`");
  if (glob.split("/").includes("..")) throw invalidGlob(glob, "it leaves the tree with `..`");
  try {
    // `./a` and `a/` are how people write `a`.
    const path = glob.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
    // Not a matcher of picomatch: to that, a path that is the glob itself matches, `\*` the path `\*`.
    const pattern = picomatch.makeRe(forPicomatch(path), {
      ...{ dot: true, strictBrackets: true, nonegate: true },
      // Otherwise what makes no pattern, such as `[z-a]`, matches nothing and says nothing.
      debug: true,
    });
    return (each) => pattern.test(each);
  } catch (error) {
    throw invalidGlob(glob, error instanceof Error ? error.message : String(error));
  }
}

/**
 * The glob in the words of picomatch. To it, quotes would be no letters of a name, and what is between them no pattern;
 * of `$$` it forgets to escape one; and a backslash that stands for itself is safe in a set alone.
 */
function forPicomatch(glob: string): string {
  return glob.replaceAll(/\[(?:\\[^]|[^\]\\])*\]|\\[^]|["$^]/g, (found) => {
    if (found.startsWith("[")) return found.replaceAll(/\\[^]|"/g, escapeQuote);
    if (found === "\\\\") return String.raw`[\\]`;
    return found.startsWith("\\") ? found : `\\${found}`;
  });
}

function escapeQuote(found: string): string {
  return found === '"' ? String.raw`\"` : found;
}

/** How deep a glob can match, and the literal folders that all its matches lie in. */
function reach(glob: string): { readonly maxDepth: number; readonly literal: string } {
  const segments = glob.replace(/^(\.\/)+/, "").split("/");
  const firstMagic = segments.findIndex((segment) => /[*?[\](){}!+@\\|]/.test(segment));
  const fixed = segments.slice(0, firstMagic === -1 ? segments.length - 1 : firstMagic);
  const isBounded = segments.every((segment) => !/\*\*|[{}()]/.test(segment));
  return {
    maxDepth: isBounded ? segments.length : Infinity,
    literal: fixed.length === 0 ? "" : `${fixed.join("/")}/`,
  };
}
