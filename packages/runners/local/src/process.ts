/**
 * Processes: one command and all that it starts, from its start to the end of the last of them.
 *
 * The command leads a process group, so that all of it can be killed together. What leaves the group
 * on purpose, as a daemon does, is out of reach.
 *
 * @module
 */
import type { Guard } from "./guard.ts";
import { LogStream } from "./log-stream.ts";
import type { ProcessEnd, Program } from "./place.ts";
import { ProcessGroup } from "./process-group.ts";

/** How to run a program. */
export interface ProcessOptions {
  readonly cwd: string;
  /** Time between asking a stopped command to end and killing it, in milliseconds. */
  readonly graceMs: number;
  /** Whether the first process is not asked to end. @defaultValue false */
  readonly sparesLeader?: boolean | undefined;
  readonly guard: Guard;
  readonly signal: AbortSignal;
  /** Called as soon as the program has been started, before anything of what it prints is taken. */
  readonly onStarted?: (() => void) | undefined;
  /** Takes what is printed. The next chunk of a stream comes when this one is dealt with. */
  readonly onChunk: (stream: "stdout" | "stderr", chunk: Buffer) => Promise<void>;
}

/** Exit codes, as shells give them, for programs that the system refuses to start. */
const startFailures: Readonly<Record<string, number>> = {
  ENOENT: 127,
  EACCES: 126,
  ENOEXEC: 126,
  E2BIG: 126,
};

/** What a person may make of that. */
const startRemarks: Readonly<Record<string, string>> = {
  ENOENT: "is its interpreter there?",
  E2BIG:
    "an argument or a variable is too long (Linux takes 128 KiB); hand it over as a file, such as `text(…)`",
};

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
  const group = new ProcessGroup(child.pid, options.graceMs, options.sparesLeader);
  if (child.pid !== undefined) guard.watch(child.pid);
  const stop = (): void => group.stop();
  signal.addEventListener("abort", stop, { once: true });
  options.onStarted?.();
  const outputs = { stdout: new LogStream(child.stdout), stderr: new LogStream(child.stderr) };
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
  const remark = startRemarks[code];
  const why = remark === undefined ? code : `${code}: ${remark}`;
  await onChunk("stderr", Buffer.from(`${file} cannot be started: ${why}\n`));
  return exitCode;
}
