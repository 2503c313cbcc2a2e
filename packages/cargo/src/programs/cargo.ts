/**
 * Program: runs one cargo command on real sources, in an inherited target directory.
 *
 * For commands whose result is that they succeed (`clippy`, `test`, `check`), or that stays
 * in the target directory (`doc`).
 *
 * Parameters: `args` for cargo; `target` (default `../target`); `workspace` (default `.`).
 *
 * @module
 */
import { runCargo, takeOver } from "./consumer.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram } from "./program.ts";

runProgram(cargo);

async function cargo(parameters: Parameters): Promise<void> {
  const target = parameters.string("target", "../target");
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  await runCargo(consumer, parameters.strings("args"));
}
