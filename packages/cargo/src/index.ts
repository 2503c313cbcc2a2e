/**
 * `@ashlar/cargo`: Rust crates as stages, with dependencies that are built once.
 *
 * @module
 */
export { cargo, type CargoWorkspace } from "./workspace.ts";
export type {
  AuditOptions,
  BuildOptions,
  CargoArtifacts,
  CargoCoverage,
  CargoDeps,
  CargoDocs,
  CargoOptions,
  CargoPackage,
  CargoTarget,
  CheckOptions,
  ClippyOptions,
  ConsumerOptions,
  DenyOptions,
  DocOptions,
  FormatOptions,
  NextestOptions,
  Selection,
  TestOptions,
} from "./options.ts";
export type { Registry } from "./registries.ts";
export { coverageTools, rustTools } from "./toolchain.ts";
