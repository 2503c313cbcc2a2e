/**
 * Commands: inert data that says what to run.
 *
 * A command is complete when it is made: its argument list and every path in it are known before any
 * content is, because an artifact's place in the input root follows from its name. What is still open
 * are the contents themselves, and those hang at {@link Mount}s: the edges of the graph.
 *
 * @module
 */
import { isSameOrigin, nameOf } from "../artifact/artifact.ts";
import { isArtifact, state, type Artifact } from "../artifact/handle.ts";
import {
  isWithin,
  joinPath,
  parsePath,
  relativeTo,
  rootPath,
  type ArtifactPath,
} from "../artifact/path.ts";
import {
  malformedPath,
  notAHandle,
  notInterpolable,
  outputTwice,
  pathConflict,
  templateSyntax,
} from "../errors/catalogue.ts";
import { cacheConflict } from "../errors/unkeyed-errors.ts";
import { cacheName, type Cache, type CachePlace } from "./cache.ts";
import type { FnSpec } from "./function-text.ts";
import type { OpaqueSpec } from "./opaque-spec.ts";
import { checkOutputName, isOut, outState, type Out, type OutputSpec } from "./out.ts";
import { placeTools, type PlacedTool } from "./placed-tool.ts";
import { runSpecOf, type RunOptions, type RunSpec } from "./run-options.ts";
import { isSecret, type Secret } from "./secret.ts";
import { tool, type Tool } from "./tool.ts";
import { volatileText, type Volatile } from "./volatile.ts";
import { imageArtifact, whereOf, type Where, type WhereOptions } from "./where.ts";
import { layWord, layWords, type Piece, type PlacedSecret, type Word } from "./word.ts";

/** Key of a command's inside. */
export const commandState: unique symbol = Symbol("ashlar.command");

/** What to run and which outputs it promises. Plain data: nothing runs, and it is no node yet. */
export interface Command<O = unknown> {
  readonly [commandState]: CommandSpec;
  /** For types only: the kind of each output. */
  readonly outputs?: O;
}

/** A value that stands for itself in a template. */
export type Scalar = string | number;

/** What may be interpolated. A list becomes one word for each element. */
export type Hole = Scalar | Artifact | Out | Secret | readonly (Scalar | Artifact | Secret)[];

/** An artifact laid in the input root so that the command may change its copy. */
export interface Writable {
  readonly [writableState]: Artifact;
}

/** What a variable may be set to. */
export type EnvValue = Scalar | Artifact | Volatile | Secret;

/** Options of a command. */
export interface CommandOptions<S extends Readonly<Record<string, Out>> = {}>
  extends RunOptions, WhereOptions {
  /**
   * The input root: path to artifact. `.` lays a tree's entries at the top. Artifacts that are only
   * interpolated lie under `in/`, read-only. A cache is a directory that survives between runs.
   */
  readonly root?: Readonly<Record<string, Artifact | Writable | Cache>>;
  /** Working directory, as a path in the input root. @defaultValue the input root itself */
  readonly cwd?: string;
  /** The environment. Nothing is inherited. An artifact stands for its path. */
  readonly env?: Readonly<Record<string, EnvValue>>;
  /**
   * The only programs on `PATH`.
   *
   * @defaultValue the program that the command starts with, and the system's own in `/usr/bin` and
   *   `/bin`
   */
  readonly tools?: readonly Tool[];
  /** Outputs that the command writes to paths of its own choice, in the input root. */
  readonly outputs?: S;
  /**
   * Says that the command writes absolute paths down, or compares them with those of a run before.
   * It then sees its input root at the same absolute path every time; where a runner has one such
   * place only, these commands take turns. Not part of the key.
   *
   * @defaultValue false
   */
  readonly stablePath?: boolean;
}

/** An artifact's place in the input root. */
export interface Mount {
  readonly path: ArtifactPath;
  readonly artifact: Artifact;
  readonly isWritable: boolean;
}

/** Inside of a command. */
export interface CommandSpec {
  readonly argv: readonly string[];
  /** Variables whose values are in the key. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables whose values are in no key. */
  readonly volatile: Readonly<Record<string, string>> | undefined;
  /** Where `argv` and `env` hold placeholders of secrets. */
  readonly secrets: readonly PlacedSecret[];
  readonly cwd: ArtifactPath;
  readonly mounts: readonly Mount[];
  readonly caches: readonly CachePlace[];
  readonly outputs: readonly OutputSpec[];
  /** Absent: the program itself, and the system's. */
  readonly tools: readonly PlacedTool[] | undefined;
  readonly run: RunSpec;
  readonly stablePath: boolean;
  /** Whether the exit code is part of what it gives: see `attempt.ts`. */
  readonly isAttempt: boolean;
  /** Where it wants to run; absent when it does not say. */
  readonly where?: Where;
  /** The function that the command runs; absent when it runs anything else. */
  readonly fn?: FnSpec;
  /** The closure that is run in the place of a process. */
  readonly opaque?: OpaqueSpec;
}

