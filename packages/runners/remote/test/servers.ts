/**
 * Real servers for tests: buildbox-casd, bazel-remote and BuildGrid (`buildgrid.ts`). Each on a port of its own, in a folder of its own.
 *
 * `scripts/remote-servers.sh` installs them. A group of tests whose server is not there says so in one line.
 *
 * @module
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { connect } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { describe, expect, test } from "vitest";

import { freePort } from "./free-port.ts";

/** How long a server may take to listen, in milliseconds. They take a thousandth of it. */
const startMs = 200_000;

/** A server that runs. */
export interface Server extends AsyncDisposable {
  /** `grpc://127.0.0.1:12345` */
  readonly endpoint: string;
  readonly port: number;
  /** What it has printed so far. */
  readonly log: () => string;
  /** Kills it and all that it has started. It may be started again. */
  stop(): Promise<void>;
  /** Starts it again: on the same port, with all that it had kept. */
  start(): Promise<void>;
}

/** Where a program is that tests may use, absolute; `undefined` when it is not there. */
export function programOf(name: string): string | undefined {
  const { ASHLAR_SERVERS, XDG_CACHE_HOME, PATH = "" } = process.env;
  const cache = XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const own = join(ASHLAR_SERVERS ?? join(cache, "ashlar-servers"), "bin");
  return [own, ...PATH.split(delimiter)]
    .map((folder) => join(folder, name))
    .find((path) => fs.existsSync(path));
}

/** What a group of tests needs. */
const needs = {
  casd: ["buildbox-casd", "buildbox-run-hosttools"],
  "bazel-remote": ["bazel-remote"],
  buildgrid: ["bgd", "buildgrid-postgres", "buildbox-worker", "buildbox-run-hosttools"],
} as const;

/** Declares tests with a server; where it is not installed, one line says so. */
export function withServer(name: keyof typeof needs, what: string, declare: () => void): void {
  const missing = needs[name].filter((program) => programOf(program) === undefined);
  const isThere = missing.length === 0;
  const where = isThere ? name : `${name} (not here: ${missing.join(", ")})`;
  describe(`${what}, with ${where}`, () => {
    if (isThere) declare();
    else saySkipped();
  });
}

/** One line for all tests that are left out. */
function saySkipped(): void {
  test.skipIf(true)("all of it", () => expect.unreachable());
}

/** How casd is started. */
export interface CasdOptions {
  /** Commands that it executes at once. @defaultValue 0: it is a cache and nothing else */
  readonly jobs?: number;
  /** Where its commands find programs. @defaultValue `/usr/bin:/bin` */
  readonly path?: string;
  /** Whether all of them run at one place, and so one after another. @defaultValue false */
  readonly hasOnePlace?: boolean;
}

/** Starts buildbox-casd. */
export async function startCasd(options: CasdOptions = {}): Promise<Server> {
  const { jobs = 0, path = "/usr/bin:/bin", hasOnePlace = false } = options;
  const folder = newFolder();
  const home = join(folder, "home");
  fs.mkdirSync(home);
  const port = await freePort();
  const hosttools = programOf("buildbox-run-hosttools") ?? "";
  const runner = hasOnePlace ? runnerAtOnePlace(folder, hosttools) : hosttools;
  const words = ["--bind", `127.0.0.1:${port}`, "--log-level", "info"];
  if (jobs > 0) words.push("--buildbox-run", runner, "--jobs", String(jobs));
  const casd = new Daemon("buildbox-casd", [...words, join(folder, "cache")], {
    folder,
    port,
    // Its commands find all of it in their own.
    env: { PATH: path, HOME: home, TMPDIR: "/tmp" },
  });
  return await Servers.start(folder, casd);
}

/** Casd empties the place some time after a command has ended, and takes no other before. */
function runnerAtOnePlace(folder: string, runner: string): string {
  const place = join(folder, "place");
  fs.mkdirSync(place);
  const path = join(folder, "run-at-one-place");
  const script = `#!/bin/sh
exec 9> '${place}.lock'
flock 9
while [ -n "$(ls -A '${place}')" ]; do sleep 0.01; done
exec '${runner}' --workspace-path='${place}' "$@"
`;
  fs.writeFileSync(path, script, { mode: 0o755 });
  return path;
}

