/**
 * Engines: Docker and Podman, through their command lines.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import type { ResultPromise } from "execa";

import { engineAbsent, engineFailed, engineRefused, engineStopped } from "./errors.ts";

/** What an engine says of itself. */
export interface EngineFacts {
  readonly version: string;
  /** As images name it: `amd64`, `arm64`. */
  readonly architecture: string;
  /** Processors that it has. */
  readonly cpus: number;
  /** Whether it runs as an ordinary user: then its root is that user. */
  readonly isRootless: boolean;
}

/** How a call ended. */
export interface EngineResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface ClientOptions {
  readonly detached: true;
  readonly cleanup: false;
  readonly buffer: false;
  readonly reject: false;
  readonly stripFinalNewline: false;
  readonly stdio: readonly ["pipe", "pipe", "pipe"];
  readonly cwd: string;
}

/** Options of clients that live longer than a question. */
const clientOptions: Omit<ClientOptions, "cwd"> = {
  // Whoever presses Ctrl-C means the build, which has its own way to end what it runs.
  detached: true,
  cleanup: false,
  buffer: false,
  reject: false,
  stripFinalNewline: false,
  stdio: ["pipe", "pipe", "pipe"],
};

/** A client of the engine that runs. */
export type EngineClient = ResultPromise<ClientOptions>;

/** Limits that any system grants its ordinary users, where the engine's own may not be set. */
const modestLimits = { nofile: 16_384, nproc: 16_384 } as const;

/** One engine of this machine. */
export class Engine {
  /** Name or path of its program. */
  readonly program: string;
  readonly kind: "docker" | "podman";
  /** Options before the verb. */
  #global: readonly string[] = [];
  /** Options of `run` that this machine wants. */
  #adapted: readonly string[] = [];
  #changes = 0;

  constructor(program: string) {
    this.program = program;
    this.kind = basename(program).includes("podman") ? "podman" : "docker";
  }

  /** Options of `run` that this machine turned out to want. */
  get runOptions(): readonly string[] {
    return this.#adapted;
  }

  /**
   * Asks the engine something, to the end.
   *
   * @throws {@link BuildError} `CONTAINER_ENGINE` when there is no engine to ask.
   */
  async ask(
    words: readonly string[],
    options: { readonly signal?: AbortSignal; readonly inputFile?: string } = {},
  ): Promise<EngineResult> {
    const { signal, inputFile } = options;
    const { execa } = await import("execa");
    const { exitCode, stdout, stderr, cause } = await execa(
      this.program,
      [...this.#global, ...words],
      {
        reject: false,
        ...(inputFile === undefined ? { stdin: "ignore" as const } : { inputFile }),
        ...(signal && { cancelSignal: signal }),
      },
    );
    signal?.throwIfAborted();
    if (exitCode === undefined && isAbsent(cause)) throw engineAbsent(this.program, this.kind);
    if (exitCode !== 0) this.#refuse(stderr);
    return { exitCode, stdout, stderr };
  }

  /**
   * Asks, and takes no refusal.
   *
   * @throws {@link BuildError} `CONTAINER_ENGINE`, `CONTAINER_FAILED`.
   */
  async tell(words: readonly string[], options: { inputFile?: string } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.ask(words, options);
    if (exitCode !== 0) throw engineFailed(this.kind, words[0] ?? "", stderr);
    return stdout;
  }

  /** Starts a client that is talked to while it runs. */
  async start(words: readonly string[], cwd: string): Promise<{ readonly client: EngineClient }> {
    const { execa } = await import("execa");
    // Not the client itself, which is a promise of its end.
    // Podman leaves a file where it stands when memory runs out.
    const options: ClientOptions = { ...clientOptions, cwd };
    return { client: execa(this.program, [...this.#global, ...words], options) };
  }

  /** What the engine says of itself. */
  async facts(): Promise<EngineFacts> {
    const text = await this.tell(["info", "--format", "{{json .}}"]);
    const said = JSON.parse(text) as DockerInfo & PodmanInfo;
    if (this.kind === "podman") {
      return {
        version: said.version?.Version ?? "",
        architecture: said.host?.arch ?? "",
        cpus: said.host?.cpus ?? Infinity,
        isRootless: said.host?.security?.rootless === true,
      };
    }
    if (said.ServerErrors?.length) {
      this.#refuse(said.ServerErrors.join("\n"));
      throw engineFailed(this.kind, "info", said.ServerErrors.join("\n"));
    }
    return {
      version: said.ServerVersion ?? "",
      architecture: architectureOf(said.Architecture ?? ""),
      cpus: said.NCPU ?? Infinity,
      isRootless: said.SecurityOptions?.some((each) => each.includes("rootless")) === true,
    };
  }

  /**
   * Changes how containers are run here, when the way so far has failed for a reason that is known: some
   * machines do not let Podman set the limits that it wants, or have no `crun`.
   *
   * @param earlier - The `changes` at the time of the failure: another may have adapted since.
   * @returns false when there is nothing left to try.
   */
  adapt(said: string, earlier: number): boolean {
    if (earlier !== this.#changes) return true;
    const isChanged = this.#change(said);
    if (isChanged) this.#changes++;
    return isChanged;
  }

  /** How often it has adapted. */
  get changes(): number {
    return this.#changes;
  }

  #change(said: string): boolean {
    if (this.kind !== "podman") return false;
    if (/rlimit/.test(said) && this.#adapted.length === 0) {
      this.#adapted = [
        ...["--ulimit", ulimit("nofile", "open files")],
        ...["--ulimit", ulimit("nproc", "processes")],
      ];
      return true;
    }
    if (/crun|oci runtime|cgroup/i.test(said) && this.#global.length === 0) {
      this.#global = ["--runtime", "runc"];
      return true;
    }
    return false;
  }

  /** Says what is wrong with an engine that cannot be asked. */
  #refuse(stderr: string): void {
    if (/permission denied.*(?:socket|docker daemon|connect)/is.test(stderr)) {
      throw engineRefused(this.kind, stderr);
    }
    if (
      /cannot connect to the docker daemon|is the docker daemon running|connect to podman/i.test(
        stderr,
      )
    ) {
      throw engineStopped(this.kind, stderr);
    }
  }
}

interface DockerInfo {
  readonly ServerVersion?: string;
  readonly ServerErrors?: readonly string[];
  readonly Architecture?: string;
  readonly NCPU?: number;
  readonly SecurityOptions?: readonly string[];
}

interface PodmanInfo {
  readonly version?: { readonly Version?: string };
  readonly host?: {
    readonly arch?: string;
    readonly cpus?: number;
    readonly security?: { readonly rootless?: boolean };
  };
}

function isAbsent(cause: unknown): boolean {
  return (
    cause instanceof Error && "code" in cause && ["ENOENT", "EACCES"].includes(String(cause.code))
  );
}

/** The kernel's names of processors, as images have them. */
function architectureOf(name: string): string {
  return { x86_64: "amd64", aarch64: "arm64" }[name] ?? name;
}

function ulimit(name: keyof typeof modestLimits, label: string): string {
  const limit = Math.min(modestLimits[name], ownLimit(label));
  return `${name}=${limit}:${limit}`;
}

/** The hard limit of this process. */
function ownLimit(label: string): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const [, hard] = new RegExp(`^Max ${label} +\\S+ +(\\d+)`, "m").exec(limits) ?? [];
    return hard === undefined ? Infinity : Number(hard);
  } catch {
    return Infinity;
  }
}
