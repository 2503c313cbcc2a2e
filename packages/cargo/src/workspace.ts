/**
 * A Rust workspace: one description, from which dependencies and all that uses them derive.
 *
 *     src ──▶ dummy-source ──▶ build-deps ◀── vendor ◀── Cargo.lock, registry
 *      │                           │
 *      │                     target directory of the externals alone
 *      └──────┬─────────────┬──────┴──────┬─────────────┐
 *          clippy         test        coverage     buildPackage
 *
 * Cargo takes a compiled dependency for fresh only if flags, paths and versions agree between the run
 * that made it and the run that finds it. Here they cannot disagree: every command line is rendered
 * from the same options, and every command sees its workspace at the same absolute path.
 *
 * @module
 */
import type { StageResult, Tool, Tree } from "@ashlar/core";

import {
  buildDeps,
  clippy,
  coverage,
  dummySource,
  packageCrates,
  test,
  vendor,
  type Base,
  type Consumed,
} from "./stages.ts";
import { clippyTools, coverageTools, rustTools } from "./toolchain.ts";

/** What is common to all commands of a workspace. */
export interface CargoOptions {
  /** The sources, with `Cargo.toml` and `Cargo.lock` at the top. */
  readonly src: Tree;
  /**
   * The external crates: a directory source, as `cargo vendor --locked --versioned-dirs` makes one. Not
   * needed when `Cargo.lock` names none.
   */
  readonly registry?: Tree;
  /** Profile of every command: `release`, `dev`, or one of the workspace's own. @defaultValue "release" */
  readonly profile?: string;
  /** Features of every command, in the form of cargo's `--features`. @defaultValue none but the default */
  readonly features?: readonly string[];
  /**
   * Toolchain of rustup, by name. A `rust-toolchain.toml` does not choose one; it is an error if it asks
   * for another.
   *
   * @defaultValue rustup's default, or the `cargo` on `PATH`
   */
  readonly toolchain?: string;
  /** Variables of every command. @defaultValue none */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that build scripts need besides the Rust and C toolchains, such as `pkg-config`. */
  readonly tools?: readonly Tool[];
}

/** A target directory: as such, or as the result of a command that leaves one. */
export type CargoArtifacts = Tree | { readonly target: Tree };

/** Options of all that starts from built dependencies. */
export interface ConsumerOptions {
  /**
   * The target directory to start from: of the dependencies, or of another command on the same
   * sources.
   *
   * @defaultValue that of {@link CargoWorkspace.buildDepsOnly}
   */
  readonly cargoArtifacts?: CargoArtifacts;
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

/** Options of a package's build. */
export interface BuildOptions extends ConsumerOptions {
  /** Arguments of `cargo build`. @defaultValue none */
  readonly buildArgs?: readonly string[];
}

/** A target directory, for the next command to start from. */
export type CargoTarget = StageResult<{ target: "tree" }>;

/** What {@link CargoWorkspace.coverage} makes. */
export type CargoCoverage = StageResult<{ report: "tree"; target: "tree" }>;

/** What {@link CargoWorkspace.buildPackage} makes. */
export type CargoPackage = StageResult<{ installed: "tree"; target: "tree" }>;

/** Commands on one workspace. Each call adds a stage. */
export interface CargoWorkspace {
  /** The external crates that `Cargo.lock` names, for offline use. */
  vendorCargoDeps(): Tree;
  /** A workspace of the same shape with no code of its own. Comments and code do not change it. */
  mkDummySrc(): Tree;
  /** Builds the external crates alone, for all the commands below. */
  buildDepsOnly(): CargoTarget;
  /** Runs `cargo clippy`. */
  clippy(options?: ClippyOptions): CargoTarget;
  /** Runs `cargo test`. */
  test(options?: TestOptions): CargoTarget;
  /**
   * Runs `cargo test` with the workspace's own crates instrumented; externals stay as they are. The
   * report holds `coverage.lcov` and `summary.json`. Needs the tools of rustc's LLVM version.
   */
  coverage(options?: TestOptions): CargoCoverage;
  /** Runs `cargo build`, and installs: programs in `bin/`, C-compatible libraries in `lib/`. */
  buildPackage(options?: BuildOptions): CargoPackage;
}

/**
 * Describes a Rust workspace. Nothing runs.
 *
 * @example
 * ```ts
 * const rust = cargo({ src: source("."), registry: source("vendor") });
 * const deps = rust.buildDepsOnly();
 * const clippy = rust.clippy({ cargoArtifacts: deps });
 * const crate = rust.buildPackage({ cargoArtifacts: deps });
 * export const checks = all({ clippy, crate });
 * ```
 */
export function cargo(options: CargoOptions): CargoWorkspace {
  return new Workspace(options);
}

class Workspace implements CargoWorkspace {
  readonly #options: CargoOptions;
  readonly #tools: readonly Tool[];
  /** Flags that decide which compiled dependencies fit. */
  readonly #flags: readonly string[];
  // Asked for more than once, they are still one node each.
  #vendored: Tree | undefined;
  #dummy: Tree | undefined;
  #deps: CargoTarget | undefined;

