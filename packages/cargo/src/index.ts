/**
 * `@ashlar/cargo`: Rust crates as stages, with dependencies that are built once.
 *
 * @module
 */
export { cargo } from "./cargo.ts";
export type { CargoWorkspace } from "./workspace.ts";
export type {
  AuditOptions,
  BuildOptions,
  CargoArtifacts,
  CargoCommandOptions,
  CargoCoverage,
  CargoDeps,
  CargoDocs,
  CargoOptions,
  CargoOutput,
  CargoPackage,
  CargoPartitions,
  CargoReports,
  CargoTarpaulin,
  CargoResult,
  CargoTarget,
  CargoTests,
  CheckOptions,
  ClippyOptions,
  ConsumerOptions,
  DenyOptions,
  DocOptions,
  FormatOptions,
  NextestOptions,
  PartitionOptions,
  Selection,
  TarpaulinOptions,
  TargetMember,
  TestOptions,
} from "./options.ts";
export type { Registry } from "./registries.ts";
export { cleanCargoSource, findCargoFiles, type CargoFiles } from "./cargo-files.ts";
export { cargoUnits, type CargoUnits } from "./cargo-units.ts";
export { crateNameFromCargoToml, type CrateName } from "./crate-name.ts";
export { cleanCargoToml, filters, type CargoTomlFilter } from "./clean-manifest.ts";
export type { ManifestPlace } from "./manifest-place.ts";
export { coverageTools, rustTools, unixTools, type Toolchain } from "./toolchain.ts";
