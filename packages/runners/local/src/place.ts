/**
 * Places: where an action's directory lies, and where its command believes it to lie.
 *
 * @module
 */

import { join } from "node:path";

/** Where a command runs. */
export interface Place {
  /** The action's directory, as this process sees it. */
  readonly folder: string;
  /** The same directory, as the command sees it. */
  readonly seenAs: string;
  /** Turns a program into one that gives it that view, and starts it in `cwd`. */
  readonly wrap: (program: Program, cwd: string) => Program;
  /** Where a path of the input root lies, as this process sees it. Absolute. */
  readonly inRoot: (path: string) => string;
  /** Corrects what a program that stands around the command says of how it ended. */
  readonly end?: (end: ProcessEnd) => ProcessEnd;
  /** Whether the first process is not the command, and not to be asked to end. @defaultValue false */
  readonly sparesLeader?: boolean;
}

/** How a command ended. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
}

/** A program that is ready to start. */
export interface Program {
  /** Absolute path of the program, and its arguments. */
  readonly argv: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Programs of this machine, by absolute paths, that it may start. */
  readonly reads?: readonly string[];
}

/** A place that is what it seems. */
export function plainPlace(folder: string): Place {
  return {
    folder,
    seenAs: folder,
    wrap: (program) => program,
    inRoot: (path) => join(folder, "root", path),
  };
}
