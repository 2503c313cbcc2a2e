/**
 * Program: runs any cargo command on real sources, in an inherited target directory, and keeps what it writes.
 *
 * A command that others have written, or an alias of the project, may run cargo itself: so it is led to the external crates
 * by cargo's home, as tests are.
 *
 * Parameters: `args` for cargo; `isForeign`, whether the command is not cargo's own; `out`, the folder that is there for what it writes; `target` (default `../target`);
 * `workspace` (default `.`).
 *
 * @module
 */
import { mkdirSync } from "node:fs";

import { runCargo, takeOver } from "./consumer.ts";
import { nestedCargo } from "./nested-cargo.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram } from "./program.ts";

runProgram(command);

async function command(parameters: Parameters): Promise<void> {
  const target = parameters.string("target", "../target");
  // A command that compiles nothing leaves it empty.
  for (const folder of [target, parameters.string("out")]) mkdirSync(folder, { recursive: true });
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  const isForeign = parameters.boolean("isForeign");
  await runCargo(consumer, parameters.strings("args"), { ...nestedCargo(), isForeign });
}
