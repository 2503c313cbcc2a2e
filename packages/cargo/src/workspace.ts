/**
 * A Rust workspace: one description, from which dependencies and all that uses them derive.
 *
 *     src ──▶ dummy-source ──▶ deps-check, deps ◀── vendor ◀── Cargo.lock, registry
 *      │                           │
 *      │                     target directories of the externals alone
 *      └──────┬─────────────┬──────┴──────┬─────────────┐
 *          clippy         test        coverage     buildPackage
 *
 * Cargo takes a compiled dependency for fresh only if flags, paths and versions agree between the run
 * that made it and the run that finds it. Here they cannot disagree: every command line is rendered
 * from the same options, and every command sees its workspace at the same absolute path.
 *
 * @module
 */
import { createHash } from "node:crypto";

import { all, matrix, type Check, type Tool, type Tree } from "@ashlar/core";

import { bothHalves, Lineage, replaceHalf, whole, type Side } from "./halves.ts";
import type {
  AuditOptions,
  BuildOptions,
  CargoArtifacts,
  CargoCoverage,
  CargoDeps,
  CargoDocs,
  CargoOptions,
  CargoPackage,
  CargoPartitions,
  CargoResult,
  CargoTarget,
  CargoTarpaulin,
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
import { dummyOf, subsetOf, type Scope } from "./scope.ts";
import { override, selectionWords } from "./selection.ts";
import * as stages from "./stages.ts";
import * as testStages from "./test-stages.ts";
import { clippyTools, coverageTools, formatTools, pluginTool, rustTools } from "./toolchain.ts";
import { fetchedCrates } from "./vendoring.ts";

/** Commands on one workspace. Each call adds a stage; nothing runs until a build wants its result. */
export interface CargoWorkspace {
  /** The external crates that `Cargo.lock` names, for offline use. */
  vendorCargoDeps(): Tree;
  /** A workspace of the same shape with no code of its own. Comments and code do not change it. */
  mkDummySrc(): Tree;
  /**
   * Builds the external crates alone, for all the commands below: in one half what `check`, `clippy` and
   * `doc` start from, in the other what `build` and `test` start from. A build makes the halves side by
   * side, and of them what it needs.
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
  /** Runs `cargo deny check`: bans, licences and sources. */
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

/**
 * Describes a Rust workspace. Nothing runs.
 *
 * @example
 * ```ts
 * const rust = cargo({ src: source(".") });
 * const deps = rust.buildDepsOnly();
 * const clippy = rust.cargoClippy({ cargoArtifacts: deps });
 * const crate = rust.buildPackage({ cargoArtifacts: deps });
 * export const checks = all({ clippy, crate });
 * ```
 */
export function cargo(options: CargoOptions): CargoWorkspace {
  return new Workspace(options);
}

/** Never from the network, never another version than the one in the lock file. */
const isolated = ["--locked", "--offline", "--config", "../vendor/config.toml"];

class Workspace implements CargoWorkspace {
  readonly #options: CargoOptions;
  readonly #tools: readonly Tool[];
  /** Where cargo is told to look for the manifest. */
  readonly #place: readonly string[];
  readonly #lineage = new Lineage();
  // Asked for more than once, they are still one node each.
  #vendored: Tree | undefined;
  readonly #scopes = new Map<string, Scope>();
  readonly #deps = new Map<string, CargoDeps>();

  constructor(options: CargoOptions) {
    this.#options = options;
    const { workspace } = options;
    this.#place = workspace === undefined ? [] : ["--manifest-path", `${workspace}/Cargo.toml`];
    this.#tools = [...rustTools(options.toolchain), ...(options.tools ?? [])];
  }

  vendorCargoDeps(): Tree {
    return (this.#vendored ??= this.#vendor(this.#workspace()));
  }

  mkDummySrc(): Tree {
    return this.#scope({}).dummy;
  }

  buildDepsOnly(selection: Selection = {}): CargoDeps {
    const key = JSON.stringify(selectionWords(override(this.#options, selection)));
    const known = this.#deps.get(key) ?? this.#buildDeps(selection);
    this.#deps.set(key, known);
    return known;
  }

  cargoCheck(options: CheckOptions = {}): CargoTarget {
    const { checkArgs = ["--all-targets"] } = options;
    return this.#consume(stages.check, "check", options, ["check"], checkArgs);
  }

  cargoClippy(options: ClippyOptions = {}): CargoTarget {
    const { clippyArgs = ["--all-targets"] } = options;
    const tools = clippyTools(this.#options.toolchain);
    return this.#consume(stages.clippy, "check", options, ["clippy"], clippyArgs, tools);
  }

  cargoBuild(options: BuildOptions = {}): CargoTarget {
    const { buildArgs = [] } = options;
    return this.#consume(stages.buildCrates, "link", options, ["build"], buildArgs);
  }

  cargoTest(options: TestOptions = {}): CargoTests {
    const { testArgs = [] } = options;
    return this.#consume(testStages.test, "link", options, ["test"], testArgs);
  }

  cargoDocTest(options: TestOptions = {}): CargoTests {
    const { testArgs = [] } = options;
    return this.#consume(testStages.docTest, "link", options, ["test", "--doc"], testArgs);
  }

  cargoDoc(options: DocOptions = {}): CargoDocs {
    const { docArgs = ["--no-deps"] } = options;
    return this.#consume(stages.doc, "check", options, ["doc"], docArgs);
  }

  cargoFmt({ args = ["--all", "--", "--check"] }: FormatOptions = {}): Check {
    const base = this.#base({ tools: formatTools(this.#options.toolchain) });
    return stages.format(this.#options.src, ["cargo", "fmt", ...this.#place, ...args], base);
  }

  taploFmt({ args = ["--check"] }: FormatOptions = {}): Check {
    const base = { tools: [pluginTool("taplo")], env: {} };
    return stages.taplo(this.#options.src, ["taplo", "fmt", ...args], base);
  }

  cargoNextest(options: PartitionOptions): CargoPartitions;
  cargoNextest(options?: NextestOptions): CargoTests;
  cargoNextest(options: NextestOptions | PartitionOptions = {}): CargoPartitions | CargoTests {
    const { nextestArgs = [] } = options;
    const tools = [pluginTool("cargo-nextest")];
    const run = ["nextest", "run"];
    return "partitions" in options
      ? this.#partition(options, tools)
      : this.#consume(testStages.nextest, "link", options, run, nextestArgs, tools);
  }

  cargoTarpaulin(options: TarpaulinOptions = {}): CargoTarpaulin {
    const { tarpaulinArgs = ["--skip-clean", "--out", "xml"], tools = [], env = {} } = options;
    const selected = selectionWords(override(this.#options, options));
    const words = [
      "cargo",
      "tarpaulin",
      "--locked",
      "--offline",
      ...this.#place,
      ...selected.flags,
    ];
    const base = this.#base({
      tools: [pluginTool("cargo-tarpaulin"), ...tools],
      env: { ...selected.env, ...env },
    });
    const { src: ws, vendor } = this.#scope(options);
    const inputs = { ws, vendor };
    const place = ["--output-dir", "../tarpaulin"];
    return stages.tarpaulin(inputs, [...words, ...place, ...tarpaulinArgs], base);
  }

  cargoAudit({ advisoryDb, args = ["--ignore", "yanked"] }: AuditOptions): Check {
    const lock = this.#workspace().pick("Cargo.lock", ".cargo/audit.toml");
    const words = ["cargo", "audit", "-n", "-d", "../advisories", ...args];
    const base = this.#base({ tools: [pluginTool("cargo-audit")] });
    return stages.audit({ lock, advisories: advisoryDb }, words, base);
  }

  cargoDeny({ checks = ["bans", "licenses", "sources"], args = [] }: DenyOptions = {}): Check {
    const words = ["cargo", "--offline", "deny", ...this.#place, ...args, "check", ...checks];
    const base = this.#base({ tools: [pluginTool("cargo-deny")] });
    const inputs = { ws: this.#options.src, vendor: this.vendorCargoDeps() };
    return stages.deny(inputs, words, base);
  }

  cargoLlvmCov(options: TestOptions = {}): CargoCoverage {
    const { testArgs = [] } = options;
    const tools = coverageTools(this.#options.toolchain);
    // Doctests are left out: the stable compiler cannot measure them.
    return this.#consume(stages.coverage, "link", options, ["test", "--tests"], testArgs, tools);
  }

  buildPackage(options: BuildOptions = {}): CargoPackage {
    const { buildArgs = [] } = options;
    return this.#consume(stages.packageCrates, "link", options, ["build"], buildArgs);
  }

  clippy(options?: ClippyOptions): CargoTarget {
    return this.cargoClippy(options);
  }

  test(options?: TestOptions): CargoTests {
    return this.cargoTest(options);
  }

  coverage(options?: TestOptions): CargoCoverage {
    return this.cargoLlvmCov(options);
  }

  /** What the packages of a selection are built from. */
  #scope(overrides: Selection): Scope {
    const { packages = [] } = override(this.#options, overrides);
    const key = JSON.stringify(packages);
    const known = this.#scopes.get(key) ?? this.#makeScope(packages);
    this.#scopes.set(key, known);
    return known;
  }

  #makeScope(packages: readonly string[]): Scope {
    const base = this.#base();
    const { src: ws } = this.#options;
    const vendor = this.vendorCargoDeps();
    // Of a workspace in a folder, others may need what is beside it: it is not divided.
    const isWhole = packages.length === 0 || this.#options.workspace !== undefined;
    if (isWhole) return { src: ws, vendor, dummy: dummyOf(ws, base) };
    const src = subsetOf({ ws, vendor }, packages, base);
    return { src, vendor: this.#vendor(src), dummy: dummyOf(src, base) };
  }

  #vendor(src: Tree): Tree {
    const { registry } = this.#options;
    const manifest = src.pick("Cargo.lock", ".cargo");
    if (registry === undefined) return fetchedCrates(manifest, this.#options);
    return stages.vendor({ manifest, registry }, this.#base());
  }

  /** The arguments of the passes are those of the commands, or cargo would compile again for them. */
  #buildDeps(overrides: Selection): CargoDeps {
    const { flags, env } = selectionWords(override(this.#options, overrides));
    const { dummy, vendor } = this.#scope(overrides);
    const inputs = (half: Side) => ({
      ws: dummy,
      vendor,
      seed: seedName(this.#options, half, flags),
    });
    const base = this.#base({ env });
    const pass = (command: string, ...args: readonly string[]): readonly string[] => [
      ...[command, ...isolated, ...this.#place, ...flags, ...args],
    ];
    // With and without the dependencies of tests, which may turn on features of the others.
    const checking = [pass("check", "--all-targets"), pass("check")];
    const checked = stages.checkDeps(inputs("check"), checking, base).target;
    const linking = [pass("build"), pass("test", "--no-run")];
    const linked = stages.linkDeps(inputs("link"), linking, base).target;
    const halves = {
      check: { deps: checked, own: undefined },
      link: { deps: linked, own: undefined },
    };
    const deps = all({ target: bothHalves(halves), checked, linked });
    for (const artifacts of [deps, deps.target]) this.#lineage.remember(artifacts, halves);
    return deps;
  }

  #consume<O extends TargetMember>(
    stage: (inputs: stages.Consumed, args: readonly string[], base: stages.Base) => O,
    side: Side,
    options: ConsumerOptions,
    command: readonly string[],
    args: readonly string[],
    tools: readonly Tool[] = [],
  ): CargoResult<Omit<O, keyof Tree | "target">> {
    const { flags, env } = selectionWords(override(this.#options, options));
    const artifacts: CargoArtifacts = options.cargoArtifacts ?? this.buildDepsOnly(options);
    const halves = this.#lineage.halvesOf(artifacts);
    const { src: ws, vendor } = this.#scope(options);
    const inputs = { ws, vendor, target: halves[side] };
    const base = this.#base({
      tools: [...tools, ...(options.tools ?? [])],
      env: { ...env, ...options.env },
    });
    // The `--profile` of nextest is one of its own.
    const isNextest = command[0] === "nextest";
    const known = flags.map((flag) =>
      isNextest && flag === "--profile" ? "--cargo-profile" : flag,
    );
    const made = stage(inputs, [...command, ...isolated, ...this.#place, ...known, ...args], base);
    const after = replaceHalf(halves, side, made.target);
    const result = all({ ...made, target: whole(after[side]) });
    for (const left of [result, result.target]) this.#lineage.remember(left, after);
    return result;
  }

  #partition(options: PartitionOptions, plugins: readonly Tool[]): CargoPartitions {
    const { partitions, partitionType = "count", nextestArgs = [] } = options;
    checkPartitions(partitions);
    const packing = ["--archive-file", testStages.ARCHIVE, "--archive-format", "tar-zst"];
    const command = ["nextest", "archive"];
    const stage = testStages.nextestArchive;
    const { archive } = this.#consume(stage, "link", options, command, packing, plugins);
    const base = this.#base({
      tools: [...plugins, ...(options.tools ?? [])],
      env: options.env ?? {},
    });
    const unpacking = [
      "--archive-file",
      testStages.ARCHIVE,
      "--workspace-remap",
      this.#options.workspace ?? ".",
    ];
    // That one part has nothing to run says nothing about the tests.
    const empty = nextestArgs.some((arg) => arg.startsWith("--no-tests"))
      ? []
      : ["--no-tests=pass"];
    const { src: ws } = this.#scope(options);
    const partition = Array.from({ length: partitions }, (_, at) => at + 1);
    const runs = matrix({ partition }, ({ partition: at }) => {
      const part = ["--partition", `${partitionType}:${at}/${partitions}`];
      const args = ["nextest", "run", ...unpacking, ...part, ...empty, ...nextestArgs];
      return testStages.nextestPartition({ ws, archive }, args, base);
    });
    return all({ archive, runs });
  }

  /** The folder of `Cargo.toml` and `Cargo.lock`. */
  #workspace(): Tree {
    const { src, workspace } = this.#options;
    return workspace === undefined ? src : src.dir(workspace);
  }

  #base({ tools = [], env = {} }: Partial<stages.Base> = {}): stages.Base {
    return {
      workspace: this.#options.workspace,
      tools: [...this.#tools, ...tools],
      env: { ...this.#options.env, ...env },
    };
  }
}

/** Name of the cache for a half. Selections that compile other units have others: one would drive out the other's. */
function seedName(
  { seed }: CargoOptions,
  half: Side,
  flags: readonly string[],
): string | undefined {
  if (seed === undefined) return undefined;
  const words = createHash("sha256").update(JSON.stringify(flags)).digest("hex").slice(0, 8);
  return `cargo-${seed}-${half}-${words}`;
}

function checkPartitions(partitions: number): void {
  if (Number.isSafeInteger(partitions) && partitions > 0) return;
  throw new RangeError(`\`partitions\` must be a whole number above 0, and is ${partitions}`);
}
