/**
 * The bench: what one test of the runner contract works with. A runner, a store, a project folder.
 *
 * Knows nothing of a test library: the suite is handed one.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Tree } from "../../artifact/handle.ts";
import { source } from "../../artifact/source.ts";
import { build, tryBuild, type BuildOptions } from "../../build/build.ts";
import type { Targets } from "../../build/ground.ts";
import type { Report } from "../../build/report.ts";
import type { Digest } from "../../digest/digest.ts";
import type { Command } from "../../graph/command.ts";
import { stage, type StageResult } from "../../graph/stage.ts";
import type { Action, Execution, RunContext, Runner } from "../../runner/runner.ts";
import type { ContentStore, Store } from "../../store/store.ts";

/** Of a test library's `expect`, what the suite uses. */
export interface Expectation {
  readonly toBe: (expected: unknown) => void;
  readonly toEqual: (expected: unknown) => void;
  readonly toContain: (expected: unknown) => void;
  readonly toBeLessThan: (expected: number) => void;
}

/** Of a test library, what the suite uses. That of vitest fits, and so does that of jest. */
export interface TestKit {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: {
    (name: string, body: () => Promise<void>, timeoutMs: number): unknown;
    readonly skip: (name: string, body: () => Promise<void>) => unknown;
  };
  readonly expect: (actual: unknown, message?: string) => Expectation;
}

/** Makes a test of a guarantee, by its number. */
export type Check = (
  guarantee: number,
  name: string,
  body: (bench: Bench) => Promise<void>,
) => void;

/** What a runner was given. */
export interface Run {
  readonly action: Action;
  readonly content: ContentStore;
  readonly secrets: RunContext["secrets"];
  readonly caches: RunContext["caches"];
}

/** One test's runner, store and project. */
export class Bench {
  readonly expect: TestKit["expect"];
  readonly store: Store;
  readonly runner: Runner;
  /** Absolute: a directory of this test, which holds the project, and the store if that is on disk. */
  readonly folder: string;
  readonly #runs: Run[] = [];
  readonly #project: string;

  constructor(expect: TestKit["expect"], runner: Runner, store: Store, folder: string) {
    this.expect = expect;
    this.store = store;
    this.runner = recording(runner, this.#runs);
    this.folder = folder;
    this.#project = join(folder, "project");
    fs.mkdirSync(this.#project);
  }

  /** The project, as a source. */
  get project(): Tree {
    return source(".", { gitignore: false });
  }

  /** Writes files of the project. A path that ends with `/` makes a directory. */
  write(files: Readonly<Record<string, string | Uint8Array>>): this {
    for (const [path, content] of Object.entries(files)) {
      const full = join(this.#project, path);
      fs.mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
      if (!path.endsWith("/")) fs.writeFileSync(full, content);
    }
    return this;
  }

  /** Makes a file of the project executable. */
  allow(path: string): this {
    fs.chmodSync(join(this.#project, path), 0o755);
    return this;
  }

  /** Makes a link in the project. */
  link(path: string, target: string): this {
    fs.symlinkSync(target, join(this.#project, path));
    return this;
  }

  async build(targets: Targets, options: Partial<BuildOptions> = {}): Promise<Report> {
    return await build(targets, this.#options(options));
  }

  async tryBuild(targets: Targets, options: Partial<BuildOptions> = {}): Promise<Report> {
    return await tryBuild(targets, this.#options(options));
  }

  /** What a command prints on its standard output. */
  async print(command: Command): Promise<string> {
    return (await this.bytes(command)).toString("utf8");
  }

  /** What a command prints on its standard output, as bytes. */
  async bytes(command: Command): Promise<Buffer> {
    const { stages } = await this.build(call(command));
    const { stdout } = stages.at(-1) ?? {};
    if (stdout === undefined) throw new Error("nothing was run");
    return await this.store.content.read(stdout);
  }

  /** The last action that was given to the runner, and where its input root is. */
  get last(): Run {
    const last = this.#runs.at(-1);
    if (last === undefined) throw new Error("no action was run so far");
    return last;
  }

  /** Runs the last action once more, past the engine. @param change - What is to be otherwise. */
  async run(context: Partial<RunContext> = {}, change: Partial<Action> = {}): Promise<Execution> {
    const { action, content, secrets, caches } = this.last;
    return await this.runner.run(
      { ...action, ...change },
      {
        content,
        secrets,
        caches,
        signal: new AbortController().signal,
        onLog: () => {},
        ...context,
      },
    );
  }

  #options(options: Partial<BuildOptions>): BuildOptions {
    return { runner: this.runner, store: this.store, cwd: this.#project, ...options };
  }
}

/** A store that says when it is used, with the name of the method and the digest, where there is one. */
export function watched(
  content: ContentStore,
  onUse: (method: string, digest?: Digest) => void,
): ContentStore {
  return {
    missing: async (digests) => await content.missing(digests),
    write: async (bytes) => {
      onUse("write");
      return await content.write(bytes);
    },
    writeFile: async (path) => {
      onUse("writeFile");
      return await content.writeFile(path);
    },
    read: async (digest) => {
      onUse("read", digest);
      return await content.read(digest);
    },
    copyTo: async (digest, path, mode) => {
      onUse("copyTo", digest);
      await content.copyTo(digest, path, mode);
    },
  };
}

/** A call of a stage that is this command. */
export function call<O>(command: Command<O>): StageResult<O> {
  return stage("probe", () => command)();
}

/** The codes of what went wrong, in order. */
export function codes(report: Report): string[] {
  return report.errors.map(({ code }) => code);
}

/** Runs work with a temporary folder. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-contract-"));
  try {
    await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Code of the error that work rejects with. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
  return "it did not reject";
}

/** True when there is no such process. One that has ended, and that nobody has asked about, is none. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  try {
    return /\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    // It went meanwhile; or this system has no such file, and then its processes are reaped at once.
    return process.platform === "linux";
  }
}

/** Numbers of living processes that were started with a text in their environment; `undefined` where nobody says. */
export function startedWith(text: string): number[] | undefined {
  if (process.platform !== "linux") return undefined;
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return environmentOf(pid).includes(text) && !isGone(pid);
      } catch {
        return false;
      }
    });
}

/** Looks at a process that seems to be becoming another program, at most. */
const maxLooks = 1000;

/** What a process was started with. One that is becoming another program has nothing for a moment, and is looked at again. */
function environmentOf(pid: number): string {
  const read = (name: string): string => fs.readFileSync(`/proc/${pid}/${name}`, "latin1");
  for (let looks = 1; ; looks++) {
    const environment = read("environ");
    if (environment !== "" || isGone(pid) || looks === maxLooks) return environment;
    // There are those without an environment. They have words.
    if (read("cmdline") !== "") return read("environ");
    // Threads of the system have none either, and no program: this throws.
    fs.readlinkSync(`/proc/${pid}/exe`);
  }
}

/** The same runner, with a list of what it was given. */
function recording(runner: Runner, runs: Run[]): Runner {
  const { name, platform, hermeticity, abilities = [], demands } = runner;
  const identify = runner.identify?.bind(runner);
  return {
    name,
    platform,
    hermeticity,
    abilities,
    demands,
    ...(identify && { identify }),
    run: async (action, context) => {
      const { content, secrets, caches } = context;
      runs.push({ action, content, secrets, caches });
      return await runner.run(action, context);
    },
    [Symbol.asyncDispose]: async () => await runner[Symbol.asyncDispose](),
  };
}
