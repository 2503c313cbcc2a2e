/**
 * Program: runs `cargo doc` and takes out what it wrote.
 *
 * Parameters: `args` for cargo, a `doc`; `out`, the folder to make; `target` (default
 * `../target`); `workspace` (default `.`).
 *
 * @module
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { runCargo, takeOver } from "./consumer.ts";
import { Failure } from "./failure.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { platformDirectories } from "./target-directory.ts";
import { copyTree } from "./tree.ts";

runProgram(doc);

async function doc(parameters: Parameters): Promise<void> {
  const args = parameters.strings("args");
  const target = parameters.string("target", "../target");
  const consumer = await takeOver(target, parameters.string("workspace", "."));
  // Pages of an earlier run would be among the new ones, and in their index.
  for (const folder of docFolders(target)) rmSync(folder, { recursive: true });
  await runCargo(consumer, args);

  const [folder, other] = docFolders(target);
  if (folder === undefined || other !== undefined) {
    throw new Failure(
      `\`cargo ${args.join(" ")}\` wrote ${other === undefined ? "no" : "two sets of"} documentation`,
      {
        hint: "document one target triple at a time, and at least one library or program",
      },
    );
  }
  copyTree(folder, parameters.string("out"), (path) => path === ".lock");
  say("documentation written");
}

function docFolders(target: string): readonly string[] {
  return platformDirectories(target)
    .map((folder) => join(folder, "doc"))
    .filter((folder) => existsSync(folder));
}
