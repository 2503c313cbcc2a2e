/**
 * The contract of runners: executing one action somewhere.
 *
 * A runner decides nothing. It does not know the graph, does not look into the action cache, and does
 * not judge what an exit code means: it lays out the inputs, runs the command, and reports what it saw.
 * The guarantees below are numbered; the suite in `testing/runner-contract.ts` cites them.
 *
 * @module
 */
import type { Kind } from "../artifact/handle.ts";
import type { ArtifactPath } from "../artifact/path.ts";
import type { Clock } from "../base/clock.ts";
import type { Digest } from "../digest/digest.ts";
import type { BuildError } from "../errors/build-error.ts";
import type { StagePhase } from "../events/event.ts";
import type { ActionKey, NameValue } from "../graph/action.ts";
import type { CachePlace } from "../graph/cache.ts";
import type { OutputSpec } from "../graph/out.ts";
import type { PlacedTool } from "../graph/placed-tool.ts";
import type { Limits } from "../graph/run-options.ts";
import type { AnyStage, StageCall } from "../graph/stage.ts";
import type { HostTool } from "../graph/tool.ts";
import type { Where } from "../graph/where.ts";
import type { SecretPlace } from "../graph/word.ts";
import type { ContentStore, Notes } from "../store/store.ts";
import type { SecretValues } from "./secret-values.ts";

/** What a result can be trusted with: how far a command was kept to its declared inputs. */
export type Hermeticity = "sandbox" | "container" | "declared" | "mock" | "none";

/** What an action may need of its runner: values of secrets, directories that survive between runs. */
export type RunnerAbility = "caches" | "secrets";

/** The content of an artifact: a file with its exec bit, or the digest of a tree's root directory. */
export type Value =
  | { readonly kind: "file"; readonly digest: Digest; readonly isExecutable: boolean }
  | { readonly kind: "tree"; readonly digest: Digest };

/** One stage call with every input pinned. */
export interface Action {
  readonly key: ActionKey;
  /** The REAPI `Command` and `Action`; the key is the digest of the latter. */
  readonly messages: { readonly command: Buffer; readonly action: Buffer };
  /** Name of the stage, for people. */
  readonly name: string;
  /** The stage itself, as an identity: what a test scripts its results by. */
  readonly stage: AnyStage;
  /** The call, for those who ask what the stage was called with: see `argumentsOf`. */
  readonly call: StageCall;
  readonly argv: readonly string[];
  /** The whole environment but for what guarantee 4 adds. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the variables of `env` whose values are not in the key. */
  readonly volatile: readonly string[];
  /** Where `argv` and `env` hold placeholders of secrets; see guarantee 13. Sorted within each text. */
  readonly secrets: readonly SecretPlace[];
  /** Directories that survive between runs; see guarantee 14. */
  readonly caches: readonly CachePlace[];
  /** Working directory: a path in the input root. */
  readonly cwd: ArtifactPath;
  /** Digest of the input root's directory. All of it is in the store. */
  readonly inputRoot: Digest;
  /** Paths in the input root whose files the command may change. */
  readonly writablePaths: readonly ArtifactPath[];
  /** Paths in the input root where trees lie that nothing else is laid, written or kept in. */
  readonly wholeTrees: readonly ArtifactPath[];
  readonly outputs: readonly OutputSpec[];
  /** The programs on `PATH`; `undefined`: the command's own, and the system's. */
  readonly tools: readonly PlacedTool[] | undefined;
  /** Whether the input root must have the same absolute path in every run. */
  readonly stablePath: boolean;
  /** Whether outputs are captured whatever the exit code. */
  readonly isAttempt: boolean;
  /** Whether the command is there for its effect outside: nobody may run it twice, or keep its result. */
  readonly hasSideEffects: boolean;
  /** Whether the command may use the network; see guarantee 15. */
  readonly network: boolean;
  /** What it says that it needs of processors and memory. A runner that can keep it to that, does. */
  readonly limits: Limits;
}

/**
 * An image to run commands in: by name, as a root file system, or as an archive of one image, which is what
 * `docker save` and tools for OCI images write.
 */
export type RunnerImage =
  | string
  | { readonly tree: Digest; readonly content: ContentStore }
  | { readonly archive: Digest; readonly content: ContentStore };

/** What a runner gets besides the action. */
export interface RunContext {
  /** For an action with secrets, one that refuses what holds a value: `SECRET_IN_OUTPUT`. */
  readonly content: ContentStore;
  /** The values of the action's secrets; absent when it has none. */
  readonly secrets?: SecretValues | undefined;
  /** Absolute directory of each of the action's caches, by name. Nobody else uses them meanwhile. */
  readonly caches?: ReadonlyMap<string, string> | undefined;
  /** The build's time, for runners whose commands take some of it without a process. */
  readonly clock?: Clock | undefined;
  /** Aborted when the action should stop: cancelled or out of time. */
  readonly signal: AbortSignal;
  /** Takes what the command prints, as it prints it. */
  readonly onLog: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  /** May be called when the command comes further, by runners that are elsewhere; for people. */
  readonly onPhase?: ((phase: StagePhase) => void) | undefined;
  /**
   * Whether the command is to be executed though the runner could give what an equal one gave: so that the two can be
   * compared. @defaultValue false
   */
  readonly mustExecute?: boolean | undefined;
  /**
   * May be called once, when the command and all that it started have ended, with success, and keeping outputs is
   * what is left: others may start instead of it. To be awaited, so that they do before that goes on.
   */
  readonly onEnded?: (() => Promise<void>) | undefined;
}