/** Starts bazel-remote. @param words - More options of its command line. */
export async function startBazelRemote(words: readonly string[] = []): Promise<Server> {
  const folder = newFolder();
  const [port, http] = [await freePort(), await freePort()];
  const daemon = new Daemon(
    "bazel-remote",
    [
      ...["--dir", join(folder, "cache"), "--max_size", "1"],
      ...["--grpc_address", `127.0.0.1:${port}`, "--http_address", `127.0.0.1:${http}`],
      ...words,
    ],
    { folder, port },
  );
  return await Servers.start(folder, daemon);
}

/** Processes that are one server, and the folder of their own. */
export class Servers implements Server {
  readonly port: number;
  readonly endpoint: string;
  readonly #folder: string;
  readonly #daemons: readonly Daemon[];

  private constructor(folder: string, port: number, daemons: readonly Daemon[]) {
    this.#folder = folder;
    this.#daemons = daemons;
    this.port = port;
    this.endpoint = `grpc://127.0.0.1:${port}`;
  }

  /**
   * Starts them, one after another.
   *
   * @param front - The one that is called.
   */
  static async start(
    folder: string,
    front: Daemon,
    daemons: readonly Daemon[] = [front],
  ): Promise<Server> {
    const servers = new Servers(folder, front.port ?? 0, daemons);
    try {
      await servers.start();
    } catch (error) {
      await servers[Symbol.asyncDispose]();
      throw error;
    }
    return servers;
  }

  log(): string {
    return this.#daemons.map(({ log }) => log).join("");
  }

  async start(): Promise<void> {
    for (const daemon of this.#daemons) await daemon.start();
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) await daemon.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    spawnSync("chmod", ["-R", "u+w", this.#folder]);
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One process. */
export class Daemon {
  readonly port: number | undefined;
  readonly #program: string;
  readonly #words: readonly string[];
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>> | undefined;
  #process: ChildProcess | undefined;
  log = "";

  constructor(
    program: string,
    words: readonly string[],
    how: {
      /** Where it works. */
      readonly folder: string;
      /** The port that shows that it is ready. Without one, nobody waits for it. */
      readonly port?: number;
      /** The whole environment. @defaultValue that of this process */
      readonly env?: Readonly<Record<string, string>>;
    },
  ) {
    this.#program = program;
    this.#words = words;
    this.#folder = how.folder;
    this.#env = how.env;
    this.port = how.port;
  }

  async start(): Promise<void> {
    // A session of its own, so that what it starts can be found.
    const child = spawn(programOf(this.#program) ?? this.#program, this.#words, {
      cwd: this.#folder,
      env: this.#env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#process = child;
    child.on("error", (error) => void (this.log += String(error)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => void (this.log += chunk.toString()));
    }
    if (this.port === undefined) return;
    const deadline = performance.now() + startMs;
    while (!(await listens(this.port))) {
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || performance.now() > deadline) {
        throw new Error(`${this.#program} does not listen:\n${this.log.slice(-4000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined) return;
    const isOver = child.exitCode !== null || child.signalCode !== null;
    const end = isOver ? undefined : once(child, "exit");
    // Commands have groups of their own, and some have outlived what started them.
    for (let left = inSession(child.pid); left.length > 0; left = inSession(child.pid)) {
      for (const pid of left) kill(pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await end;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Numbers of the processes of a session that are alive. */
function inSession(session: number): number[] {
  const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const [, state, , , of] =
        /\) (\S) (\d+) (\d+) (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
      return Number(of) === session && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  });
}

/** True when somebody takes connections there. */
async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** A folder for a server, which it removes. */
export function newFolder(): string {
  return fs.mkdtempSync(join(tmpdir(), "ashlar-server-"));
}
