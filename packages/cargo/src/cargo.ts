/**
 * A Rust workspace: one description, from which dependencies and all that uses them derive.
 *
 *     src ──▶ dummy-source ──▶ deps, deps-check ◀── vendor ◀── Cargo.lock, registry
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
import type { Check, Tool, Tree } from "@ashlar/core";

import { isForeign } from "./cargo-words.ts";
import { Consumers, type Invocation } from "./consumers.ts";
import { Dependencies } from "./dependencies.ts";
import { Lineage } from "./halves.ts";
import type {
  AuditOptions,
  BuildOptions,
  CargoCommandOptions,
  CargoCoverage,
  CargoDeps,
  CargoDocs,
  CargoOptions,
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
import { partition } from "./partitions.ts";
import { Project } from "./project.ts";
import { Scopes } from "./scope.ts";
import * as stages from "./stages.ts";
import * as testStages from "./test-stages.ts";
import * as toolStages from "./tool-stages.ts";
import { clippyTools, coverageTools, formatTools, pluginTool, taploTools } from "./toolchain.ts";
import type { CargoWorkspace } from "./workspace.ts";

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
  return new Workspace(new Project(options));
}

class Workspace implements CargoWorkspace {
  readonly #project: Project;
  readonly #scopes: Scopes;
  readonly #dependencies: Dependencies;
  readonly #consumers: Consumers;

  constructor(project: Project) {
    const lineage = new Lineage();
    this.#project = project;
    this.#scopes = new Scopes(project);
    this.#dependencies = new Dependencies(project, this.#scopes, lineage);
    this.#consumers = new Consumers(project, this.#scopes, this.#dependencies, lineage);
  }

  vendorCargoDeps(): Tree {
    return this.#scopes.vendor;
  }

  mkDummySrc(): Tree {
    return this.#scopes.of({}).dummy;
  }

  buildDepsOnly(selection: Selection = {}): CargoDeps {
    return this.#dependencies.of(selection);
  }

  cargoCheck(options: CheckOptions = {}): CargoTarget {
    const { checkArgs: args = ["--all-targets"] } = options;
    return this.#consumers.run(stages.check, { side: "check", command: ["check"], args }, options);
  }

  cargoClippy(options: ClippyOptions = {}): CargoTarget {
    const { clippyArgs: args = ["--all-targets"] } = options;
    const tools = clippyTools(this.#project.options.toolchain);
    const clippy: Invocation = { side: "check", command: ["clippy"], args, tools };
    return this.#consumers.run(stages.clippy, clippy, options);
  }

  cargoBuild(options: BuildOptions = {}): CargoTarget {
    const { buildArgs: args = [] } = options;
    const build: Invocation = { side: "link", command: ["build"], args };
    return this.#consumers.run(stages.buildCrates, build, options);
  }

  cargoTest(options: TestOptions = {}): CargoTests {
    const { testArgs: args = [] } = options;
    return this.#consumers.run(testStages.test, { side: "link", command: ["test"], args }, options);
  }

  cargoDocTest(options: TestOptions = {}): CargoTests {
    const { testArgs: args = [] } = options;
    const test: Invocation = { side: "link", command: ["test", "--doc"], args };
    return this.#consumers.run(testStages.docTest, test, options);
  }

  cargoDoc(options: DocOptions = {}): CargoDocs {
    const { docArgs: args = ["--no-deps"] } = options;
    return this.#consumers.run(stages.doc, { side: "check", command: ["doc"], args }, options);
  }

  cargoCommand(options: CargoCommandOptions): CargoOutput {
    const { command, args = [], half: side = "link" } = options;
    const stage = stages.anyCommand(command.join(" "), isForeign(command));
    return this.#consumers.run(stage, { side, command, args }, options);
  }

  cargoFmt({ args = ["--all", "--", "--check"] }: FormatOptions = {}): Check {
    const { options, place } = this.#project;
    const base = this.#project.base({ tools: formatTools(options.toolchain) });
    return stages.format(options.src, ["cargo", "fmt", ...place, ...args], base);
  }

  taploFmt({ args = ["--check"] }: FormatOptions = {}): Check {
    const base = { tools: taploTools(), env: {} };
    return toolStages.taplo(this.#project.options.src, ["taplo", "fmt", ...args], base);
  }

  cargoNextest(options: PartitionOptions): CargoPartitions;
  cargoNextest(options?: NextestOptions): CargoTests;
  cargoNextest(options: NextestOptions | PartitionOptions = {}): CargoPartitions | CargoTests {
    const { nextestArgs: args = [] } = options;
    const tools = [pluginTool("cargo-nextest")];
    if ("partitions" in options) return this.#partition(options, tools);
    const run: Invocation = { side: "link", command: ["nextest", "run"], args, tools };
    return this.#consumers.run(testStages.nextest, run, options);
  }

  cargoTarpaulin(options: TarpaulinOptions = {}): CargoTarpaulin {
    const { tarpaulinArgs = ["--skip-clean", "--out", "xml"], tools = [], env = {} } = options;
    const selected = this.#project.words(options);
    const isolated = ["--locked", "--offline", ...this.#project.place];
    const place = ["--target-dir", "../target", "--output-dir", "../tarpaulin"];
    const words = ["cargo", "tarpaulin", ...isolated, ...selected.flags, ...place];
    const base = this.#project.base({
      tools: [pluginTool("cargo-tarpaulin"), ...tools],
      env: { ...selected.env, ...env },
    });
    const { src: ws, vendor } = this.#scopes.of(options);
    return toolStages.tarpaulin({ ws, vendor }, [...words, ...tarpaulinArgs], base);
  }

  cargoAudit({ advisoryDb, args = ["--no-yanked"] }: AuditOptions): Check {
    const { options } = this.#project;
    const lock = this.#project.folderIn(options.src).pick("Cargo.lock", ".cargo/audit.toml");
    const words = ["cargo", "audit", "-n", "-d", "../advisories", ...args];
    const base = this.#project.base({ tools: [pluginTool("cargo-audit")] });
    return toolStages.audit({ lock, advisories: advisoryDb }, words, base);
  }

  cargoDeny({ advisoryDb, checks, args = [] }: DenyOptions = {}): Check {
    const { options, place } = this.#project;
    // Which crates were yanked, nobody knows offline: without this, it says so of each.
    const quiet = advisoryDb ? ["--allow", "index-failure"] : [];
    const known = ["bans", "licenses", "sources", ...(advisoryDb ? ["advisories"] : [])];
    const isolated = ["deny", "--offline", ...place];
    const words = ["cargo", ...isolated, ...args, "check", ...quiet, ...(checks ?? known)];
    const base = this.#project.base({ tools: [pluginTool("cargo-deny")] });
    const inputs = { ws: options.src, vendor: this.#scopes.vendor, advisories: advisoryDb };
    return toolStages.deny(inputs, words, base);
  }

  cargoLlvmCov(options: TestOptions = {}): CargoCoverage {
    const { testArgs: args = [] } = options;
    const tools = coverageTools(this.#project.options.toolchain);
    // Doctests are left out: the stable compiler cannot measure them.
    const measure: Invocation = { side: "link", command: ["test", "--tests"], args, tools };
    return this.#consumers.run(stages.coverage, measure, options);
  }

  buildPackage(options: BuildOptions = {}): CargoPackage {
    const { buildArgs: args = [] } = options;
    const build: Invocation = { side: "link", command: ["build"], args };
    return this.#consumers.run(stages.packageCrates, build, options);
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

  #partition(options: PartitionOptions, plugins: readonly Tool[]): CargoPartitions {
    const [project, scopes, consumers] = [this.#project, this.#scopes, this.#consumers];
    return partition({ project, scopes, consumers, plugins }, options);
  }
}