/** What a runner saw. */
export interface Execution {
  /** Exit code; `undefined` when a signal ended the command. */
  readonly exitCode: number | undefined;
  /** The signal that ended the command: `SIGKILL`. */
  readonly endedBy: string | undefined;
  /** The declared outputs that are there, by path. They and all below them are in the store. */
  readonly outputs: ReadonlyMap<ArtifactPath, Value>;
  /** Why a declared output that is there cannot be kept: `OUTPUT_WRONG_KIND`, `OUTPUT_UNFIT`. */
  readonly fault?: BuildError | undefined;
  /** Who ran it, where a runner handed it on to another one: what results say of who made them. */
  readonly ranBy?: Pick<Runner, "hermeticity" | "name"> | undefined;
  /** Why another one ran it, where the runner that was asked could not: for people, in the build that it was run in. */
  readonly fellBack?: BuildError | undefined;
  /** What the runner knows of why the command failed, for people: `killed for lack of memory`. */
  readonly remark?: string | undefined;
  /**
   * When a declared output is missing: the paths that the command wrote, sorted, at most 100. `undefined` where nobody
   * can say.
   */
  readonly written: readonly string[] | undefined;
  /** Where the command saw its input root, absolute; absent when no process saw one. */
  readonly seenAs?: string | undefined;
  /** All that the command printed, in the store. */
  readonly stdout: Digest;
  readonly stderr: Digest;
  /** When the command ran, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

/**
 * Executes actions.
 *
 * 1. The command sees an input root with exactly the entries of `inputRoot`: names, bytes, exec bits,
 *    links, empty directories; besides, the parents of its outputs
 *    exist, but for what is itself an output or lies in one.
 * 2. Nothing that the command does to its input root reaches the store.
 * 3. The command starts in `cwd`, with standard input closed and without children. With `stablePath`, the
 *    input root has the same absolute path in every run of this runner.
 * 4. Its environment is `env`, and `PATH`, `HOME` and `TMPDIR` where `env` does not name them. `HOME` and
 *    `TMPDIR` are empty directories of its own.
 * 5. `PATH` leads to the declared tools and to nothing else. A tool that is not there rejects with
 *    `TOOL_NOT_FOUND`, a program that is not there with `COMMAND_NOT_FOUND`. A tool of the input root is
 *    found under its name, and runs at its place: it finds what lies beside it by its own path, whether it
 *    is a program that is started with the command or one that another starts.
 * 6. Only declared outputs are captured, as they are when the command and its children have ended. A
 *    file where a tree was declared, or the other way round, and what no tree can hold, is a `fault`.
 * 7. All that the command prints is passed to `onLog`, and kept in the store, bytes unchanged.
 * 8. When `signal` is aborted, the command and all that it started are killed. `run` settles only when
 *    nothing of them is left, resolving with what was seen until then.
 * 9. A part of the input root that is missing from the store rejects with `BLOB_LOST`.
 * 10. `run` may be called any number of times at once. Nothing is left on the disk when it settles.
 * 11. The exit code is the command's own. A command that was ended by a signal has none, but `endedBy`.
 * 12. With `isAttempt`, declared outputs that are there are captured whatever the exit code. Otherwise
 *    they are when it is 0; with another code, those that say `evenIfFailed` (`capturedOutputs`). Of a
 *    command that was ended by a signal, none are needed.
 * 13. Where the action has secrets, the command gets their values in the places of the placeholders, by
 *     `fillSecrets`. No value is anywhere else: in what is passed to `onLog` and kept of it, `***` stands for
 *     each (`SecretValues.veil`); an output that holds one is a `fault`, `SECRET_IN_OUTPUT`, and is not stored.
 *     Only for runners with the ability `secrets`; others are never given such an action.
 * 14. Each of the action's caches is a directory at its path, or a link to one: the one that the context names.
 *     What the command leaves there stays, however it ends; nothing of it is captured, or counts as
 *     written. Only for runners with the ability `caches`.
 * 15. Where hermeticity is `sandbox` or `container`, the command can read nothing of the machine but its input
 *     root, its tools and a minimal system, sees no processes but its own, and reaches no network unless
 *     `network` is set. It may be refused writing into `wholeTrees` that it does not start in.
 * 16. What is captured depends on names, kinds, bytes, exec bits and targets of links alone: the same has the same digests
 *     on every runner, whatever its times, owners and other modes.
 */
export interface Runner {
  /** Short and lower case: `local`. Recorded in results. */
  readonly name: string;
  /** What else than command and inputs tells results apart: operating system, architecture, image. */
  readonly platform: readonly NameValue[];
  readonly hermeticity: Hermeticity;
  /** What it can do that not every runner can. @defaultValue none of it */
  readonly abilities?: readonly RunnerAbility[];
  /** How far results of others have to be trusted to be reused in the place of running here. @defaultValue any will do */
  readonly demands?: Hermeticity | undefined;
  /**
   * Tells a tool's version apart from others: what the tool printed, or its digest. Part of the key.
   * Asked in each build anew; `notes` may help to answer sooner. Runners whose platform already says
   * it (a pinned image) have no such method.
   */
  identify?(tool: HostTool, signal: AbortSignal, notes?: Notes): Promise<string>;
  /** Of one that stands for several: that which takes a command; `undefined` when none can. */
  choose?(where: Where): Runner | undefined;
  /** Whether it takes only commands that say which image they want. @defaultValue false */
  readonly needsImage?: boolean;
  /**
   * The same runner, with commands in another image, which its platform tells from others. The content of an
   * image that is an artifact may be fetched later, when something runs. It shares all else with the runner
   * that was asked, and is not disposed of. Absent: commands that want an image are not for this runner.
   */
  inImage?(image: RunnerImage, signal: AbortSignal): Promise<Runner>;
  run(action: Action, context: RunContext): Promise<Execution>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Kind of an output's value, for messages. */
export function kindName(kind: Kind): string {
  return kind === "file" ? "a file" : "a directory";
}
