/**
 * Commands: inert data that says what to run.
 *
 * A command is complete when it is made: its argument list and every path in it are known before any
 * content is, because an artifact's place in the input root follows from its name. What is still open
 * are the contents themselves, and those hang at {@link Mount}s: the edges of the graph.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import { isArtifact, state, type Artifact } from "../artifact/handle.ts";
import {
  baseName,
  joinPath,
  parsePath,
  relativeTo,
  rootPath,
  type ArtifactPath,
} from "../artifact/path.ts";
import { notAHandle, notInterpolable, outputTwice, pathConflict } from "../errors/catalogue.ts";
import { checkOutputName, isOut, outState, type Out, type OutputSpec } from "./out.ts";
import { tool, type Tool } from "./tool.ts";

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
export type Hole = Scalar | Artifact | Out | readonly (Scalar | Artifact)[];

/** An artifact laid in the input root so that the command may change its copy. */
export interface Writable {
  readonly [writableState]: Artifact;
}

/** Options of a command. */
export interface CommandOptions<S extends Readonly<Record<string, Out>> = {}> {
  /**
   * The input root: path to artifact. `.` lays a tree's entries at the top. Artifacts that are only
   * interpolated lie under `in/`, read-only.
   */
  readonly root?: Readonly<Record<string, Artifact | Writable>>;
  /** Working directory, as a path in the input root. @defaultValue the input root itself */
  readonly cwd?: string;
  /** The environment. Nothing is inherited. An artifact stands for its path. */
  readonly env?: Readonly<Record<string, Scalar | Artifact>>;
  /**
   * The only programs on `PATH`.
   *
   * @defaultValue the program that the command starts with, and the system's own in `/usr/bin` and
   *   `/bin`
   */
  readonly tools?: readonly Tool[];
  /** Outputs that the command writes to paths of its own choice, in the input root. */
  readonly outputs?: S;
  /** How long it may run, in milliseconds. Not part of the key. @defaultValue no limit */
  readonly timeoutMs?: number;
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
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: ArtifactPath;
  readonly mounts: readonly Mount[];
  readonly outputs: readonly OutputSpec[];
  /** Absent: the program itself, and the system's. */
  readonly tools: readonly Tool[] | undefined;
  readonly timeoutMs: number | undefined;
  readonly stablePath: boolean;
}

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
  return Object.freeze({ ...command, mounts });
}

/** Builds a command up: gives every artifact and output its place, in the order of their mention. */
export class CommandBuilder {
  readonly #cwd: ArtifactPath;
  readonly #env: Readonly<Record<string, Scalar | Artifact>>;
  readonly #options: CommandOptions;
  readonly #mounts = new Map<ArtifactPath, Mount>();
  readonly #outputs = new Map<ArtifactPath, OutputSpec>();

  constructor(options: CommandOptions) {
    this.#options = options;
    this.#cwd = parsePath(options.cwd ?? "");
    this.#env = options.env ?? {};
    for (const [path, laid] of Object.entries(options.root ?? {})) this.#lay(parsePath(path), laid);
    for (const [name, output] of Object.entries(options.outputs ?? {})) {
      if (!isOut(output)) throw notAHandle(output, `output \`${name}\``);
      const { kind, isOptional, name: path } = output[outState];
      this.#declare({ name, kind, isOptional, path: parsePath(path) });
    }
  }

  /** The texts that a hole stands for: one, unless it is a list. */
  expand(hole: unknown): string[] {
    return Array.isArray(hole) ? hole.map((element) => this.#text(element)) : [this.#text(hole)];
  }

  /** Completes the command. */
  build(
    argv: readonly string[],
    tools: readonly Tool[] | undefined = this.#options.tools,
  ): Command {
    const env = Object.fromEntries(
      Object.entries(this.#env).map(([name, value]) => [name, this.#text(value)]),
    );
    const spec: CommandSpec = {
      argv: Object.freeze([...argv]),
      env: Object.freeze(env),
      cwd: this.#cwd,
      mounts: Object.freeze([...this.#mounts.values()]),
      outputs: Object.freeze([...this.#outputs.values()]),
      tools: tools && Object.freeze([...tools]),
      timeoutMs: this.#options.timeoutMs,
      stablePath: this.#options.stablePath ?? false,
    };
    return Object.freeze({ [commandState]: Object.freeze(spec) });
  }

  #text(hole: unknown): string {
    if (typeof hole === "string") return hole;
    if (typeof hole === "number") return String(hole);
    if (isOut(hole)) return relativeTo(this.#promise(hole), this.#cwd);
    if (isArtifact(hole)) return relativeTo(this.#place(hole), this.#cwd);
    throw notInterpolable(hole);
  }

  /** Where an artifact lies. One that was not laid by hand gets a place under `in/`. */
  #place(artifact: Artifact): ArtifactPath {
    for (const { path, artifact: laid } of this.#mounts.values()) {
      if (laid[state].origin === artifact[state].origin) return path;
    }
    const name = nameOf(artifact);
    let path = joinPath(parsePath("in"), name);
    for (let copy = 2; this.#mounts.has(path); copy++) {
      path = joinPath(parsePath("in"), `${name}-${copy}`);
    }
    this.#mounts.set(path, Object.freeze({ path, artifact, isWritable: false }));
    return path;
  }

  /** Where an output of a template goes. Mentioned twice, it is still one output. */
  #promise(output: Out): ArtifactPath {
    const { name, kind, isOptional } = output[outState];
    const path = joinPath(parsePath("out"), parsePath(name));
    const known = this.#outputs.get(path);
    if (known?.name !== name || known.kind !== kind)
      this.#declare({ name, kind, isOptional, path });
    return path;
  }

  #lay(path: ArtifactPath, laid: Artifact | Writable): void {
    const isWritable = typeof laid === "object" && writableState in laid;
    const artifact = isWritable ? laid[writableState] : laid;
    if (!isArtifact(artifact)) throw notAHandle(artifact, `the input root's \`${path || "."}\``);
    const other = this.#mounts.get(path);
    if (other !== undefined) throw pathConflict(path, nameOf(other.artifact), nameOf(artifact));
    if (path === rootPath && artifact[state].kind === "file") {
      throw notAHandle(artifact, "the input root's `.`, which must be a tree");
    }
    this.#mounts.set(path, Object.freeze({ path, artifact, isWritable }));
  }

  #declare(output: OutputSpec): void {
    checkOutputName(output.name);
    const sameName = [...this.#outputs.values()].some(({ name }) => name === output.name);
    if (this.#outputs.has(output.path)) throw outputTwice(output.path, "path");
    if (sameName) throw outputTwice(output.name, "name");
    this.#outputs.set(output.path, Object.freeze(output));
  }
}

/** The tools of a command, its own program among them. */
export function toolsOf({ tools, argv }: CommandSpec): readonly Tool[] {
  if (tools !== undefined) return tools;
  const [program = ""] = argv;
  return program.includes("/") || program === "" ? [] : [tool.host(baseName(parsePath(program)))];
}
