/**
 * Program: builds the workspace and takes out what it was built for.
 *
 * Binaries go to `<out>/bin`, libraries for other languages to `<out>/lib`, examples that were asked for to
 * `<out>/examples`: right after the build, because a later `cargo test` may write other binaries in their place.
 *
 * Parameters: `args` for cargo, a `build`; `out`, the folder to make; `target` (default
 * `../target`); `workspace` (default `.`).
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { runCargo, takeOver } from "./consumer.ts";
import { installedFiles } from "./installation.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { copyFile } from "./tree.ts";

runProgram(install);

async function install(parameters: Parameters): Promise<void> {
  const out = parameters.string("out");
  const target = parameters.string("target", "../target");
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  const artifacts = await runCargo(consumer, parameters.strings("args"));

  const members = consumer.locals.packages.filter(({ isMember }) => isMember);
  const manifests = new Set(members.map(({ manifest }) => manifest));
  const files = installedFiles(artifacts, manifests);
  mkdirSync(out, { recursive: true });
  for (const [place, file] of files) {
    copyFile(file, join(out, place));
    say(`installed ${place}`);
  }
  if (files.size === 0) say("warning: nothing to install: no binary, no linkable library");
}