  constructor(options: CargoOptions) {
    const { profile = "release", features = [], toolchain, tools = [] } = options;
    this.#options = options;
    this.#tools = [...rustTools(toolchain), ...tools];
    this.#flags = [
      ...["--locked", "--offline", "--config", "../vendor/config.toml"],
      ...profileFlags(profile),
      ...(features.length === 0 ? [] : ["--features", features.join(",")]),
    ];
  }

  vendorCargoDeps(): Tree {
    return (this.#vendored ??= this.#vendor());
  }

  mkDummySrc(): Tree {
    return (this.#dummy ??= dummySource(this.#options.src, this.#base()));
  }

  buildDepsOnly(): CargoTarget {
    return (this.#deps ??= buildDeps(
      { ws: this.mkDummySrc(), vendor: this.vendorCargoDeps() },
      [
        ["check", ...this.#flags, "--all-targets"],
        ["build", ...this.#flags],
        ["test", ...this.#flags, "--no-run"],
      ],
      this.#base(),
    ));
  }

  clippy({ clippyArgs = ["--all-targets"], cargoArtifacts }: ClippyOptions = {}): CargoTarget {
    const args = ["clippy", ...this.#flags, ...clippyArgs];
    const base = this.#base(clippyTools(this.#options.toolchain));
    return clippy(this.#consumer(cargoArtifacts), args, base);
  }

  test({ testArgs = [], cargoArtifacts }: TestOptions = {}): CargoTarget {
    const args = ["test", ...this.#flags, ...testArgs];
    return test(this.#consumer(cargoArtifacts), args, this.#base());
  }

  coverage({ testArgs = [], cargoArtifacts }: TestOptions = {}): CargoCoverage {
    // Doctests are left out: the stable compiler cannot measure them.
    const args = ["test", "--tests", ...this.#flags, ...testArgs];
    const base = this.#base(coverageTools(this.#options.toolchain));
    return coverage(this.#consumer(cargoArtifacts), args, base);
  }

  buildPackage({ buildArgs = [], cargoArtifacts }: BuildOptions = {}): CargoPackage {
    const args = ["build", ...this.#flags, ...buildArgs];
    return packageCrates(this.#consumer(cargoArtifacts), args, this.#base());
  }

  #vendor(): Tree {
    const { src, registry } = this.#options;
    const manifest = src.pick("Cargo.lock", ".cargo");
    return vendor({ manifest, registry }, this.#base());
  }

  #consumer(cargoArtifacts: CargoArtifacts = this.buildDepsOnly()): Consumed {
    const target = "target" in cargoArtifacts ? cargoArtifacts.target : cargoArtifacts;
    return { ws: this.#options.src, vendor: this.vendorCargoDeps(), target };
  }

  #base(tools: readonly Tool[] = []): Base {
    return { tools: [...this.#tools, ...tools], env: this.#options.env ?? {} };
  }
}

/** `release` and `dev` have flags of their own. */
function profileFlags(profile: string): readonly string[] {
  if (profile === "dev") return [];
  return profile === "release" ? ["--release"] : ["--profile", profile];
}
