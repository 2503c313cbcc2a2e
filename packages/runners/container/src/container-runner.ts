/**
 * The container runner: each action is run in a container of Docker or Podman, by an `exec` in one that is warm.
 *
 * The command sees the image, read-only; its own directory, at the same path each time; and nothing else of
 * the machine: no network unless it asks for it, no processes but its own. What it leaves is gone before the
 * next action comes to the container, or the container goes.
 *
 * @module
 */
import { lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve as resolvePath } from "node:path";

import {
  fillSecrets,
  materializeTree,
  type Action,
  type Execution,
  type NameValue,
  type RunContext,
  type Runner,
} from "@ashlar/core";
import {
  besideCaches,
  collectOutputs,
  coverSecrets,
  layCaches,
  Log,
  makeOutputParents,
  removeTree,
  Scratch,
  writtenPaths,
  type CollectedOutputs,
} from "@ashlar/runner-local/parts";

import { commandScript } from "./command-script.ts";
import { Container, type ContainerSettings, type Mount } from "./container.ts";
import { Engine, type EngineFacts } from "./engine.ts";
import { imageLacks, networkRefused, scratchFull } from "./errors.ts";
import { pinImage, type ContainerImage, type PinnedImage } from "./image.ts";
import { LockFile } from "./lock-file.ts";
import { sweep } from "./owner.ts";
import { seenAs } from "./place.ts";
import { Pool } from "./pool.ts";
import { prepareProgram } from "./program.ts";

/** What a container may use. What commands take beyond it, they do not get. */
export interface ContainerLimits {
  /** Bytes. A command that needs more is killed, and its error says so. @defaultValue no limit */
  readonly memory?: number;
  /** Processors: `1.5`. @defaultValue no limit */
  readonly cpus?: number;
  /** Processes and threads. @defaultValue no limit */
  readonly processes?: number;
}

/** How the container runner runs. */
export interface ContainerRunnerOptions {
  /** What commands run in: an image by name, or a root file system or an archive that a build has made. */
  readonly image: ContainerImage;
  /** `docker`, `podman`, or the path of either. @defaultValue "docker" */
  readonly engine?: string;
  /** Where it is written down which image a name stands for. @defaultValue "ashlar.images.lock" */
  readonly lockFile?: string;
  /** Whether a name that is not in the lock file is an error: for CI. @defaultValue false */
  readonly frozen?: boolean;
  /** Whether stages that ask for the network get it, or are refused. @defaultValue "allowed" */
  readonly network?: "allowed" | "refused";
  readonly limits?: ContainerLimits;
  /** How many containers there are at most at a time. @defaultValue the number of processors */
  readonly containers?: number;
  /**
   * Directory for the directories of running actions. Should be on a disk with room for their inputs.
   *
   * @defaultValue the system's directory for temporary files
   */
  readonly scratch?: string;
  /**
   * How long a command that is stopped may take to end by itself, in milliseconds. After that its container
   * is killed.
   *
   * @defaultValue 2000
   */
  readonly graceMs?: number;
}

/**
 * Makes a runner of containers: asks the engine, and pins the image.
 *
 * @throws {@link BuildError} `CONTAINER_ENGINE`, `CONTAINER_FAILED`, `CONTAINER_IMAGE_UNKNOWN`,
 *   `CONTAINER_IMAGE_LOCK`, `CONTAINER_IMAGE_UNFIT`.
 *
 * @example
 * ```ts
 * await using runner = await containerRunner({ image: "debian:12" });
 * await build(app, { runner });
 * ```
 */
export async function containerRunner(options: ContainerRunnerOptions): Promise<Runner> {
  const engine = new Engine(options.engine ?? "docker");
  const facts = await engine.facts();
  const scratch = new Scratch(options.scratch);
  const lock = new LockFile(resolvePath(options.lockFile ?? "ashlar.images.lock"));
  const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> =>
    await scratch.use(async ({ folder }) => await work(mkdtempSync(join(folder, "image-"))));
  const isFrozen = options.frozen ?? false;
  const [image] = await Promise.all([
    pinImage(options.image, { engine, facts, lock, isFrozen, withFolder }),
    sweep(engine),
  ]);
  return new ContainerRunner(engine, facts, image, scratch, options);
}

/** What is taken from a command that has not succeeded. */
const noOutputs: CollectedOutputs = { values: new Map(), fault: undefined };

/** Modification time of every input, in seconds since 1970. Times are not content, so all are equal. */
const inputTime = 1;

class ContainerRunner implements Runner {
  readonly name = "container";
  readonly hermeticity = "container";
  readonly abilities = ["caches", "secrets"] as const;
  readonly platform: readonly NameValue[];
  readonly #image: PinnedImage;
  readonly #options: ContainerRunnerOptions;
  readonly #scratch: Scratch;
  readonly #pool: Pool;
  readonly #slots: Slots;

