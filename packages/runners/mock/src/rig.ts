/**
 * The rig: a project, a store, a mock runner and a clock for one test, made and removed by itself.
 *
 * Keys, snapshots, store and scheduler are the real ones; only commands are scripted. So what a rig says
 * was executed after an edit is what would be executed.
 *
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";

import {
  bytesOf,
  invalidOption,
  plan,
  sourcePlaceOf,
  tryBuild,
  type BuildOptions,
  type BuildPlan,
  type FileContent,
  type PlanOptions,
  type Report,
  type Store,
  type Targets,
  type Tree,
} from "@ashlar/core";

import { FaultyStore } from "./faulty-store.ts";
import { ScriptedRunner, type MockRunner, type MockRunnerOptions } from "./mock-runner.ts";
import { virtualClock, type VirtualClock } from "./virtual-clock.ts";

/**
 * Files by path, to be written, or removed where there is `undefined`. A path that ends with `/` is a
 * directory.
 */
export type RigFiles = Readonly<Record<string, FileContent | undefined>>;

/** What a rig starts with. */
export interface RigOptions extends MockRunnerOptions {
  /** The project. @defaultValue empty */
  readonly files?: RigFiles;
  /** Where results are kept, for as long as the rig is there. @defaultValue a store in memory */
  readonly store?: Store;
  /** @defaultValue one that moves on when nobody works */
  readonly clock?: VirtualClock;
}

/** How one build differs from the others: everything but the runner. */
export type RigBuildOptions = Partial<Omit<BuildOptions, "runner">>;

/** How one plan differs from the others. */
export type RigPlanOptions = Partial<Omit<PlanOptions, "runner">>;

/** A project, a store, and scripted commands. */
export class Rig {
  /** Temporary directory of the project: relative sources start from it. */
  readonly project: string;
  readonly mock: MockRunner;
  readonly clock: VirtualClock;
  /** What the rig's builds remember, with faults at hand. */
  readonly store: FaultyStore;
  readonly #folder: string;
  readonly #runner: ScriptedRunner;
  readonly #abort = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor({ files = {}, store, clock = virtualClock(), ...options }: RigOptions = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), "ashlar-rig-"));
    this.project = join(this.#folder, "project");
    this.clock = clock;
    this.store = new FaultyStore({ clock, ...(store && { store }) });
    this.#runner = new ScriptedRunner(options);
    this.mock = this.#runner;
    mkdirSync(this.project);
    this.#write(this.project, files);
  }

  /**
   * Writes files of the project, or of one of its sources.
   *
   * @throws {@link BuildError} `INVALID_OPTION` when what should be edited lies outside the project.
   */
  async edit(files: RigFiles): Promise<void>;
  async edit(source: Tree, files: RigFiles): Promise<void>;
  async edit(...args: [RigFiles] | [Tree, RigFiles]): Promise<void> {
    if (args.length === 1) return this.#write(this.project, args[0]);
    const place = sourcePlaceOf(args[0]);
    if (place === undefined) {
      throw invalidOption("source", "no source", "what `source` gives, or a part of it");
    }
    this.#write(resolve(this.project, place.location, place.path), args[1]);
  }

  /** Builds, and throws the first failure. */
  async build(targets: Targets, options: RigBuildOptions = {}): Promise<Report> {
    const report = await this.tryBuild(targets, options);
    report.throwIfFailed();
    return report;
  }

  /** Builds, and reports failures. */
  async tryBuild(targets: Targets, options: RigBuildOptions = {}): Promise<Report> {
    const { signal, ...others } = options;
    const building = tryBuild(targets, {
      ...{
        runner: this.#runner,
        store: this.store,
        cwd: this.project,
        clock: this.clock,
        slots: 8,
      },
      ...others,
      signal: AbortSignal.any([this.#abort.signal, ...(signal ? [signal] : [])]),
    });
    this.#underWay.add(building);
    try {
      return await building;
    } finally {
      this.#underWay.delete(building);
      if (this.#underWay.size === 0) this.#runner.buildsAreOver();
    }
  }

  /**
   * Builds, and names the stages whose commands were executed for it, in the order of their starts.
   *
   * @throws {@link BuildError} The first failure of the build.
   */
  async executed(targets: Targets, options: RigBuildOptions = {}): Promise<readonly string[]> {
    const before = this.mock.calls.length;
    await this.build(targets, options);
    return this.mock.names.slice(before);
  }

  /** Says what a build would do. */
  async plan(targets: Targets, options: RigPlanOptions = {}): Promise<BuildPlan> {
    const { store, project: cwd, clock } = this;
    return await plan(targets, { runner: this.#runner, store, cwd, clock, ...options });
  }

  /**
   * Stops what is under way, removes the project, and disposes of the mock runner: see
   * {@link MockRunnerOptions.onUnused}. With `KEEP=1` in the environment, the project stays.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new Error("the test is over"));
    await Promise.allSettled(this.#underWay);
    if (process.env["KEEP"] !== "1") rmSync(this.#folder, { recursive: true, force: true });
    await this.mock[Symbol.asyncDispose]();
  }

  #write(directory: string, files: RigFiles): void {
    for (const [path, content] of Object.entries(files)) {
      const full = resolve(directory, path);
      if (!`${full}/`.startsWith(this.project + sep)) {
        throw invalidOption("files", `\`${path}\``, "paths in the rig's project");
      }
      if (content === undefined) {
        rmSync(full, { recursive: true });
        continue;
      }
      mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
      if (path.endsWith("/")) continue;
      const { bytes, isExecutable } = bytesOf(content);
      writeFileSync(full, bytes);
      chmodSync(full, isExecutable ? 0o755 : 0o644);
    }
  }
}
