/**
 * Processes: one command and all that it starts, from its start to the end of the last of them.
 *
 * @module
 */
import { execa } from "execa";

/** What to run. */
export interface ProcessOptions {
  /** The program, as an absolute path, and its arguments. */
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Time between asking a stopped command to end and killing it, in milliseconds. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
  /** Takes what is printed. The next chunk of a stream comes when this one is dealt with. */
  readonly onChunk: (stream: "stdout" | "stderr", chunk: Buffer) => Promise<void>;
}

/** How a command ended. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
}

/**
 * The command leads a process group, so that all of it can be killed together. A terminal's Ctrl-C does
 * not reach such a group, and nobody would end it if this process were killed: so a guard in the group
 * waits on a pipe that only this process holds, and kills the group when the pipe closes.
 */
const guard = "{ read -r _ <&3; kill -s KILL 0; } >/dev/null 2>&1 & exec 3<&-; ";

/** Variables that shells set, and export to what they start. */
const shellVariables = ["OLDPWD", "PWD", "SHLVL"];

/** Last words of a shell script that becomes a command, without leaving traces in its environment. */
export function become(env: Readonly<Record<string, string>>): string {
  return `unset ${shellVariables.filter((name) => !(name in env)).join(" ")}; exec "$@"`;
}

/** Runs a command, and settles when nothing of it is left. */
export async function runProcess(options: ProcessOptions): Promise<ProcessEnd> {
  const { argv, env, cwd, signal, onChunk } = options;
  signal.throwIfAborted();
  const child = execa("/bin/sh", ["-c", guard + become(env), "sh", ...argv], {
    env,
    cwd,
    extendEnv: false,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stripFinalNewline: false,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const group = new ProcessGroup(child.pid, options.graceMs);
  const stop = (): void => void group.stop();
  signal.addEventListener("abort", stop, { once: true });
  // What the command leaves running in its group holds its output open, too.
  child.once("exit", () => group.kill());
  const pump = async (stream: "stdout" | "stderr"): Promise<void> => {
    for await (const chunk of child[stream] as AsyncIterable<Buffer>) await onChunk(stream, chunk);
  };
  try {
    await Promise.all([pump("stdout"), pump("stderr")]);
    const { exitCode, signal: endedBy, failed, cause } = await child;
    if (failed && exitCode === undefined && endedBy === undefined) throw cause;
    return { exitCode, endedBy };
  } finally {
    signal.removeEventListener("abort", stop);
    group.kill();
  }
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

  #signal(signal: NodeJS.Signals): void {
    if (this.#leader === undefined) return;
    try {
      process.kill(-this.#leader, signal);
    } catch {
      // Nobody is left in it.
    }
  }
}
