/**
 * Running tools: catching what they print, or letting it through.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { Failure } from "./failure.ts";

/** What the variables of this process are changed by. */
export type Environment = Readonly<Record<string, string>>;

/** How a caught tool ended. */
export interface Caught {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tool's output may be the coverage of a large program. */
const LARGEST_OUTPUT = 1 << 30;

/**
 * Runs a tool and catches what it prints; its standard error goes through as well.
 *
 * @throws {@link Failure} when there is no such tool on `PATH`.
 */
export function catchOutput(command: string, args: readonly string[]): Caught {
  const child = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: LARGEST_OUTPUT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.error !== undefined) throw cannotStart(command, child.error);
  process.stderr.write(child.stderr);
  return { exitCode: exitCodeOf(child.status), stdout: child.stdout, stderr: child.stderr };
}

/** Like {@link catchOutput}, for a tool that must succeed. */
export function outputOf(command: string, args: readonly string[]): string {
  const { exitCode, stdout } = catchOutput(command, args);
  if (exitCode !== 0) {
    throw new Failure(`\`${[command, ...args].join(" ")}\` ended with exit code ${exitCode}`);
  }
  return stdout;
}

/**
 * Runs a tool and hands over each line of its standard output while it runs. Lines of its standard error
 * are handed over as well, and let through unless that says `false`.
 *
 * @returns its exit code.
 * @throws {@link Failure} when there is no such tool on `PATH`.
 */
export async function runLines(
  command: string,
  args: readonly string[],
  {
    env = {},
    onLine,
    onErrorLine = () => undefined,
  }: {
    env?: Environment;
    onLine: (line: string) => void;
    onErrorLine?: (line: string) => unknown;
  },
): Promise<number> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => {
      reject(cannotStart(command, error));
    });
    child.once("close", (code) => {
      resolve(exitCodeOf(code));
    });
  });
  const read = [
    eachLine(child.stdout, onLine),
    eachLine(child.stderr, (line) => {
      if (onErrorLine(line) !== false) process.stderr.write(`${line}\n`);
    }),
  ];
  const exitCode = await closed;
  await Promise.all(read);
  return exitCode;
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on("line", onLine);
  await new Promise((resolve) => lines.once("close", resolve));
}

function cannotStart(command: string, cause: Error): Failure {
  return new Failure(`\`${command}\` cannot be started: ${cause.message}`, {
    hint: `put \`${command}\` among the tools of this stage`,
  });
}

/** A process that a signal ended has no code; shells say 128 and more. */
function exitCodeOf(code: number | null): number {
  return code ?? 128;
}
