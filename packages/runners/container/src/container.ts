/**
 * Containers: one warm container, in which one action runs at a time.
 *
 *     <slot>/work/   seen as /ashlar: root, home, tmp, bin of the action that runs
 *           /tmp/    seen as /tmp
 *           /shm/    seen as /dev/shm
 *
 * All else is read-only. After each action these directories are emptied, and the keeper says whether
 * anything else is left: then the container is not used again.
 *
 * @module
 */
import * as fs from "node:fs";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { removeTree } from "@ashlar/runner-local/parts";

import { endedFile, readEnd, type CommandEnd } from "./command-script.ts";
import type { Engine, EngineClient } from "./engine.ts";
import { engineFailed, imageLacks } from "./errors.ts";
import type { PresentImage } from "./image.ts";
import { keeperScript } from "./keeper-script.ts";
import { Keeper, KeeperLost } from "./keeper.ts";
import { limitWords, type ContainerLimits } from "./limits.ts";
import { containerName, ownLabel } from "./owner.ts";
import { seenAs } from "./place.ts";

/** A directory of this machine that a container sees. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** What containers have in common that can stand in for each other. */
export interface ContainerSpec {
  readonly image: PresentImage;
  readonly network: boolean;
  readonly mounts: readonly Mount[];
  readonly limits: ContainerLimits;
}

/** What all containers of a runner have in common. */
export interface ContainerSettings {
  /** More options of `run`. */
  readonly options: readonly string[];
  /** Who commands run as: `1000:1000`. */
  readonly user: string;
  readonly graceMs: number;
}

/** How a command ran. */
export interface CommandRun extends CommandEnd {
  /** Whether the system killed processes meanwhile because memory had run out. */
  readonly ranOutOfMemory: boolean;
}

/** How to run a command. */
export interface CommandOptions {
  readonly signal: AbortSignal;
  /** Takes what is printed. The next chunk of a stream comes when this one is dealt with. */
  readonly onChunk: (stream: "stdout" | "stderr", chunk: Buffer) => Promise<void>;
}

/** How long killed processes are waited for, in milliseconds; and how many looks, for a machine that stands still takes time too. */
const deathMs = 2000;
const deathLooks = 100;

/** Bytes of what a shell says of an end that are read. */
const endBytes = 64 * 1024;

/** One container. */
export class Container {
  /** The action's directory, as this process sees it. */
  readonly folder: string;
  /** Absolute directory for this container alone. Commands do not see it. */
  readonly slot: string;
  readonly spec: ContainerSpec;
  readonly #engine: Engine;
  readonly #settings: ContainerSettings;
  readonly #name: string;
  readonly #keeper: Keeper;
  readonly #found = new Map<string, string | undefined>();
  #kills = 0;
  #isEnded = false;
  /** Whether it has ended, and not by us. */
  #isLost = false;

  private constructor(
    engine: Engine,
    spec: ContainerSpec,
    settings: ContainerSettings,
    slot: string,
    name: string,
    keeper: Keeper,
  ) {
    this.#engine = engine;
    this.spec = spec;
    this.#settings = settings;
    this.slot = slot;
    this.folder = join(slot, "work");
    this.#name = name;
    this.#keeper = keeper;
  }

  /**
   * Starts a container.
   *
   * @param slot - Absolute directory for it alone, which does not exist.
   * @throws {@link BuildError} `CONTAINER_FAILED`, `CONTAINER_IMAGE_UNFIT`.
   */
  static async start(
    engine: Engine,
    spec: ContainerSpec,
    settings: ContainerSettings,
    slot: string,
  ): Promise<Container> {
    for (const name of ["work", "tmp", "shm"]) await mkdir(join(slot, name), { recursive: true });
    for (const name of ["tmp", "shm"]) await chmod(join(slot, name), 0o1777);
    for (;;) {
      const name = containerName();
      const { changes } = engine;
      const words = runWords(engine, spec, settings, slot, name);
      const keeper = new Keeper((await engine.start(words, slot)).client);
      try {
        const ready = await keeper.ask();
        if (ready !== "ready") throw new KeeperLost(ready);
        return new Container(engine, spec, settings, slot, name, keeper);
      } catch (error) {
        keeper.close();
        if (!(error instanceof KeeperLost)) throw error;
        if (engine.adapt(error.said, changes)) continue;
        await removeTree(slot);
        const lacksShell = /\/bin\/sh.*(?:no such file|not found)/is.test(error.said);
        if (lacksShell) throw imageLacks(spec.image.name, "/bin/sh");
        throw engineFailed(engine.kind, "run", error.said);
      }
    }
  }

  /** The image's name, for people. */
  get image(): string {
    return this.spec.image.name;
  }

  /** The image's own `PATH`. */
  get searchPath(): string {
    return this.spec.image.searchPath;
  }

  /** Where the image has a program; an absolute path stands for itself. */
  async find(name: string): Promise<string | undefined> {
    if (name.includes("\n")) return undefined;
    if (!this.#found.has(name)) {
      const answer = await this.#keeper.ask(`find ${name}`);
      this.#found.set(name, answer.slice("found ".length) || undefined);
    }
    return this.#found.get(name);
  }

