/**
 * `@ashlar/cargo`: Rust crates as stages, with dependencies that are built once.
 *
 * @module
 */
export {
  cargo,
  type BuildOptions,
  type CargoArtifacts,
  type CargoCoverage,
  type CargoOptions,
  type CargoPackage,
  type CargoTarget,
  type CargoWorkspace,
  type ClippyOptions,
  type ConsumerOptions,
  type TestOptions,
} from "./workspace.ts";
export { coverageTools, rustTools } from "./toolchain.ts";
