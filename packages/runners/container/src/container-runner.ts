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
import { join, resolve as resolvePath } from "node:path";

import {
  capturedOutputs,
  fillSecrets,
  materializeTree,
  untilAborted,
  type Action,
  type Execution,
  type NameValue,
  type RunContext,
  type Runner,
  type RunnerImage,
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
import type { Container, Mount } from "./container.ts";
import { Engine } from "./engine.ts";
import { imageLacks, imageNeeded, networkRefused, scratchFull } from "./errors.ts";
import { pinImage, type ImageSearch, type PinnedImage } from "./image.ts";
import { effectiveLimits, memoryRemark } from "./limits.ts";
import { LockFile } from "./lock-file.ts";
import type { ContainerRunnerOptions } from "./options.ts";
import { sweep } from "./owner.ts";
import { seenAs } from "./place.ts";
import { prepareProgram } from "./program.ts";
import { Yard } from "./yard.ts";

/**
 * Makes a runner of containers: asks the engine, and pins the image, if one is named.
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
export async function containerRunner(options: ContainerRunnerOptions = {}): Promise<Runner> {
  const engine = new Engine(options.engine ?? "docker");
  const facts = await engine.facts();
  const scratch = new Scratch(options.scratch);
  const lock = new LockFile(resolvePath(options.lockFile ?? "ashlar.images.lock"));
  const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> =>
    await scratch.use(async ({ folder }) => await work(mkdtempSync(join(folder, "image-"))));
  const search = { engine, facts, lock, isFrozen: options.frozen ?? false, withFolder };
  const [image] = await Promise.all([
    options.image === undefined ? undefined : pinPresent(options.image, search),
    sweep(engine),
  ]);
  return new ContainerRunner(new Yard(search, scratch, options), image);
}

async function pinPresent(image: RunnerImage, search: ImageSearch): Promise<PinnedImage> {
  const pinned = await pinImage(image, search);
  await pinned.present();
  return pinned;
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
  readonly needsImage: boolean;
  readonly #yard: Yard;
  readonly #image: PinnedImage | undefined;

  /** @param image - What commands run in; absent when only others are, each in an image of its own. */
  constructor(yard: Yard, image: PinnedImage | undefined) {
    const { architecture } = yard.facts;
    this.platform = [
      { name: "ISA", value: architecture === "amd64" ? "x86-64" : architecture },
      { name: "OSFamily", value: "linux" },
      ...(image === undefined ? [] : [{ name: "container-image", value: image.identity }]),
    ];
    this.needsImage = image === undefined;
    this.#yard = yard;
    this.#image = image;
  }

  async inImage(image: RunnerImage, signal: AbortSignal): Promise<Runner> {
    const pinned = await untilAborted(this.#yard.pin(image), signal);
    return new ContainerRunner(this.#yard, pinned);
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    const { network } = action;
    const { pool, options, facts } = this.#yard;
    if (network && options.network === "refused") throw networkRefused(action.name);
    context.signal.throwIfAborted();
    if (this.#image === undefined) throw imageNeeded(action.name);
    const image = await untilAborted(this.#image.present(), context.signal);
    const limits = effectiveLimits(action.limits, options.limits ?? {}, facts);
    const caches = new Map<string, string>();
    const mounts: Mount[] = [];
    for (const [name, source] of context.caches ?? []) {
      const target = `${seenAs}-caches/${caches.size}`;
      caches.set(name, target);
      mounts.push({ source, target });
    }
    return await pool.use({ image, network, mounts, limits }, async (container) => {
      context.signal.throwIfAborted();
      await this.#layOut(container, action, context, caches);
      return await this.#execute(container, action, context);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#yard[Symbol.asyncDispose]();
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
      throw isFull(error) ? scratchFull(action.name, this.#yard.scratch.base, error) : error;
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
    if (!signal.aborted) await keepInside(root);
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
      written:
        isSuccess && isMissing
          ? besideCaches(await writtenPaths(content, root, action), action)
          : [],
      remark: ranOutOfMemory ? memoryRemark(action.limits, container.spec.limits) : undefined,
      seenAs: `${seenAs}/root`,
      stdout: await stdout.keep(content),
      stderr: await stderr.keep(content),
      startedAt,
      finishedAt,
    };
  }
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
