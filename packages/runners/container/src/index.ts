/**
 * `@ashlar/runner-container`: runs commands in containers of Docker or Podman.
 *
 * @module
 */
export {
  containerRunner,
  type ContainerLimits,
  type ContainerRunnerOptions,
} from "./container-runner.ts";
export type { ContainerImage, ImageArchive, ImageTree } from "./image.ts";
