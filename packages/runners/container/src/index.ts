/**
 * `@ashlar/runner-container`: runs commands in containers of Docker or Podman.
 *
 * @module
 */
export { containerRunner } from "./container-runner.ts";
export type { ContainerLimits } from "./limits.ts";
export type { ContainerRunnerOptions } from "./options.ts";
