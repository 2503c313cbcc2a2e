/**
 * Program: runs `cargo nextest`, and keeps its reports, also when tests fail.
 *
 * Parameters: `args` for cargo, a `nextest run` or a `nextest archive`; `reports`, the folder to make, with what nextest has
 * written for each of its profiles (not for an archive); `isArchived`, whether `args` run tests that are built, so that there is no target directory;
 * `home`, a folder for settings (default `../home`); `target` (default `../target`); `workspace` (default `.`).
 *
 * @module
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { cargoFailure } from "./cargo-failure.ts";
import { runCargo, takeOver } from "./consumer.ts";
import { nestedCargo } from "./nested-cargo.ts";
import type { Parameters } from "./parameters.ts";
import { runLines } from "./process.ts";
import { runProgram, say } from "./program.ts";
import { copyTree, walk } from "./tree.ts";

runProgram(nextest);

async function nextest(parameters: Parameters): Promise<void> {
  const args = parameters.strings("args");
  const workspace = parameters.string("workspace", ".");
  const reports = parameters.optionalString("reports");
  const settings = writeSettings(resolve(parameters.string("home", "../home")));
  const words = args[1] === "run" ? withSettings(args, settings) : args;
  try {
    if (parameters.boolean("isArchived")) return await runArchived(words);
    const consumer = await takeOver(parameters.string("target", "../target"), workspace);
    await runCargo(consumer, words, nestedCargo());
  } finally {
    if (reports !== undefined) keepReports(workspace, reports);
  }
}

/** Without a target directory there is nothing to check but how it ends. */
async function runArchived(args: readonly string[]): Promise<void> {
  const said: string[] = [];
  const onLine = (line: string): void => {
    say(line);
    said.push(line);
  };
  const onErrorLine = (line: string): unknown => said.push(line);
  const exitCode = await runLines("cargo", args, { onLine, onErrorLine });
  if (exitCode !== 0) throw cargoFailure({ args, exitCode, said }, { packages: [] });
}

/** Asks for a report. What a project's own `.config/nextest.toml` says comes first. */
function writeSettings(home: string): string {
  mkdirSync(home, { recursive: true });
  const path = join(home, "nextest.toml");
  writeFileSync(path, '[profile.default.junit]\npath = "junit.xml"\n');
  return path;
}

function withSettings([command, run, ...rest]: readonly string[], path: string): readonly string[] {
  const words = [command, run].filter((word) => word !== undefined);
  return [...words, "--tool-config-file", `ashlar:${path}`, ...rest];
}

/** Nextest keeps what it writes beside the sources, whatever the target directory is. */
function keepReports(workspace: string, reports: string): void {
  const from = join(workspace, "target", "nextest");
  mkdirSync(reports, { recursive: true });
  if (!existsSync(from)) return;
  const files = [...walk(from)].filter(({ kind }) => kind === "file");
  const wanted = new Set(files.map(({ path }) => path).filter((path) => path.endsWith(".xml")));
  const folders = [...wanted].map((path) => `${path}/`);
  copyTree(
    from,
    reports,
    (path) => !wanted.has(path) && !folders.some((folder) => folder.startsWith(`${path}/`)),
  );
}
