/**
 * Program: has cargo write the lock file for some packages of a workspace.
 *
 * Started in their outline, which may be written to. Its lock file may name too much: which optional crates are
 * left, only cargo knows.
 *
 * Parameters: `out`, the folder for `Cargo.lock`, at the place that it has in the outline; `config`, where external crates are; `workspace` (default `.`).
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { withProjectConfig } from "./cargo-config.ts";
import { Failure } from "./failure.ts";
import { parseLock, type LockedPackage } from "./lock.ts";
import type { Parameters } from "./parameters.ts";
import { catchOutput } from "./process.ts";
import { runProgram, say } from "./program.ts";
import { copyFile } from "./tree.ts";

runProgram(subsetLock);

function subsetLock(parameters: Parameters): void {
  const workspace = parameters.string("workspace", ".");
  const lockPath = join(workspace, "Cargo.lock");
  const before = readLock(lockPath);
  resolveAgain(workspace, parameters.string("config"));
  const after = readLock(lockPath);
  refuseAdded(before, after);
  copyFile(lockPath, resolve(parameters.string("out"), lockPath));
  say(`${after.length} packages are locked`);
}

function resolveAgain(workspace: string, config: string): void {
  const words = ["metadata", "--format-version", "1", "--offline", "--config", config];
  const place = { root: resolve(workspace), tree: process.cwd() };
  const { exitCode } = catchOutput("cargo", [
    ...withProjectConfig(words, place),
    "--manifest-path",
    join(workspace, "Cargo.toml"),
  ]);
  if (exitCode === 0) return;
  throw new Failure("cargo cannot resolve the dependencies of these packages", {
    exitCode,
    hint: "it says why above; if all of the workspace builds, please report this",
  });
}

/** Only leaving out is allowed. */
function refuseAdded(before: readonly LockedPackage[], after: readonly LockedPackage[]): void {
  const known = new Set(before.map(identity));
  const added = after.filter((entry) => !known.has(identity(entry)));
  if (added.length === 0) return;
  const titles = added.map(({ name, version }) => `\`${name} ${version}\``).join(", ");
  throw new Failure(`Cargo.lock disagrees with the manifests: ${titles} would be added to it`, {
    hint: "bring it up to date with `cargo update --workspace`, and keep it with the sources",
  });
}

function readLock(path: string): readonly LockedPackage[] {
  return parseLock(readFileSync(path, "utf8"), path);
}

function identity({ name, version, source = "" }: LockedPackage): string {
  return `${name} ${version} ${source}`;
}
