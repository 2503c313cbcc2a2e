/**
 * The rig of this repository's tests: the one that users have, with a store on the disk, a clock that stands
 * still, and stages by a word, whose commands the test holds.
 *
 * Every build's events are checked for their form, and printed when the test fails. `KEEP=1` keeps the folder.
 *
 * @module
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import {
  build,
  DiskStore,
  out,
  sh,
  stage,
  type Artifact,
  type BuildEvent,
  type BuildPlan,
  type Check,
  type Digest,
  type File,
  type Gate,
  type Report,
  type RunOptions,
  type Stage,
  type Store,
  type Targets,
  type Tree,
  type Writable,
} from "@ashlar/core";
import {
  mockRunner,
  Rig,
  virtualClock,
  type RigBuildOptions,
  type VirtualClock,
} from "@ashlar/runner-mock";
import { onTestFailed } from "vitest";

import { unpackBlob } from "../../packages/core/test/store/unpack.ts";
import { checkEvents } from "./check-events.ts";
import { Tool } from "./tool.ts";

/** A stage's name, or that and what else its command has. */
export type StageSpec =
  | string
  | {
      readonly name: string;
      /** The first word of the command. @defaultValue the name */
      readonly program?: string;
      /** Arguments after the program. */
      readonly args?: readonly string[];
      readonly timeoutMs?: number;
      /** Further options of the command. */
      readonly run?: RunOptions;
      readonly after?: readonly Gate[];
    };

/** Inputs by the path at which they lie. */
export type Inputs = Readonly<Record<string, Artifact | Writable>>;

/** An output that ends with `/` is a tree. */
type HandleOf<N> = N extends `${string}/` ? Tree : File;
type Made<O extends readonly string[]> = O extends readonly []
  ? [Check]
  : { -readonly [I in keyof O]: HandleOf<O[I]> };

/** How a rig's builds differ from the usual: everything but the runner. */
export type RigOptions = RigBuildOptions;

/** A project, a store, and commands in the hand of the test. */
export class BuildRig {
  /** It stands still until the test moves it. */
  readonly clock: VirtualClock = virtualClock({ startsAt: 1_000_000, movesByItself: false });
  readonly store: Store;
  /** What the last build has said. */
  events: readonly BuildEvent[] = [];
  readonly #rig: Rig;
  readonly #log: string[] = [];

  private constructor(store: Store | undefined) {
    this.#rig = new Rig({ clock: this.clock, onUnused: "ignore" });
    this.store = store ?? new DiskStore(join(this.folder, "store"));
    onTestFailed(() => {
      process.stderr.write(`\n--- events of the rig ---\n${this.#log.join("\n")}\n`);
    });
  }

  /** A new rig, with a store in its folder unless another is given. */
  static create(store?: Store): Promise<BuildRig> {
    return Promise.resolve(new BuildRig(store));
  }

  /** The folder that sources start from. */
  get project(): string {
    return this.#rig.project;
  }

  /** Temporary; holds the project and the store. */
  get folder(): string {
    return dirname(this.project);
  }

  /** Writes files of the project. A path that ends with `/` makes a directory. */
  write(files: Readonly<Record<string, string>>, folder: string = this.project): void {
    for (const [path, text] of Object.entries(files)) {
      const full = join(folder, path);
      mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
      if (!path.endsWith("/")) writeFileSync(full, text);
    }
  }

  remove(path: string): void {
    rmSync(join(this.project, path), { recursive: true });
  }

  link(path: string, target: string): void {
    rmSync(join(this.project, path), { force: true });
    symlinkSync(target, join(this.project, path));
  }

  chmod(path: string, mode: number): void {
    chmodSync(join(this.project, path), mode);
  }

  /** Calls a new stage: handles on its outputs, then the tool that plays its command. */
  stage<const O extends readonly string[]>(
    spec: StageSpec,
    inputs: Inputs,
    ...outputs: O
  ): [...Made<O>, Tool] {
    const parts = typeof spec === "string" ? { name: spec } : spec;
    const { name, program = name, args = [], timeoutMs, run, after = [] } = parts;
    const names = outputs.map((path) => path.replace(/\/$/, ""));
    const declared = Object.fromEntries(
      outputs.map((path, at) => {
        const output = names[at]!;
        return [output, path.endsWith("/") ? out.tree(output) : out.file(output)];
      }),
    );
    const options = {
      root: inputs,
      outputs: declared,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...run,
    };
    const made = stage(name, () => sh(options)`${[program, ...args]}`);
    const tool = new Tool(this.#rig.mock, made as Stage, names);
    const call = made();
    const result: unknown = after.length === 0 ? call : call.after(...after);
    const byName = result as Readonly<Record<string, Artifact>>;
    const handles = outputs.length < 2 ? [result] : names.map((each) => byName[each]);
    return [...handles, tool] as [...Made<O>, Tool];
  }

  /** Builds, and throws the first failure. */
  async build(targets: Targets, options: RigOptions = {}): Promise<Report> {
    const report = await this.tryBuild(targets, options);
    report.throwIfFailed();
    return report;
  }

  /** Builds, and reports failures. */
  async tryBuild(targets: Targets, options: RigOptions = {}): Promise<Report> {
    const events: BuildEvent[] = [];
    this.events = events;
    this.#log.push("--- build ---");
    const report = await this.#rig.tryBuild(targets, {
      store: this.store,
      ...options,
      onEvent: (event) => {
        events.push(event);
        this.#log.push(lineOf(event));
        options.onEvent?.(event);
      },
    });
    checkEvents(events);
    return report;
  }

  /** Plans, as a build would be made. */
  async plan(targets: Targets, options: RigOptions = {}): Promise<BuildPlan> {
    return await this.#rig.plan(targets, { store: this.store, ...options });
  }

  /** Builds stages that are not the rig's: each succeeds, and leaves its outputs empty. */
  async buildEmpty(targets: Targets): Promise<Report> {
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    return await build(targets, { runner, store: this.store, cwd: this.project });
  }

  /** Stops what is under way, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (process.env["KEEP"] === "1") process.stderr.write(`kept ${this.folder}\n`);
    await this.#rig[Symbol.asyncDispose]();
  }
}

/** Path of a blob in a disk store, which is taken out of its pack for it. */
export function blobPath(rig: BuildRig, digest: Digest): string {
  return unpackBlob(join(rig.folder, "store"), digest);
}

function lineOf(event: BuildEvent): string {
  const { type, atMs: _, ...others } = event;
  return `${type.padEnd(14)} ${JSON.stringify(others)}`;
}
