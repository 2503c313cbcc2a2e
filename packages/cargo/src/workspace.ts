/**
 * What a Rust workspace can be asked for: the specification of what `cargo` returns.
 *
 * @module
 */
import type { Check, Tree } from "@ashlar/core";

import type {
  AuditOptions,
  BuildOptions,
  CargoCommandOptions,
  CargoCoverage,
  CargoDeps,
  CargoDocs,
  CargoOutput,
  CargoPackage,
  CargoPartitions,
  CargoTarget,
  CargoTarpaulin,
  CargoTests,
  CheckOptions,
  ClippyOptions,
  DenyOptions,
  DocOptions,
  FormatOptions,
  NextestOptions,
  PartitionOptions,
  Selection,
  TarpaulinOptions,
  TestOptions,
} from "./options.ts";

/** Commands on one workspace. Each call adds a stage; nothing runs until a build wants its result. */
export interface CargoWorkspace {
  /** The external crates that `Cargo.lock` names, for offline use. */
  vendorCargoDeps(): Tree;
  /** A workspace of the same shape with no code of its own. Comments and code do not change it. */
  mkDummySrc(): Tree;
  /**
   * Builds the external crates alone, for all the commands below: in one half what `check`, `clippy` and
   * `doc` start from, in the other what `build` and `test` start from. A build makes of the halves what it
   * needs.
   */
  buildDepsOnly(selection?: Selection): CargoDeps;
  /** Runs `cargo check`. */
  cargoCheck(options?: CheckOptions): CargoTarget;
  /** Runs `cargo clippy`. */
  cargoClippy(options?: ClippyOptions): CargoTarget;
  /** Runs `cargo build`, for the next command to start from. Programs: {@link buildPackage}. */
  cargoBuild(options?: BuildOptions): CargoTarget;
  /** Runs `cargo test`. A failure names the tests that failed; `reports` has `junit.xml`, even then. */
  cargoTest(options?: TestOptions): CargoTests;
  /** Runs `cargo test --doc`. */
  cargoDocTest(options?: TestOptions): CargoTests;
  /** Runs `cargo doc`; `docs` holds the pages. */
  cargoDoc(options?: DocOptions): CargoDocs;
  /**
   * Runs any other command, as `bench`, `run`, an alias of the project, or one that is a program of its own. It is started in the sources, offline; what it writes to `../output`
   * is its `output`.
   */
  cargoCommand(options: CargoCommandOptions): CargoOutput;
  /** Runs `cargo fmt -- --check` on all members. Needs no dependencies. */
  cargoFmt(options?: FormatOptions): Check;
  /** Runs `taplo fmt --check` on the sources. */
  taploFmt(options?: FormatOptions): Check;
  /** Builds the tests once, and runs them with nextest in several stages, which may run side by side. */
  cargoNextest(options: PartitionOptions): CargoPartitions;
  /**
   * Runs `cargo nextest run`, which must be installed. It runs no doctests. `reports` has a folder for each of nextest's
   * profiles, `default/junit.xml`, also when tests failed.
   */
  cargoNextest(options?: NextestOptions): CargoTests;
  /** Runs `cargo audit` on `Cargo.lock`, with a copy of the advisory database. */
  cargoAudit(options: AuditOptions): Check;
  /** Runs `cargo deny check`: bans, licences and sources, and advisories with a copy of their database. */
  cargoDeny(options?: DenyOptions): Check;
  /**
   * Runs `cargo test` with the workspace's own crates instrumented; externals stay as they are. The
   * report holds `coverage.lcov`, `coverage.json`, `summary.json` and `html/`. Needs the tools of rustc's
   * LLVM version.
   */
  cargoLlvmCov(options?: TestOptions): CargoCoverage;
  /**
   * Runs `cargo tarpaulin`, which must be installed. It compiles the dependencies again, for it changes their flags:
   * {@link cargoLlvmCov} does not.
   */
  cargoTarpaulin(options?: TarpaulinOptions): CargoTarpaulin;
  /** Runs `cargo build`, and installs: programs in `bin/`, C-compatible libraries in `lib/`, examples in `examples/`. */
  buildPackage(options?: BuildOptions): CargoPackage;
  /** The same as {@link cargoClippy}. */
  clippy(options?: ClippyOptions): CargoTarget;
  /** The same as {@link cargoTest}. */
  test(options?: TestOptions): CargoTests;
  /** The same as {@link cargoLlvmCov}. */
  coverage(options?: TestOptions): CargoCoverage;
}
