/**
 * Commands: inert data that says what to run.
 *
 * A command is complete when it is made: its argument list and every path in it are known before any
 * content is, because an artifact's place in the input root follows from its name. What is still open
 * are the contents themselves, and those hang at {@link Mount}s: the edges of the graph.
 *
 * @module
 */
import { isArtifact, type Artifact } from "../artifact/handle.ts";
import type { ArtifactPath } from "../artifact/path.ts";
import { notAHandle } from "../errors/catalogue.ts";
import type { Cache, CachePlace } from "./cache.ts";
import type { FnSpec } from "./function-text.ts";
import type { OpaqueSpec } from "./opaque-spec.ts";
import type { Out, OutputSpec } from "./out.ts";
import type { PlacedTool } from "./placed-tool.ts";
import type { RunOptions, RunSpec } from "./run-options.ts";
import type { Secret } from "./secret.ts";
import { tool, type Tool } from "./tool.ts";
import type { Volatile } from "./volatile.ts";
import { imageArtifact, type Where, type WhereOptions } from "./where.ts";
import type { PlacedSecret } from "./word.ts";

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

/** Marks what may be changed where it is laid. */
export const writableState: unique symbol = Symbol("ashlar.writable");

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

/** The tools of a command, its own program among them. */
export function toolsOf({ tools, argv }: CommandSpec): readonly PlacedTool[] {
  if (tools !== undefined) return tools;
  const [program = ""] = argv;
  // A relative path leads to an input, whose content is in the key anyway.
  return program.includes("/") && !program.startsWith("/") ? [] : [tool.host(program)];
}