/** Where interpolated artifacts lie, and where outputs of templates are written. */
const inputs = parsePath("in");
const outputs = parsePath("out");

const noVariables: Readonly<Record<string, never>> = Object.freeze({});
const noSecrets: readonly PlacedSecret[] = [];
const noCaches: readonly CachePlace[] = [];

const writableState: unique symbol = Symbol("ashlar.writable");

/** Lays an artifact so that the command may change it. It changes a copy: the artifact stays as it is. */
export function writable(artifact: Artifact): Writable {
  if (!isArtifact(artifact)) throw notAHandle(artifact, "`writable`");
  return Object.freeze({ [writableState]: artifact });
}

/** True for what a stage's body should return. */
export function isCommand(value: unknown): value is Command {
  return typeof value === "object" && value !== null && commandState in value;
}

/** The same command with other artifacts in the same places. */
export function remount(
  command: CommandSpec,
  change: (artifact: Artifact) => Artifact,
): CommandSpec {
  const mounts = command.mounts.map((mount) => ({ ...mount, artifact: change(mount.artifact) }));
  const image = imageArtifact(command);
  if (image === undefined) return { ...command, mounts };
  return { ...command, mounts, where: { label: command.where?.label, image: change(image) } };
}

/** Builds a command up: gives every artifact and output its place, in the order of their mention. */
export class CommandBuilder {
  readonly #cwd: ArtifactPath;
  readonly #env: Readonly<Record<string, EnvValue>>;
  readonly #options: CommandOptions;
  readonly #run: RunSpec;
  // Lists, not maps: a command has few of either, and a graph has many commands.
  readonly #mounts: Mount[] = [];
  readonly #outputs: OutputSpec[] = [];
  #caches: CachePlace[] | undefined;

  constructor(options: CommandOptions) {
    this.#options = options;
    this.#run = runSpecOf(options);
    this.#cwd = parsePath(options.cwd ?? "");
    this.#env = options.env ?? noVariables;
    const { root, outputs: declared } = options;
    if (root !== undefined) {
      for (const [path, laid] of Object.entries(root)) this.lay(path, laid);
    }
    if (declared === undefined) return;
    for (const [name, output] of Object.entries(declared)) {
      if (!isOut(output)) throw notAHandle(output, `output \`${name}\``);
      this.#declare(specOf(output, name, parsePath(output[outState].name)));
    }
  }

  /** The texts that a hole stands for: one, unless it is a list. */
  expand(hole: unknown): Piece[] {
    return Array.isArray(hole) ? hole.map((element) => this.piece(element)) : [this.piece(hole)];
  }

  /** Adds the texts that a hole stands for to a list. */
  expandInto(words: Word[], hole: unknown): void {
    if (!Array.isArray(hole)) words.push(this.piece(hole));
    else for (let at = 0; at < hole.length; at++) words.push(this.piece(hole[at]));
  }

