/**
 * Places: where an action's directory lies, and where its command believes it to lie.
 *
 * @module
 */

/** Where a command runs. */
export interface Place {
  /** The action's directory, as this process sees it. */
  readonly folder: string;
  /** The same directory, as the command sees it. */
  readonly seenAs: string;
  /** Turns a program into one that gives it that view, and starts it in `cwd`. */
  readonly wrap: (program: Program, cwd: string) => Program;
}

/** A program that is ready to start. */
export interface Program {
  /** Absolute path of the program, and its arguments. */
  readonly argv: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A place that is what it seems. */
export function plainPlace(folder: string): Place {
  return { folder, seenAs: folder, wrap: (program) => program };
}
