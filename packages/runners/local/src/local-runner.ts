/**
 * The local runner: each action is a process on this machine, in a fresh directory of its own.
 *
 *     <scratch>/<n>/root/     the input root, copied from the store     the command starts here
 *                  /home/     HOME
 *                  /tmp/      TMPDIR
 *                  /bin/      what leads to the declared tools          PATH
 *
 * Commands are kept to what they declare by what they are given, not by force: a program that goes
 * looking for other files of the machine will find them. Results say so: `declared`. Likewise, a command
 * takes along what it started when it ends, but for what has made itself a session of its own.
 *
 * @module
 */
import { join, resolve } from "node:path";

import {
  capturedOutputs,
  fillSecrets,
  platformUnsupported,
  type Action,
  type Execution,
  type NameValue,
  type Notes,
  type RunContext,
  type Runner,
  type HostTool,
} from "@ashlar/core";

import { attempt, type Run } from "./attempt.ts";
import { besideCaches, layCaches } from "./cache-places.ts";
import { Guard } from "./guard.ts";
import { KeptTrees } from "./kept-trees.ts";
import { Launcher } from "./launcher.ts";
import { Log } from "./log.ts";
import { checkChoice, checkVisible, defaultSandbox, type LocalRunnerOptions } from "./options.ts";
import { collectOutputs, writtenPaths, type CollectedOutputs } from "./outputs.ts";
import { plainPlace, type Place } from "./place.ts";
import { PostLost } from "./post.ts";
import { prepareProgram } from "./program.ts";
import type { Room } from "./room.ts";
import { chooseSandbox, sandboxPlace, type SandboxChoice } from "./sandbox.ts";
import { Scratch } from "./scratch.ts";
import { findSeatbelt, seatbeltPlace } from "./seatbelt.ts";
import { coverSecrets } from "./secret-values.ts";
import { SharedFolder } from "./shared-folder.ts";
import { divideInputs, TreeSizes } from "./shown-trees.ts";
import { StablePlace } from "./stable-place.ts";
import { startProgram } from "./start-program.ts";
import { ToolFinder } from "./tool-finder.ts";

/** What is taken from a command that has not succeeded. */
const noOutputs: CollectedOutputs = { values: new Map(), fault: undefined };

/**
 * Makes a runner of processes on this machine. Works on Linux and macOS.
 *
 * @throws {@link BuildError} `PLATFORM_UNSUPPORTED` on Windows; `SANDBOX_UNAVAILABLE`; `INVALID_OPTION`.
 */
export function localRunner(options: LocalRunnerOptions = {}): Runner {
  if (process.platform === "win32") {
    throw platformUnsupported("local", "Windows", "it needs process groups and symbolic links");
  }
  return new LocalRunner(options);
}

/** What a runner may use of a system. By default all, where it is there. */
export interface Means {
  /** Namespaces, for the stable place. */
  readonly views?: boolean;
  /** A shell that starts commands. */
  readonly launcher?: boolean;
  /** Where the program is that makes sandboxes of macOS. @defaultValue none, unless this is macOS */
  readonly seatbelt?: string | undefined;
}

/** The runner itself. Not public: only tests make it otherwise than by {@link localRunner}. */
export class LocalRunner implements Runner {
  readonly name = "local";
  readonly abilities = ["caches", "secrets"] as const;
  readonly platform: readonly NameValue[] = [
    { name: "ISA", value: process.arch === "x64" ? "x86-64" : process.arch },
    { name: "OSFamily", value: process.platform === "darwin" ? "macos" : process.platform },
  ];
  readonly demands: "sandbox" | undefined;
  readonly #scratch: Scratch;
  readonly #tools: ToolFinder;
  readonly #stablePlace: StablePlace;
  readonly #guard: Guard;
  readonly #launcher: Launcher | undefined;
  readonly #graceMs: number;
  readonly #shared: SharedFolder;
  readonly #sizes = new TreeSizes();
  readonly #choice: SandboxChoice;
  readonly #visible: readonly string[];
  /** What makes sandboxes of macOS, where there have to be some. */
  readonly #seatbelt: string | undefined;

