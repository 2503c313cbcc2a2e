/**
 * Options of the local runner.
 *
 * @module
 */
import { isAbsolute } from "node:path";

import { invalidOption } from "@ashlar/core";

import type { SandboxChoice } from "./sandbox.ts";

/** How the local runner runs. */
export interface LocalRunnerOptions {
  /**
   * Directory for the directories of running actions. Should be on a disk with room for their inputs.
   *
   * @defaultValue the system's directory for temporary files
   */
  readonly scratch?: string;
  /**
   * How long a command that is stopped may take to end by itself, in milliseconds. After that it is
   * killed, and all that it started.
   *
   * @defaultValue 2000
   */
  readonly graceMs?: number;
  /** Where tools are looked for, in the form of `PATH`. @defaultValue the process's own `PATH` */
  readonly searchPath?: string;
  /**
   * Whether commands run in a sandbox, where they can read nothing of this machine but their inputs, their
   * tools and the system's programs, and have no network unless they say so. `auto`: in one where bubblewrap
   * works, which results then say: `local/sandbox`, otherwise `local/declared`. `required`: not at all without,
   * and no result is reused that was made without. On macOS `auto` makes none: theirs is untested.
   *
   * @defaultValue `auto`
   */
  readonly sandbox?: SandboxChoice;
  /**
   * Directory in which large inputs (of 8 MB or 500 entries) stay laid out from one build to the next, for sandboxes
   * to show: otherwise each process lays them out anew. Any number of processes may share it; `trees` in the store is a good place,
   * and the one that the command line takes. What was not used for two weeks goes, what only one process has ever
   * used after a day, and beyond 5 GB those of one process and the longest unused; {@link pruneTrees} removes
   * more. Of no use without sandboxes.
   *
   * @defaultValue none: large inputs are removed when the runner is disposed of
   */
  readonly trees?: string;
  /**
   * Directories and files of this machine that commands may read in a sandbox besides, by absolute paths: what a
   * tool needs that lies neither in its own installation nor in `/usr`.
   *
   * @defaultValue none
   */
  readonly visible?: readonly string[];
}

/** What is done where nobody has said it. */
export const defaultSandbox: SandboxChoice = "auto";

/** Throws `INVALID_OPTION`. */
export function checkChoice(choice: unknown): SandboxChoice {
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  throw invalidOption("sandbox", JSON.stringify(choice), '"auto", "required" or "none"');
}

/** Throws `INVALID_OPTION`. */
export function checkVisible(paths: readonly unknown[]): readonly string[] {
  for (const path of paths) {
    if (typeof path === "string" && isAbsolute(path)) continue;
    throw invalidOption("visible", JSON.stringify(path), "a list of absolute paths");
  }
  return paths as readonly string[];
}
