#!/usr/bin/env node
/**
 * The process: signals, streams and the exit code. Everything else is in `program.ts`.
 *
 * The first Ctrl-C cancels what runs and reports what was done until then; the second ends the process at
 * once, and what runners have started with it.
 *
 * @module
 */
import { exitCode } from "./exit-code.ts";
import { runCommandLine } from "./program.ts";
import { outputOf, Stopped } from "./surroundings.ts";

let controller: AbortController | undefined;

/** From when somebody asks for it, signals do not end the process any more, but abort this. */
function listen(): AbortController {
  const made = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (made.signal.aborted) process.exit(exitCode.interrupted);
      made.abort(new Stopped(signal));
    });
  }
  return made;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever has read enough, as `head` does, has not been failed.
    if (error.code === "EPIPE") process.exit(exitCode.unheard);
    // A full disk cannot be told of on that disk; on the other stream, perhaps.
    if (stream === process.stdout) process.stderr.write(`ashlar: cannot print: ${error.message}\n`);
    process.exit(exitCode.unable);
  });
}

// Not awaited here: in a bundle, commands import from the module that this is part of, and would wait for its end.
void runCommandLine(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  out: outputOf(process.stdout),
  err: outputOf(process.stderr),
  // While a build file is loaded, which may never end, Ctrl-C does what it does anywhere.
  get signal() {
    return (controller ??= listen()).signal;
  },
}).then((code) => {
  process.exitCode = code;
});