  constructor(options: LocalRunnerOptions, means: Means = {}) {
    const { views = true, launcher = true } = means;
    const { scratch, graceMs = 2000, searchPath, trees } = options;
    const { sandbox = defaultSandbox, visible = [] } = options;
    this.#choice = checkChoice(sandbox);
    this.#visible = checkVisible(visible);
    const isMac = process.platform === "darwin";
    this.#seatbelt =
      sandbox === "required" && (isMac || means.seatbelt !== undefined)
        ? findSeatbelt(means.seatbelt)
        : undefined;
    if (sandbox === "required" && this.#seatbelt === undefined) chooseSandbox(sandbox);
    this.demands = sandbox === "required" ? "sandbox" : undefined;
    this.#scratch = new Scratch(scratch);
    this.#guard = new Guard(this.#scratch.directory);
    this.#launcher = launcher ? new Launcher(this.#scratch.directory) : undefined;
    this.#scratch.onLull = async () => await this.#launcher?.settle();
    this.#scratch.onRest = () => this.#launcher?.rest();
    this.#stablePlace = new StablePlace(this.#scratch.base, views);
    this.#graceMs = graceMs;
    const kept = trees === undefined ? undefined : new KeptTrees(resolve(trees));
    this.#shared = new SharedFolder(`${this.#scratch.directory}-shared`, kept);
    this.#tools = new ToolFinder(searchPath ?? process.env["PATH"] ?? "");
  }

  /** Found out when it is first asked for: trying takes some milliseconds. */
  get hermeticity(): "declared" | "sandbox" {
    if (this.#seatbelt !== undefined) return "sandbox";
    return chooseSandbox(this.#choice) === undefined ? "declared" : "sandbox";
  }

  async identify(tool: HostTool, signal: AbortSignal, notes?: Notes): Promise<string> {
    return await this.#tools.identify(tool, signal, notes);
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    // What may not be run twice is not given to what may be lost.
    if (action.hasSideEffects) return await this.#run(action, context, undefined);
    try {
      return await this.#run(action, context, this.#launcher);
    } catch (error) {
      if (!(error instanceof PostLost)) throw error;
      // A command may kill all shells that it finds. It gets its way, and is run without one.
      return await this.#run(action, context, undefined);
    }
  }

  async #run(
    action: Action,
    context: RunContext,
    launcher: Launcher | undefined,
  ): Promise<Execution> {
    const seatbelt = this.#seatbelt;
    const bwrap = seatbelt === undefined ? chooseSandbox(this.#choice) : undefined;
    if (bwrap !== undefined) {
      for (;;) {
        const execution = await this.#runInSandbox(action, context, launcher, bwrap);
        if (execution !== undefined) return execution;
      }
    }
    return await this.#scratch.use(async (room) => {
      launcher?.start();
      await room.lay(action, context);
      const { folder } = room;
      if (action.caches.length > 0) {
        room.forgo();
        await layCaches(join(folder, "root"), action, context.caches);
      }
      const keptTo = (place: Place): Place =>
        seatbelt === undefined
          ? place
          : seatbeltPlace(place, action, {
              ...{ program: seatbelt, visible: this.#visible, caches: context.caches },
            });
      const execute = (place: Place): Promise<Execution> =>
        this.#execute(action, { place: keptTo(place), room }, context, launcher);
      if (!action.stablePath) return await execute(plainPlace(folder));
      return await this.#stablePlace.use(folder, context.signal, execute);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#guard.end(), this.#launcher?.end(), this.#shared.remove()]);
    await this.#scratch.remove();
  }

  /**
   * Runs a command in a sandbox. `undefined` when somebody had changed what an earlier build has left laid out: then it counts for
   * nothing, and that is laid out anew the next time.
   */
  async #runInSandbox(
    action: Action,
    context: RunContext,
    launcher: Launcher | undefined,
    bwrap: string,
  ): Promise<Execution | undefined> {
    return await this.#scratch.use(async (room) => {
      // It gets ready while inputs are laid out.
      launcher?.start();
      const { laid, small, large } = await divideInputs(action, context, this.#sizes);
      const trees = large.map(({ digest }) => digest);
      return await this.#shared.use(trees, context.content, async ({ directories, areRight }) => {
        await room.lay(laid.action, laid.context);
        const root = join(room.folder, "root");
        if (action.caches.length > 0) {
          room.forgo();
          await layCaches(root, action, context.caches);
        }
        const shown = [
          ...small.map((path) => ({ path, from: join(root, path) })),
          ...large.map(({ path }, at) => ({ path, from: directories[at] ?? "" })),
        ];
        const place = await sandboxPlace(room.folder, action, context, {
          ...{ bwrap, shared: this.#shared, trees: shown, visible: this.#visible },
        });
        const run: Run = async (within, onStarted) =>
          await this.#execute(action, { place, room, onStarted }, within, launcher);
        const execution = await attempt(run, action, context, areRight);
        if (execution === undefined) return undefined;
        // A sandbox that has ended by itself has ended with its first process, and so with all others.
        if ((execution.exitCode ?? 255) <= 128) room.trust();
        return execution;
      });
    });
  }

  async #execute(
    action: Action,
    where: {
      readonly place: Place;
      readonly room: Room;
      readonly onStarted?: (() => void) | undefined;
    },
    context: RunContext,
    launcher: Launcher | undefined,
  ): Promise<Execution> {
    const { content, signal, onLog } = context;
    const { place, onStarted } = where;
    const root = join(place.folder, "root");
    const filled = fillSecrets(action, context.secrets);
    const program = await prepareProgram(filled, where, this.#tools, signal);
    await using stdout = new Log(join(place.folder, "stdout"));
    await using stderr = new Log(join(place.folder, "stderr"));
    const log = coverSecrets(context.secrets, async (stream, chunk) => {
      onLog(stream, chunk);
      await (stream === "stdout" ? stdout : stderr).add(chunk);
    });
    const startedAt = Date.now();
    const wrapped = place.wrap(program, join(place.seenAs, "root", action.cwd));
    // A command for the launcher is written to a file. No value of a secret may be.
    const ended = await startProgram(
      wrapped,
      context.secrets === undefined ? launcher : undefined,
      {
        cwd: join(root, action.cwd),
        graceMs: this.#graceMs,
        sparesLeader: place.sparesLeader,
        guard: this.#guard,
        signal,
        onStarted,
        onChunk: log.add,
      },
    );
    const end = place.end?.(ended) ?? ended;
    await log.end();
    const finishedAt = Date.now();
    const hasSucceeded = end.exitCode === 0 || (action.isAttempt && end.exitCode !== undefined);
    const isSuccess = hasSucceeded && !signal.aborted;
    if (isSuccess) await context.onEnded?.();
    const outputs = signal.aborted ? [] : capturedOutputs(action, end.exitCode);
    const { values, fault } =
      outputs.length > 0 ? await collectOutputs(content, root, { ...action, outputs }) : noOutputs;
    const isMissing = action.outputs.some(
      ({ path, isOptional }) => !isOptional && !values.has(path),
    );
    return {
      ...end,
      outputs: values,
      fault,
      seenAs: join(place.seenAs, "root"),
      written:
        isSuccess && isMissing
          ? besideCaches(await writtenPaths(content, root, action), action)
          : [],
      stdout: await stdout.keep(content),
      stderr: await stderr.keep(content),
      startedAt,
      finishedAt,
    };
  }
}
