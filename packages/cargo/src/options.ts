/**
 * Options: what a workspace and its commands can be told.
 *
 * Two kinds. A {@link Selection} decides what is compiled, and how: dependencies are built with the same
 * one, so a command that overrides part of it gets dependencies of its own. All else (arguments, variables
 * and tools of one command) leaves the dependencies alone.
 *
 * @module
 */
import type { File, Group, Matrix, StageResult, Tool, Tree } from "@ashlar/core";

import type { Registry } from "./registries.ts";
import type { Toolchain } from "./toolchain.ts";

/** Which units are compiled, and how. What one compiled, another with an equal selection finds fresh. */
export interface Selection {
  /** `release`, `dev`, or a profile of the workspace's own. @defaultValue "release" */
  readonly profile?: string;
  /** Features, in the form of cargo's `--features`. @defaultValue none but the default */
  readonly features?: readonly string[];
  /** @defaultValue false */
  readonly allFeatures?: boolean;
  /** Whether the `default` features are left out. @defaultValue false */
  readonly noDefaultFeatures?: boolean;
  /**
   * Target triple, as `aarch64-unknown-linux-gnu`. Linkers and C compilers for it are `tools`, and named
   * in `env` as cargo wants it.
   *
   * @defaultValue the compiler's own, and no `--target`
   */
  readonly target?: string;
  /**
   * Flags of the compiler for all crates. They take the place of those in the project's
   * `.cargo/config.toml`, as `RUSTFLAGS` does.
   *
   * @defaultValue what the project says
   */
  readonly rustflags?: readonly string[];
  /** Members to work on. @defaultValue cargo's: the default members, or the root package */
  readonly packages?: readonly string[];
}

/** What is common to all commands of a workspace. */
export interface CargoOptions extends Selection {
  /**
   * The sources, with `Cargo.toml` and `Cargo.lock` at the top, or in `workspace`. Build files in them,
   * `ashlar.build.ts` by their usual name, do not count.
   */
  readonly src: Tree;
  /**
   * Folder of the workspace in the sources: `Cargo.toml` and `Cargo.lock` are there. For workspaces that depend on
   * what lies beside them.
   *
   * @defaultValue the top of the sources
   */
  readonly workspace?: string;
  /**
   * The external crates: a directory source, as `cargo vendor --locked --versioned-dirs` makes one.
   *
   * @defaultValue each crate that `Cargo.lock` names is fetched, pinned by the checksum there
   */
  readonly registry?: Tree;
  /**
   * Where crates of registries other than crates.io are downloaded, and mirrors of that one. Not used with
   * `registry`.
   *
   * @defaultValue none
   */
  readonly registries?: readonly Registry[];
  /**
   * Trees for git dependencies, by `<url>#<commit>` or by `<url>` alone, as in `Cargo.lock`.
   *
   * @defaultValue each is cloned at the commit in `Cargo.lock`, by a stage that may use the network
   */
  readonly gitCheckouts?: Readonly<Record<string, Tree>>;
  /**
   * Toolchain of rustup, by name; or one at an absolute path, or in a tree, with its programs in `bin`. A `rust-toolchain.toml` does not choose one; it is an error if it asks
   * for another.
   *
   * @defaultValue rustup's default, or the `cargo` on `PATH`
   */
  readonly toolchain?: Toolchain;
  /**
   * Name of a cache for compiled dependencies: then one new version of a crate compiles that crate and what
   * depends on it, and not all others again. The bytes that come out are the same with and without. Lower case
   * letters, digits and `. _ -`; another one for each workspace, so that they do not drive each other out. Needs a
   * runner that has caches, and results say that they were made with one.
   *
   * @defaultValue none: dependencies are compiled from nothing
   */
  readonly seed?: string;
  /**
   * How the two halves of the dependencies are built. `chained`: what `check`, `clippy` and `doc` start from is built
   * behind what `build` and `test` start from, and takes build scripts and macros from there, so a pipeline that lints and
   * links compiles them once. `apart`: each for itself, which is faster for one that only lints. The bytes are the same.
   *
   * @defaultValue "chained"
   */
  readonly halves?: "chained" | "apart";
  /**
   * Whether libraries that other members are built on are compiled in a stage of their own (`inner`), before commands that link:
   * after an edit of a program, that program alone is compiled. Costs the start of one more command wherever such
   * a library has changed. Members with a build script, and those that stand on them, are compiled as without; and all are
   * in commands with an `env` of their own.
   *
   * @defaultValue false
   */
  readonly inner?: boolean;
  /** Variables of every command. @defaultValue none */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that build scripts need besides the Rust and C toolchains, such as `pkg-config`. */
  readonly tools?: readonly Tool[];
}

/** A target directory: as such, or as the result of a command that leaves one. */
export type CargoArtifacts = Tree | { readonly target: Tree };

/** Options of all that starts from built dependencies. What is not given is as in the workspace. */
export interface ConsumerOptions extends Selection {
  /**
   * The target directory to start from: of the dependencies, or of another command on the same
   * sources.
   *
   * @defaultValue that of {@link CargoWorkspace.buildDepsOnly} with the same selection
   */
  readonly cargoArtifacts?: CargoArtifacts;
  /** More variables. The dependencies are built without them. @defaultValue none */
  readonly env?: Readonly<Record<string, string>>;
  /** More programs. @defaultValue none */
  readonly tools?: readonly Tool[];
}

/** Options of `cargo check`. */
export interface CheckOptions extends ConsumerOptions {
  /** Arguments of `cargo check`. @defaultValue ["--all-targets"] */
  readonly checkArgs?: readonly string[];
}

