#!/usr/bin/env node
/**
 * The process: signals, streams and the exit code. Everything else is in `program.ts`.
 *
 * The first Ctrl-C cancels what runs and reports what was done until then; the second ends the process at
 * once, and what runners have started with it. In a project that has a program of its own, that one does the work.
 *
 * @module
 */
import * as nodeModule from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

import { exitCode } from "./exit-code.ts";
import { projectsOwn } from "./hand-over.ts";
import { runCommandLine } from "./program.ts";
import { outputOf, Stopped, type Surroundings } from "./surroundings.ts";

/** Not in every Node, nor in the types of the oldest one. */
const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown };

/** How long a process may go on that was asked to end, and has done all that there was to do, in milliseconds. */
const lingerMs = 500;

let controller: AbortController | undefined;

/** From when somebody asks for it, signals do not end the process any more, but abort this. */
function listen(): AbortController {
  const made = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (made.signal.aborted) {
        process.stderr.write("\nended at once; what was finished before is in the store\n");
        process.exit(exitCode.interrupted);
      }
      made.abort(new Stopped(signal));
    });
  }
  return made;
}

/** Runs what was typed, to its end. */
function start(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // Whoever has read enough, as `head` does, has not been failed.
      if (error.code === "EPIPE") process.exit(exitCode.unheard);
      // A full disk cannot be told of on that disk; on the other stream, perhaps.
      const said = `ashlar: cannot print: ${error.message}\n`;
      if (stream === process.stdout) process.stderr.write(said);
      process.exit(exitCode.unable);
    });
  }

  // What a build file prints is not what was asked for: it would spoil `--json`, and graphs that are piped on.
  const { Console } = console;
  globalThis.console = new Console(process.stderr);

  let isOver = false;
  process.once("beforeExit", () => {
    if (isOver) return;
    // Without this, the process would end here, and as if all were done.
    process.stderr.write(`error[BUILD_FILE_FAILED]: the build file awaits something that never comes

hint: nothing is left to do that could settle it: look at what it, and what it imports, awaits
`);
    process.exitCode = exitCode.notBegun;
  });

  const surroundings: Surroundings = {
    cwd: process.cwd(),
    env: process.env,
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    // While a build file is loaded, which may never end, Ctrl-C does what it does anywhere.
    get signal() {
      return (controller ??= listen()).signal;
    },
  };
  // Not awaited: in a bundle, commands import from the module that this is part of, and would wait for its end.
  void runCommandLine(process.argv.slice(2), surroundings).then((code) => {
    isOver = true;
    process.exitCode = code;
    // Whoever has asked for the end is not to wait for what a build file has left open, or for a watcher that its library has
    // lost: it sometimes opens one again that is being closed. If there is nothing, the process ends before that.
    if (controller?.signal.aborted === true) setTimeout(() => process.exit(), lingerMs).unref();
  });
}

// What is loaded from here on is compiled once, with a Node that can keep that: 7 ms less of the 115 that a build takes
// in which nothing has to run.
enableCompileCache?.();
const own = projectsOwn(process.argv.slice(2), process.cwd(), fileURLToPath(import.meta.url));
if (own === undefined) start();
else void import(pathToFileURL(own).href);