  /** Runs a script of `command-script.ts`, and settles when nothing of its command is left. */
  async run(script: string, { signal, onChunk }: CommandOptions): Promise<CommandRun> {
    signal.throwIfAborted();
    const { client } = await this.#engine.start(this.#execWords("--interactive"), this.slot);
    let timer: NodeJS.Timeout | undefined;
    let terminating: Promise<void> | undefined;
    const stop = (): void => {
      timer = setTimeout(() => void this.end(), this.#settings.graceMs);
      terminating = this.#tryToTerminate();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      client.stdin.on("error", () => {});
      client.stdin.end(script);
      // What a client says of a container that we have ended is no command's.
      const onOwn: CommandOptions["onChunk"] = async (stream, chunk) => {
        if (!this.#isEnded) await onChunk(stream, chunk);
      };
      await Promise.all([pump(client, "stdout", onChunk), pump(client, "stderr", onOwn), client]);
      // It may have ended by itself meanwhile: then this must not reach the next one.
      await terminating;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
    const kills = await this.#leftAlone();
    const end = readEnd(this.#takeEnd());
    if (end === undefined && this.#isLost && !signal.aborted) {
      throw engineFailed(this.#engine.kind, "exec", "the container ended with its command");
    }
    const ranOutOfMemory = kills !== undefined && kills > this.#kills;
    this.#kills = kills ?? this.#kills;
    // A shell that says nothing was killed, by its command or by the lack of memory, and all with it.
    return { ...(end ?? { exitCode: undefined, endedBy: "SIGKILL" }), ranOutOfMemory };
  }

  /** Makes it as it was at first. False if that is not to be had: then it has ended. */
  async renew(): Promise<boolean> {
    const kills = this.spec.image.hasVolumes ? undefined : await this.#leftAlone();
    if (kills === undefined) await this.end();
    for (const name of ["stdout", "stderr"]) fs.rmSync(join(this.slot, name), { force: true });
    for (const name of ["work", "tmp", "shm"]) {
      const directory = join(this.slot, name);
      await chmod(directory, name === "work" ? 0o755 : 0o1777);
      for (const entry of await readdir(directory)) await removeTree(join(directory, entry));
    }
    return kills !== undefined;
  }

  /** Ends the container, and all that is in it. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#keeper.close();
    if (!this.#keeper.isGone) {
      await this.#engine.ask(["rm", "--force", "--volumes", this.#name]);
    }
    await this.#keeper.gone();
  }

  /** Removes its directories. To be called once it has ended. */
  async remove(): Promise<void> {
    await removeTree(this.slot);
  }

  /** Waits until nobody is left, and ends the container otherwise: `undefined`, or how often memory ran out. */
  async #leftAlone(): Promise<number | undefined> {
    const deadline = performance.now() + deathMs;
    try {
      for (let looks = 0; looks < deathLooks || performance.now() < deadline; looks++) {
        const [word, kills] = (await this.#keeper.ask("check")).split(" ");
        if (word === "clean") return Number(kills);
        await sleep(1);
      }
    } catch (error) {
      if (!(error instanceof KeeperLost)) throw error;
      this.#isLost = !this.#isEnded;
    }
    await this.end();
    return undefined;
  }

  /** What the shell said of the end. The command could write there, too: no link is followed. */
  #takeEnd(): string {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const path = join(this.folder, endedFile);
    let file: number | undefined;
    try {
      file = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      const bytes = Buffer.alloc(endBytes);
      return bytes.toString("latin1", 0, fs.readSync(file, bytes));
    } catch {
      return "";
    } finally {
      if (file !== undefined) fs.closeSync(file);
      fs.rmSync(path, { recursive: true, force: true });
    }
  }

  async #tryToTerminate(): Promise<void> {
    const words = [...this.#execWords(), "-c", "kill -s TERM -- -1"];
    await this.#engine.ask(words).catch(() => {});
  }

  #execWords(...options: string[]): string[] {
    return ["exec", ...options, "--user", this.#settings.user, this.#name, "/bin/sh"];
  }
}

function runWords(
  engine: Engine,
  { image, network, mounts, limits }: ContainerSpec,
  { options, user }: ContainerSettings,
  slot: string,
  name: string,
): string[] {
  // Another than the commands' user, so that neither can touch the other.
  const keeper = user.startsWith("65534:") ? "65533:65533" : "65534:65534";
  const isPodman = engine.kind === "podman";
  const binds = [
    { source: join(slot, "work"), target: seenAs },
    { source: join(slot, "tmp"), target: "/tmp" },
    { source: join(slot, "shm"), target: "/dev/shm" },
    ...mounts,
  ];
  return [
    ...["run", "--interactive", "--rm", "--name", name, "--label", ownLabel()],
    ...["--network", network ? "bridge" : "none", "--ipc", "none", "--log-driver", "none"],
    ...["--read-only", ...(isPodman ? ["--read-only-tmpfs=false"] : ["--sig-proxy=false"])],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--security-opt", "label=disable", "--no-healthcheck"],
    ...["--user", keeper, "--workdir", "/", "--entrypoint", "/bin/sh"],
    ...binds.flatMap((bind) => ["--mount", mountWord(bind)]),
    ...limitWords(limits),
    ...options,
    ...engine.runOptions,
    ...[image.reference, "-c", keeperScript],
  ];
}

/** In the form of a line of CSV, which both engines read. */
function mountWord({ source, target }: Mount): string {
  const fields = ["type=bind", `source=${source}`, `target=${target}`];
  return fields
    .map((each) => (/[",]/.test(each) ? `"${each.replaceAll('"', '""')}"` : each))
    .join(",");
}

async function pump(
  client: EngineClient,
  stream: "stdout" | "stderr",
  onChunk: CommandOptions["onChunk"],
): Promise<void> {
  for await (const chunk of client[stream] as AsyncIterable<Buffer>) await onChunk(stream, chunk);
}