/** Options of clippy. */
export interface ClippyOptions extends ConsumerOptions {
  /** Arguments of `cargo clippy`; behind `--`, of the compiler. @defaultValue ["--all-targets"] */
  readonly clippyArgs?: readonly string[];
}

/** Options of tests, and of coverage by tests. */
export interface TestOptions extends ConsumerOptions {
  /** Arguments of `cargo test`; behind `--`, of the test programs. @defaultValue none */
  readonly testArgs?: readonly string[];
}

/** Options of builds. */
export interface BuildOptions extends ConsumerOptions {
  /** Arguments of `cargo build`. @defaultValue none */
  readonly buildArgs?: readonly string[];
}

/** Options of documentation. */
export interface DocOptions extends ConsumerOptions {
  /** Arguments of `cargo doc`. @defaultValue ["--no-deps"] */
  readonly docArgs?: readonly string[];
}

/** Options of any command. */
export interface CargoCommandOptions extends ConsumerOptions {
  /**
   * As `["bench", "--no-run"]`, or `["hack", "check"]`: the name of a command, and what must come right behind it. One that is not
   * cargo's own is a program that `tools` must have, or an alias in the project's `.cargo/config.toml`.
   */
  readonly command: readonly string[];
  /**
   * Arguments behind those of the selection; of commands that are not cargo's own, which are told nothing of the selection, all that
   * there are.
   *
   * @defaultValue none
   */
  readonly args?: readonly string[];
  /** Which half of the dependencies it starts from: `check` if it compiles what clippy does. @defaultValue "link" */
  readonly half?: "check" | "link";
}

/** Options of nextest. */
export interface NextestOptions extends ConsumerOptions {
  /** Arguments of `cargo nextest run`. @defaultValue none */
  readonly nextestArgs?: readonly string[];
}

/** Options of nextest in several stages. */
export interface PartitionOptions extends NextestOptions {
  /** Into how many stages the tests are divided, at least 1. Each starts from tests that are built once. */
  readonly partitions: number;
  /**
   * How: `count` deals them out one by one, `hash` keeps a test where it is when others come and go.
   *
   * @defaultValue "count"
   */
  readonly partitionType?: "count" | "hash";
}

/** Options of tarpaulin. */
export interface TarpaulinOptions extends Selection {
  /** Arguments of `cargo tarpaulin`. @defaultValue ["--skip-clean", "--out", "xml"] */
  readonly tarpaulinArgs?: readonly string[];
  /** More variables. @defaultValue none */
  readonly env?: Readonly<Record<string, string>>;
  /** More programs. @defaultValue none */
  readonly tools?: readonly Tool[];
}

/** Options of formatters. */
export interface FormatOptions {
  /** Arguments of the formatter, in the place of those that make it check all sources. */
  readonly args?: readonly string[];
}

/** Options of `cargo audit`. */
export interface AuditOptions {
  /** A copy of the RustSec advisory database. */
  readonly advisoryDb: Tree;
  /** More arguments. Which crates were yanked, nobody knows offline. @defaultValue ["--no-yanked"] */
  readonly args?: readonly string[];
}

/** Options of `cargo deny`. */
export interface DenyOptions {
  /** A copy of the RustSec advisory database. @defaultValue none, and advisories are left out */
  readonly advisoryDb?: Tree;
  /** What is checked. @defaultValue ["bans", "licenses", "sources"], and "advisories" with a database */
  readonly checks?: readonly string[];
  /** More arguments, in front of `check`. @defaultValue none */
  readonly args?: readonly string[];
}

/** What a command has left: files under the names of its outputs, and a target directory for the next command. */
export type CargoResult<O = {}> = Group<O & TargetMember> & O & TargetMember;

/** Part of what every command leaves. */
export type TargetMember = {
  /** The target directory that the command started from, with all that it has added. */
  readonly target: Tree;
};

/** A target directory, for the next command to start from. */
export type CargoTarget = CargoResult;

/** What tests leave: reports, as `junit.xml`, which a build's report has also when tests failed, and a target directory. */
export type CargoTests = CargoResult<{ readonly reports: Tree }>;

/** Tests in several stages: the archive of built tests, and what each part reports. */
export type CargoPartitions = Group<PartitionMembers> & PartitionMembers;

/** Parts of {@link CargoPartitions}. */
export type PartitionMembers = {
  readonly archive: File;
  /** By number, from 1: `runs.get({ partition: 2 })`. */
  readonly runs: Matrix<{ readonly partition: readonly number[] }, CargoReports>;
};

/** What tests report. */
export type CargoReports = StageResult<{ reports: "tree" }>;

/** What {@link CargoWorkspace.cargoTarpaulin} makes. */
export type CargoTarpaulin = StageResult<{ report: "tree" }>;

/** What {@link CargoWorkspace.coverage} makes. */
export type CargoCoverage = CargoResult<{ readonly report: Tree }>;

/** What {@link CargoWorkspace.buildPackage} makes. */
export type CargoPackage = CargoResult<{ readonly installed: Tree }>;

/** What {@link CargoWorkspace.cargoCommand} makes. */
export type CargoOutput = CargoResult<{ readonly output: Tree }>;

/** What {@link CargoWorkspace.cargoDoc} makes. */
export type CargoDocs = CargoResult<{ readonly docs: Tree }>;

/** Built dependencies: both halves in one directory (`target`), and each for itself. */
export type CargoDeps = Group<DepsMembers> & DepsMembers;

/** Parts of {@link CargoDeps}. */
export type DepsMembers = {
  /** All of it. */
  readonly target: Tree;
  /** What `check`, `clippy` and `doc` start from. */
  readonly checked: Tree;
  /** What `build` and `test` start from. */
  readonly linked: Tree;
};