  constructor(
    engine: Engine,
    facts: EngineFacts,
    image: PinnedImage,
    scratch: Scratch,
    options: ContainerRunnerOptions,
  ) {
    this.platform = [
      { name: "ISA", value: facts.architecture === "amd64" ? "x86-64" : facts.architecture },
      { name: "OSFamily", value: "linux" },
      { name: "container-image", value: image.identity },
    ];
    this.#image = image;
    this.#options = options;
    this.#scratch = scratch;
    this.#slots = new Slots(scratch);
    const settings = settingsOf(engine, facts, options);
    this.#pool = new Pool(
      options.containers ?? availableParallelism(),
      async (spec) => await Container.start(engine, spec, settings, await this.#slots.next()),
    );
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    const { network } = action;
    if (network && this.#options.network === "refused") throw networkRefused(action.name);
    context.signal.throwIfAborted();
    const caches = new Map<string, string>();
    const mounts: Mount[] = [];
    for (const [name, source] of context.caches ?? []) {
      const target = `${seenAs}-caches/${caches.size}`;
      caches.set(name, target);
      mounts.push({ source, target });
    }
    return await this.#pool.use({ image: this.#image, network, mounts }, async (container) => {
      context.signal.throwIfAborted();
      await this.#layOut(container, action, context, caches);
      return await this.#execute(container, action, context);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
    this.#slots.end();
    await this.#scratch.remove();
  }

  async #layOut(
    { folder }: Container,
    action: Action,
    { content, signal }: RunContext,
    caches: ReadonlyMap<string, string>,
  ): Promise<void> {
    try {
      const root = join(folder, "root");
      for (const name of ["root", "home", "tmp", "bin"]) await mkdir(join(folder, name));
      await materializeTree(content, action.inputRoot, root, {
        writable: (path) =>
          action.writablePaths.some((base) => base === "" || `${path}/`.startsWith(`${base}/`)),
        mtime: inputTime,
        signal,
      });
      makeOutputParents(root, action);
      await layCaches(root, action, caches);
    } catch (error) {
      throw isFull(error) ? scratchFull(action.name, this.#scratch.base, error) : error;
    }
  }

  async #execute(container: Container, action: Action, context: RunContext): Promise<Execution> {
    const { content, signal, onLog, secrets } = context;
    const root = join(container.folder, "root");
    const program = await prepareProgram(fillSecrets(action, secrets), container);
    const envProgram = await container.find("env");
    if (envProgram === undefined) throw imageLacks(container.image, "env");
    await using stdout = new Log(join(container.slot, "stdout"));
    await using stderr = new Log(join(container.slot, "stderr"));
    const log = coverSecrets(secrets, async (stream, chunk) => {
      onLog(stream, chunk);
      await (stream === "stdout" ? stdout : stderr).add(chunk);
    });
    const startedAt = Date.now();
    const cwd = action.cwd === "" ? `${seenAs}/root` : `${seenAs}/root/${action.cwd}`;
    const script = commandScript(program, cwd, seenAs, envProgram);
    const { ranOutOfMemory, ...end } = await container.run(script, { signal, onChunk: log.add });
    await log.end();
    const finishedAt = Date.now();
    const hasSucceeded = end.exitCode === 0 || (action.isAttempt && end.exitCode !== undefined);
    const isSuccess = hasSucceeded && !signal.aborted;
    if (isSuccess) await keepInside(root);
    const { values, fault } = isSuccess ? await collectOutputs(content, root, action) : noOutputs;
    const isMissing = action.outputs.some(
      ({ path, isOptional }) => !isOptional && !values.has(path),
    );
    return {
      ...end,
      outputs: values,
      fault,
      written:
        isSuccess && isMissing
          ? besideCaches(await writtenPaths(content, root, action), action)
          : [],
      remark: ranOutOfMemory ? this.#memoryRemark() : undefined,
      stdout: await stdout.keep(content),
      stderr: await stderr.keep(content),
      startedAt,
      finishedAt,
    };
  }

  #memoryRemark(): string {
    const { memory } = this.#options.limits ?? {};
    const limit = memory === undefined ? "" : `, ${Math.round(memory / 2 ** 20)} MiB,`;
    return `killed for lack of memory: the limit of its container${limit} was reached; see the runner's \`limits\``;
  }
}

/** Directories of containers, in that of the runner, which stays as long as there may be one. */
class Slots {
  readonly #scratch: Scratch;
  #directory: Promise<string> | undefined;
  #count = 0;
  #release: () => void = () => {};

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  async next(): Promise<string> {
    this.#directory ??= new Promise((resolve, reject) => {
      const hold = async ({ folder }: { readonly folder: string }): Promise<void> => {
        resolve(folder);
        await new Promise<void>((release) => (this.#release = release));
      };
      this.#scratch.use(hold).catch(reject);
    });
    return join(await this.#directory, String(this.#count++));
  }

  end(): void {
    this.#release();
    this.#directory = undefined;
  }
}

function settingsOf(
  engine: Engine,
  { isRootless }: EngineFacts,
  { limits = {}, graceMs = 2000 }: ContainerRunnerOptions,
): ContainerSettings {
  const own = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const { memory, cpus, processes } = limits;
  const options = [
    // What is swapped out is not limited otherwise.
    ...(memory === undefined ? [] : ["--memory", String(memory), "--memory-swap", String(memory)]),
    ...(cpus === undefined ? [] : ["--cpus", String(cpus)]),
    ...(processes === undefined ? [] : ["--pids-limit", String(processes)]),
    ...(isRootless && engine.kind === "podman" ? ["--userns", "keep-id"] : []),
  ];
  // The root of a rootless Docker is the user that it runs as.
  const user = isRootless && engine.kind === "docker" ? "0:0" : own;
  return { options, user, graceMs };
}

/** A command may put a link in the place of its input root: it must not lead us through this machine. */
async function keepInside(root: string): Promise<void> {
  if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory() === true) return;
  await removeTree(root);
  mkdirSync(root);
}

function isFull(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT"].includes(String(error.code))
  );
}
