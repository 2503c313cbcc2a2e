/**
 * The frame around each program: parameters in, exit code out.
 *
 * A program is started as `node <name>.js '<json>'`. It talks to people on
 * standard error and ends with 0, or with another code and a reason.
 *
 * @module
 */
import { stderr } from "node:process";

import { Failure, renderFailure } from "./failure.ts";
import { Parameters } from "./parameters.ts";

/** What Node ends with when a module waits for what never comes. */
const UNFINISHED = 13;

/**
 * Runs `main` with the parameters of this process, and turns what it throws into an exit code. Nobody waits for it: as a script
 * that need not be a module, a program starts 6 ms sooner.
 */
export function runProgram(main: (parameters: Parameters) => unknown): void {
  process.exitCode = UNFINISHED;
  void finish(main);
}

async function finish(main: (parameters: Parameters) => unknown): Promise<void> {
  try {
    await main(Parameters.parse(process.argv[2]));
    process.exitCode = 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    stderr.write(renderFailure(error));
    process.exitCode = error.exitCode;
  }
}

/** Prints one line for people. */
export function say(line: string): void {
  stderr.write(`${line}\n`);
}
