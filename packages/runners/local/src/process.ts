/**
 * Processes: one command and all that it starts, from its start to the end of the last of them.
 *
 * The command leads a process group, so that all of it can be killed together. What leaves the group
 * on purpose, as a daemon does, is out of reach.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import type { Guard } from "./guard.ts";
import type { Program } from "./place.ts";

/** How to run a program. */
export interface ProcessOptions {
  readonly cwd: string;
  /** Time between asking a stopped command to end and killing it, in milliseconds. */
  readonly graceMs: number;
  readonly guard: Guard;
  readonly signal: AbortSignal;
  /** Takes what is printed. The next chunk of a stream comes when this one is dealt with. */
  readonly onChunk: (stream: "stdout" | "stderr", chunk: Buffer) => Promise<void>;
}

/** How a command ended. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
}

/** Exit codes, as shells give them, for programs that the system refuses to start. */
const startFailures: Readonly<Record<string, number>> = {
  ENOENT: 127,
  EACCES: 126,
  ENOEXEC: 126,
  E2BIG: 126,
};

/** How long an output stays open when its command has ended and nothing comes, in milliseconds. */
const lingerMs = 1000;

/** How long killed processes are waited for, in milliseconds. */
const deathMs = 500;

/** Runs a program, and settles when nothing of it is left. */
export async function runProcess(program: Program, options: ProcessOptions): Promise<ProcessEnd> {
  const { cwd, guard, signal, onChunk } = options;
  const [file = "", ...rest] = program.argv;
  const { execa } = await import("execa");
  await guard.start();
  signal.throwIfAborted();
  const child = execa(file, rest, {
    env: program.env,
    cwd,
    extendEnv: false,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stripFinalNewline: false,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = new ProcessGroup(child.pid, options.graceMs);
  if (child.pid !== undefined) guard.watch(child.pid);
  const stop = (): void => group.stop();
  signal.addEventListener("abort", stop, { once: true });
  const outputs = { stdout: new Output(child.stdout), stderr: new Output(child.stderr) };
  child.once("exit", () => {
    // What the command leaves running in its group holds its output open, too.
    group.kill();
    for (const output of Object.values(outputs)) output.closeSoon();
  });
  try {
    await Promise.all([
      outputs.stdout.pump((chunk) => onChunk("stdout", chunk)),
      outputs.stderr.pump((chunk) => onChunk("stderr", chunk)),
    ]);
    const { exitCode, signal: endedBy, cause } = await child;
    if (exitCode !== undefined || endedBy !== undefined) return { exitCode, endedBy };
    return { exitCode: await explain(file, cause, onChunk), endedBy };
  } finally {
    signal.removeEventListener("abort", stop);
    group.kill();
    await group.gone();
    if (child.pid !== undefined) guard.forget(child.pid);
  }
}

/** Says why a program could not be started, where a shell would. Rejects if that is not its fault. */
async function explain(
  file: string,
  cause: unknown,
  onChunk: ProcessOptions["onChunk"],
): Promise<number> {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const exitCode = startFailures[code];
  if (exitCode === undefined) throw cause;
  const why = code === "ENOENT" ? `${code}: is its interpreter there?` : code;
  await onChunk("stderr", Buffer.from(`${file} cannot be started: ${why}\n`));
  return exitCode;
}

/** One of the outputs of a command. */
class Output {
  readonly #stream: Readable;
  #chunks = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  /** Passes all on that comes, until the stream ends or is closed. */
  async pump(onChunk: (chunk: Buffer) => Promise<void>): Promise<void> {
    try {
      for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
        this.#chunks++;
        await onChunk(chunk);
      }
    } catch (error) {
      if (!this.#stream.destroyed || !isPrematureClose(error)) throw error;
    } finally {
      this.#isOver = true;
      clearTimeout(this.#timer);
    }
  }

  /** Closes the stream when nothing comes any more: a daemon may hold it open for ever. */
  closeSoon(): void {
    if (this.#isOver) return;
    const chunks = this.#chunks;
    this.#timer = setTimeout(() => {
      if (this.#chunks === chunks) this.#stream.destroy();
      else this.closeSoon();
    }, lingerMs);
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

/** All processes that share a command's group. */
class ProcessGroup {
  readonly #leader: number | undefined;
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(leader: number | undefined, graceMs: number) {
    this.#leader = leader;
    this.#graceMs = graceMs;
  }

  /** Asks the group to end, and kills it when it has had its time. */
  stop(): void {
    this.#signal("SIGTERM");
    this.#timer = setTimeout(() => this.#signal("SIGKILL"), this.#graceMs);
  }

  /** Kills what is left. Once its leader is gone, a group's number may be given to another. */
  kill(): void {
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#signal("SIGKILL");
    this.#isOver = true;
  }

  /** Resolves when nobody is left: what was killed takes a moment to end. */
  async gone(): Promise<void> {
    const deadline = performance.now() + deathMs;
    while (this.#signal(0) && this.#isAlive() && performance.now() < deadline) await sleep(1);
  }

  /** False if all that is left waits to be reaped: many containers have nobody who does that. */
  #isAlive(): boolean {
    if (process.platform !== "linux") return true;
    return readdirSync("/proc").some((name) => {
      const [, state, , group] = /\) (\S) (\d+) (\d+) /.exec(statOf(name)) ?? [];
      return Number(group) === this.#leader && state !== "Z" && state !== "X";
    });
  }

  /** True if there was anybody in the group. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    if (this.#leader === undefined) return false;
    try {
      return process.kill(-this.#leader, signal);
    } catch {
      return false;
    }
  }
}

/** What Linux says of a process; empty if there is no such process. */
function statOf(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/stat`, "latin1") : "";
  } catch {
    return "";
  }
}
