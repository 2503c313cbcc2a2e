/**
 * Globs over paths in a tree.
 *
 * `*` stays in one folder, `**` crosses folders, `{a,b}` is either, `[...]` a set; names that start
 * with a dot are like any others, and quotes are letters. A glob that matches a folder stands for all below it.
 *
 * @module
 */
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
  for (const glob of globs) assertGlob(glob);
  const patterns = await Promise.all(
    globs.map(async (glob) => {
      const matches = plainMatcher(glob) ?? (await compile(glob));
      return { matches, ...reach(glob) };
    }),
  );
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

/** Answers whether one path matches. */
type Matcher = (path: string) => boolean;

function assertGlob(glob: string): void {
  if (typeof glob !== "string") throw invalidGlob(describe(glob), "it is not a string");
  if (glob === "") throw invalidGlob(glob, "it is empty");
  if (glob.startsWith("/")) throw invalidGlob(glob, "it is absolute; globs start in the tree");
  if (glob.startsWith("!")) throw invalidGlob(glob, "it is negated; use `exclude` or `without`");
  if (glob.split("/").includes("..")) throw invalidGlob(glob, "it leaves the tree with `..`");
}

/** `./a` and `a/` are how people write `a`. */
function pathIn(glob: string): string {
  return glob.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}

/** Of a path without any pattern, or one that may lie in any folder. `undefined` for all other globs. */
function plainMatcher(glob: string): Matcher | undefined {
  const [, anywhere, path] =
    /^(\*\*\/)?(\.?\w[\w.-]*(?:\/\.?\w[\w.-]*)*)$/.exec(pathIn(glob)) ?? [];
  if (path === undefined) return undefined;
  const isThere: Matcher = (each) => each === path;
  return anywhere === undefined ? isThere : (each) => isThere(each) || each.endsWith(`/${path}`);
}

async function compile(glob: string): Promise<Matcher> {
  // Loaded only when needed: it takes as long as looking at a thousand files.
  const { default: picomatch } = await import("picomatch");
  try {
    // Not a matcher of picomatch: to that, a path that is the glob itself matches, `\*` the path `\*`.
    const pattern = picomatch.makeRe(forPicomatch(pathIn(glob)), {
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