  /** Gives an artifact a place of the caller's choice in the input root. */
  lay(place: string, laid: Artifact | Writable | Cache): void {
    const path = parsePath(place);
    const cache = cacheName(laid);
    if (cache !== undefined) return void (this.#caches ??= []).push({ name: cache, path });
    const isWritable = typeof laid === "object" && writableState in laid;
    const artifact: unknown = isWritable ? laid[writableState] : laid;
    if (!isArtifact(artifact)) throw notAHandle(artifact, `the input root's \`${path || "."}\``);
    const other = this.#mountAt(path);
    if (other !== undefined) throw pathConflict(path, nameOf(other.artifact), nameOf(artifact));
    if (path === rootPath && artifact[state].kind === "file") {
      throw notAHandle(artifact, "the input root's `.`, which must be a tree");
    }
    this.#mounts.push({ path, artifact, isWritable });
  }

  /** Completes the command. */
  build(
    words: readonly Word[],
    tools: readonly Tool[] | undefined = this.#options.tools,
    fn?: FnSpec,
  ): Command {
    const { argv, secrets } = layWords(words);
    let env: Record<string, string> | undefined;
    let volatile: Record<string, string> | undefined;
    for (const name in this.#env) {
      const unkeyed = volatileText(this.#env[name]);
      if (unkeyed === undefined) {
        (env ??= {})[name] = layWord(this.piece(this.#env[name]), name, secrets);
      } else (volatile ??= {})[name] = unkeyed;
    }
    for (let at = 0; at < argv.length; at++) {
      if (argv[at]?.includes("\0") === true) {
        throw templateSyntax(argv[0] ?? "", "an argument holds a NUL");
      }
    }
    // A list of the user's, who may go on to change it. Some of them have yet to be laid.
    const placed = tools && placeTools(tools, (artifact) => this.#place(artifact));
    const spec: CommandSpec = {
      argv,
      env: env ?? noVariables,
      volatile,
      secrets: secrets.length === 0 ? noSecrets : secrets,
      cwd: this.#cwd,
      // Lists that were pushed to have room for 17. Copies have no more than they need.
      mounts: this.#mounts.slice(),
      caches: this.#caches === undefined ? noCaches : this.#checkCaches(this.#caches),
      outputs: this.#outputs.slice(),
      run: this.#run,
      tools: placed,
      stablePath: this.#options.stablePath ?? false,
      isAttempt: false,
    };
    const where = whereOf(this.#options);
    // Nearly always none of it, and then nothing is copied.
    if (fn === undefined && where === undefined) return { [commandState]: spec };
    return { [commandState]: { ...spec, ...(fn && { fn }), ...(where && { where }) } };
  }

  /** The text that a hole stands for, which is not a list; or the secret that it is. */
  piece(hole: unknown): Piece {
    if (typeof hole === "string" || isSecret(hole)) return hole;
    if (typeof hole === "number") return String(hole);
    if (isOut(hole)) return relativeTo(this.#promise(hole), this.#cwd);
    if (isArtifact(hole)) return this.pathOf(hole);
    throw notInterpolable(hole);
  }

  /** Where an artifact lies, from the directory where the command starts. */
  pathOf(artifact: Artifact): string {
    return relativeTo(this.#place(artifact), this.#cwd);
  }

  /** Where an artifact lies. One that was not laid by hand gets a place under `in/`. */
  #place(artifact: Artifact): ArtifactPath {
    const { origin } = artifact[state];
    for (let at = 0; at < this.#mounts.length; at++) {
      const { path, artifact: laid } = this.#mounts[at] as Mount;
      if (isSameOrigin(laid[state].origin, origin)) return path;
    }
    const name = nameOf(artifact);
    let path = joinPath(inputs, name);
    for (let copy = 2; this.#mountAt(path) !== undefined; copy++) {
      path = joinPath(inputs, `${name}-${copy}`);
    }
    this.#mounts.push({ path, artifact, isWritable: false });
    return path;
  }

  #mountAt(path: ArtifactPath): Mount | undefined {
    for (let at = 0; at < this.#mounts.length; at++) {
      const mount = this.#mounts[at];
      if (mount?.path === path) return mount;
    }
    return undefined;
  }

  /** Where an output of a template goes. Mentioned twice, it is still one output. */
  #promise(output: Out): ArtifactPath {
    const { name, kind, path: below } = output[outState];
    if (below === "") throw malformedPath(name, "an output in a template needs a name");
    const path = joinPath(outputs, below);
    for (const known of this.#outputs) {
      if (known.path === path && known.name === name && known.kind === kind) return path;
    }
    this.#declare(specOf(output, name, path));
    return path;
  }

  /** A cache has its place for itself: no input and no output is there, below or, as an output, above. */
  #checkCaches(caches: readonly CachePlace[]): readonly CachePlace[] {
    for (const [at, { name, path }] of caches.entries()) {
      const meets = (other: ArtifactPath): boolean =>
        isWithin(other, path) || isWithin(path, other);
      const twin = caches.slice(0, at).find((other) => meets(other.path));
      if (twin !== undefined) throw cacheConflict(name, path, `cache \`${twin.name}\``, twin.path);
      const output = this.#outputs.find((other) => meets(other.path));
      if (output) throw cacheConflict(name, path, `output \`${output.name}\``, output.path);
      const mount = this.#mounts.find((other) => isWithin(other.path, path));
      if (mount) throw cacheConflict(name, path, nameOf(mount.artifact), mount.path);
      if (path === rootPath) throw cacheConflict(name, path, "the whole input root", path);
    }
    return caches;
  }

  #declare(output: OutputSpec): void {
    checkOutputName(output.name);
    for (const { path, name } of this.#outputs) {
      if (path === output.path) throw outputTwice(path, "path");
      if (name === output.name) throw outputTwice(name, "name");
    }
    this.#outputs.push(output);
  }
}

/** The tools of a command, its own program among them. */
export function toolsOf({ tools, argv }: CommandSpec): readonly PlacedTool[] {
  if (tools !== undefined) return tools;
  const [program = ""] = argv;
  // A relative path leads to an input, whose content is in the key anyway.
  return program.includes("/") && !program.startsWith("/") ? [] : [tool.host(program)];
}

/** What is declared, under a name and at a place. */
function specOf(output: Out, name: string, path: ArtifactPath): OutputSpec {
  const { kind, isOptional, evenIfFailed } = output[outState];
  const spec = { name, kind, isOptional, path };
  return evenIfFailed ? { ...spec, evenIfFailed } : spec;
}
