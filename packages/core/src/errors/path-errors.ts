/**
 * The wording of errors of paths and globs, and of what they lead to in trees.
 *
 * @module
 */
import { closest } from "../base/closest.ts";
import { BuildError } from "./build-error.ts";

/** A glob has no meaning. */
export function invalidGlob(glob: string, why: string): BuildError {
  return new BuildError({
    code: "INVALID_GLOB",
    message: `the glob \`${glob}\` has no meaning`,
    facts: { reason: why },
    hint: "globs are relative and use `*`, `**`, `?`, `[...]` and `{a,b}`",
  });
}

/** A path does not stay inside a tree. */
export function malformedPath(path: string, why: string): BuildError {
  return new BuildError({
    code: "MALFORMED_PATH",
    message: `\`${path}\` is not a path inside a tree: ${why}`,
    hint: "write a relative path with `/` between names",
  });
}

/** Two artifacts are laid on one path. */
export function pathConflict(path: string, first: string, second: string): BuildError {
  return new BuildError({
    code: "PATH_CONFLICT",
    message: `two artifacts are laid on \`${path || "."}\``,
    facts: { first, second },
    hint: "lay one of them elsewhere, or leave that path out of the tree below with `without`",
  });
}

/** A view asks for something that its tree does not hold. */
export function viewMissing(
  tree: string,
  path: string,
  present: readonly string[],
  folder = "",
): BuildError {
  const guess = closest(path.slice(path.lastIndexOf("/") + 1), present);
  const names = present.length > 10 ? [...present.slice(0, 10), "…"] : present;
  return new BuildError({
    code: "VIEW_MISSING",
    message: `\`${tree}\` holds no \`${path}\``,
    facts: { [folder === "" ? "it holds" : `\`${folder}\` holds`]: names.join(", ") || undefined },
    hint: guess === undefined ? "check the path" : `did you mean \`${guess}\`?`,
  });
}

/** A view asks for a file where a directory is, or the other way round. */
export function viewWrongKind(
  tree: string,
  path: string,
  wanted: string,
  found: string,
): BuildError {
  return new BuildError({
    code: "VIEW_WRONG_KIND",
    message: `\`${path}\` in \`${tree}\` is a ${found}, not a ${wanted}`,
    hint: found === "file" ? "use `.file(path)`" : "use `.dir(path)`",
  });
}
