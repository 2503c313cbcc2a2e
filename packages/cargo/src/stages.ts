/**
 * The stages of a Rust workspace: what each is given, runs and leaves.
 *
 * All share one layout, because cargo compares paths: `ws` for the workspace, in which every command
 * starts, and `target`, `vendor` and `home` beside it.
 *
 * @module
 */
import {
  cache,
  out,
  sh,
  stage,
  text,
  writable,
  type Artifact,
  type Cache,
  type Command,
  type CommandOptions,
  type Out,
  type Stage,
  type Tool,
  type Tree,
  type Writable,
} from "@ashlar/core";

import type { Layered } from "./halves.ts";
import { cargoRemarks } from "./remarks.ts";
import {
  programRoot,
  programWords,
  type ProgramName,
  type ProgramParameters,
} from "./stage-programs.ts";

/** What all commands of a workspace have in common. */
export interface Base {
  readonly tools: readonly Tool[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the workspace in the sources. @defaultValue all of them */
  readonly workspace?: string | undefined;
}

/** Inputs of what builds dependencies. */
export interface Sources {
  readonly ws: Tree;
  readonly vendor: Tree;
}

/** Inputs of what builds dependencies, perhaps from those of the last time. */
export interface Seeded extends Sources {
  /** Name of the cache that those are in. */
  readonly seed: string | undefined;
  /** What was built before by other passes, to take from what fits. @defaultValue nothing */
  readonly before?: Tree | undefined;
}

/** Inputs of what starts from built dependencies. */
export interface Consumed extends Sources {
  readonly target: Layered;
}

/** Arguments of a cargo command. */
export type Args = readonly string[];

/** A command that starts from a target directory, and leaves what it has put over it. */
export type Consumer<O = {}> = Stage<[Consumed, Args, Base], O & { target: "tree" }>;

/** A command that builds dependencies: one pass for each list of arguments. */
export type DepsBuilder = Stage<[Seeded, readonly Args[], Base], { target: "tree" }>;

/** A command that looks at sources alone. */
export type SourceCheck = Stage<[Tree, Args, Base], {}>;

/**
 * Makes a workspace of the same shape without code, and says whether it would hold some if it were given any. Is told the
 * names of packages that commands name by their versions.
 */
export const dummySource: Stage<[Tree, Args, Base], { dummy: "tree"; layout: "file" }> = stage(
  "dummy-source",
  (ws, versioned, base) => {
    const outputs = { dummy: out.tree("dummy"), layout: out.file("layout") };
    const names = versioned.length > 0 ? { versioned } : {};
    const parameters = { out: "../dummy", layout: "../layout", ...names };
    const root = { ws, ...programRoot("dummy-source") };
    return sh(inStage(base, root, outputs))`${wordsIn(base, "dummy-source", parameters)}`;
  },
);

/** Decides what some packages need of a workspace: what is left out, and what cargo goes by for the rest. */
export const subset: Stage<[Tree, Args, Base], { outline: "tree"; closure: "file" }> = stage(
  "subset",
  (ws, packages, base) => {
    const outputs = { outline: out.tree("outline"), closure: out.file("closure") };
    const parameters = { packages, out: "../outline", closure: "../closure" };
    const root = { ws, ...programRoot("subset") };
    return sh(inStage(base, root, outputs))`${wordsIn(base, "subset", parameters)}`;
  },
);

/** Has cargo write a lock file for an outline. */
export const subsetLock: Stage<[Sources, Base], { locked: "tree" }> = stage(
  "subset-lock",
  ({ ws, vendor }, base) => {
    const root = { ws: writable(ws), vendor, ...programRoot("subset-lock") };
    const parameters = { out: "../locked", config: "../vendor/config.toml" };
    const options = inStage(base, root, { locked: out.tree("locked") });
    return sh(options)`${wordsIn(base, "subset-lock", parameters)}`;
  },
);

/** Compiles the external crates, to be linked. */
export const linkDeps: DepsBuilder = depsBuilder("deps");

/** Compiles what of external crates it takes to check code that uses them. */
export const checkDeps: DepsBuilder = depsBuilder("deps-check");

/** Runs `cargo check`. */
export const check: Consumer = consumer("check");

/** Runs `cargo clippy`. */
export const clippy: Consumer = consumer("clippy");

/** Runs `cargo build`. */
export const buildCrates: Consumer = consumer("build");

/** Runs a command that nothing more is known of, under its own name. */
export function anyCommand(name: string, isForeign: boolean): Consumer<{ output: "tree" }> {
  return stage(name, (inputs, args, base) => {
    const parameters = { args, isForeign, out: "../output" };
    return consume(inputs, "command", parameters, base, { output: out.tree("output") });
  });
}

/** Runs `cargo doc`. */
export const doc: Consumer<{ docs: "tree" }> = stage("doc", (inputs, args, base) =>
  consume(inputs, "doc", { args, out: "../docs" }, base, { docs: out.tree("docs") }),
);

/** Runs `cargo test` with the workspace's own crates instrumented. */
export const coverage: Consumer<{ report: "tree" }> = stage("coverage", (inputs, args, base) =>
  consume(inputs, "coverage", { args, out: "../coverage" }, base, {
    report: out.tree("coverage"),
  }),
);

/** Runs `cargo build`, and installs what it made. */
export const packageCrates: Consumer<{ installed: "tree" }> = stage(
  "package",
  (inputs, args, base) =>
    consume(inputs, "install", { args, out: "../installed" }, base, {
      installed: out.tree("installed"),
    }),
);

/** Runs `cargo fmt`. */
export const format: SourceCheck = sourceCheck("fmt");

/** Compiles the inner packages, as stubs see them. */
export const innerCrates: Consumer = stage("inner", ({ ws, vendor, target }, args, base) => {
  const root = {
    ...{ ws: writable(ws), vendor },
    ...(target.deps && { deps: target.deps }),
    ...programRoot("build-inner"),
  };
  const outputs = { target: out.tree("target") };
  const options = { ...inStage(base, root, outputs), remarks: cargoRemarks };
  return sh(options)`${wordsIn(base, "build-inner", { args })}`;
});

function depsBuilder(name: string): DepsBuilder {
  return stage(name, ({ ws, vendor, seed, before }, passes, base) => {
    const root = {
      ...{ ws, vendor },
      ...(before && { deps: before }),
      ...(seed !== undefined && { seed: cache(seed) }),
      ...programRoot("build-deps"),
    };
    const options = {
      ...inStage(base, root, { target: out.tree("target") }),
      remarks: cargoRemarks,
    };
    const parameters = { passes, ...(seed !== undefined && { seed: "../seed" }) };
    return sh(options)`${wordsIn(base, "build-deps", parameters)}`;
  });
}

function consumer(name: string): Consumer {
  return stage(name, (inputs, args, base) => consume(inputs, "cargo", { args }, base, {}));
}

/** A command that looks at sources, and leaves nothing. */
export function sourceCheck(name: string): SourceCheck {
  return stage(name, (ws, words, base) => sh(inStage(base, { ws }, {}))`${words}`);
}

/** Programs of which what they start may run cargo itself, as tests do. */
const startsCargo: ReadonlySet<ProgramName> = new Set<ProgramName>([
  "command",
  "coverage",
  "nextest",
  "tests",
]);

/**
 * A command that starts from a target directory. What it must not change lies beside it, as `deps`, and what it
 * leaves is what it has put over that.
 */
export function consume<const S extends Readonly<Record<string, Out>>>(
  { ws, vendor, target }: Consumed,
  program: ProgramName,
  parameters: ProgramParameters,
  base: Base,
  outputs: S,
): Command<OutputKinds<S> & { target: "tree" }> {
  const root = {
    ...{ ws, vendor },
    ...(startsCargo.has(program) && { "home/config.toml": vendor.file("config.toml") }),
    ...(target.deps && { deps: target.deps }),
    ...(target.own && { target: writable(target.own) }),
    ...programRoot(program),
  };
  const options = {
    ...inStage(base, root, { ...outputs, target: out.tree("target") }),
    remarks: cargoRemarks,
  };
  return sh(options)`${wordsIn(base, program, parameters)}`;
}

/** The words of a program that is told where the workspace is. */
export function wordsIn(
  { workspace }: Base,
  program: ProgramName,
  parameters: ProgramParameters,
): readonly string[] {
  return programWords(program, { ...parameters, ...(workspace !== undefined && { workspace }) });
}

/** The kind of each declared output. */
export type OutputKinds<S> = { [N in keyof S]: S[N] extends Out<string, infer K> ? K : never };

/** What all commands are told, unless a user says something else. */
const surroundings = {
  CARGO_HOME: "../home",
  // C code and build scripts that ask for a date get this one: 1980, the first year that all archives can hold.
  SOURCE_DATE_EPOCH: "315532800",
} as const;

/**
 * Cargo notes when it has last used what it has downloaded, in a database, and waits for the disk until that is made. It
 * does without where it cannot be made: here, for there is a folder in its place.
 */
const home = { "home/.global-cache/none": text("") };

/** The surroundings that all commands have: where they start, and what they find there. */
export function inStage<const S extends Readonly<Record<string, Out>>>(
  { tools, env }: Base,
  root: Readonly<Record<string, Artifact | Cache | Writable>>,
  outputs: S,
): CommandOptions<S> {
  return {
    root: { ...root, ...home },
    cwd: "ws",
    env: { ...surroundings, ...env },
    tools,
    outputs,
    stablePath: true,
  };
}
