/**
 * Options of the container runner.
 *
 * @module
 */
import type { RunnerImage } from "@ashlar/core";

import type { ContainerLimits } from "./limits.ts";

/** How the container runner runs. */
export interface ContainerRunnerOptions {
  /**
   * What commands run in that do not say so: an image by name, or a root file system or an archive that a build
   * has made.
   *
   * @defaultValue none: only commands that say which `image` they want can be run
   */
  readonly image?: RunnerImage;
  /** `docker`, `podman`, or the path of either. @defaultValue "docker" */
  readonly engine?: string;
  /** Where it is written down which image a name stands for. @defaultValue "ashlar.images.lock" */
  readonly lockFile?: string;
  /** Whether a name that is not in the lock file is an error: for CI. @defaultValue false */
  readonly frozen?: boolean;
  /** Whether stages that ask for the network get it, or are refused. @defaultValue "allowed" */
  readonly network?: "allowed" | "refused";
  /** For every container. A command that says in `resources` that it needs less is kept to that. */
  readonly limits?: ContainerLimits;
  /** How many containers there are at most at a time. @defaultValue the number of processors */
  readonly containers?: number;
  /**
   * Directory for the directories of running actions. Should be on a disk with room for their inputs.
   *
   * @defaultValue the system's directory for temporary files
   */
  readonly scratch?: string;
  /**
   * How long a command that is stopped may take to end by itself, in milliseconds. After that its container
   * is killed.
   *
   * @defaultValue 2000
   */
  readonly graceMs?: number;
}
