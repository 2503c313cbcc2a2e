/**
 * The wording of errors of merges.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** Two parts of a merge have different things at one place. */
export function mergeConflict(path: string, first: string, second: string): BuildError {
  return new BuildError({
    code: "PATH_CONFLICT",
    message: `two parts of a merge differ at \`${path}\``,
    facts: { first, second },
    hint: 'leave that path out of one of them with `without`, or merge a list of trees, of which the last may win: `{ onConflict: "last" }`',
  });
}
