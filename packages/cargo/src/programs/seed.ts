/**
 * Seeds: the compiled dependencies of the last time, kept in a cache for the next.
 *
 *     <seed>/conditions     what cargo does not see, of the run that left them
 *           /target/        all that it left
 *
 * Cargo takes from them what has not changed, and compiles the rest. It can tell whether a crate has: another
 * version or content has another path, and flags, features and the compiler are in its fingerprints. What it
 * cannot tell are the *conditions*: variables and programs that build scripts may use without saying so, and files
 * that are not of a registry. Under other conditions a seed is none. So what comes out is what would have come out
 * without it, and tests compare the bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";

import { configFiles } from "./cargo-config.ts";
import type { Locals } from "./locals.ts";
import { compare, copyTree, forgetTimes, hashTree } from "./tree.ts";

/** Variables that say where a command runs, which is the same place each time. */
const PLACES = new Set(["HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "TMPDIR", "_"]);

/** Takes up what the last run under these conditions has left. False when there is nothing of use. */
export function takeSeed(seed: string, conditions: string, target: string): boolean {
  const marker = join(seed, "conditions");
  if (!existsSync(marker) || readFileSync(marker, "utf8") !== conditions) return false;
  copyTree(join(seed, "target"), target);
  forgetTimes(target);
  return true;
}

/** Leaves a target directory for the next run. One that is interrupted leaves nothing. */
export function leaveSeed(seed: string, conditions: string, target: string): void {
  const marker = join(seed, "conditions");
  const place = join(seed, "target");
  const draft = join(seed, "next");
  rmSync(marker, { force: true });
  for (const folder of [draft, place]) rmSync(folder, { recursive: true, force: true });
  copyTree(target, draft);
  renameSync(draft, place);
  writeFileSync(marker, conditions);
}

/**
 * All that decides about compiled crates and that cargo does not see, as a hash.
 *
 * @param vendor - Folder of the external crates: those of git are named by a commit, whose files might be given by
 *   somebody else.
 */
export function seedConditions(locals: Locals, rustc: string, vendor: string): string {
  const config = [...configFiles(locals.root, locals.tree)].toSorted(compare);
  const kept = locals.packages.filter(({ isKept }) => isKept).map(({ directory }) => directory);
  const repositories = foldersIn(vendor).filter((name) => name.startsWith("git-"));
  const parts = [
    rustc,
    ...Object.entries(process.env)
      .filter(([name]) => !PLACES.has(name))
      .map(([name, value]) => `${name}=${value}`)
      .toSorted(compare),
    ...programs(),
    ...config.map((path) => `${relative(locals.tree, path)} ${readFileSync(path, "utf8")}`),
    ...kept.map((folder) => `${relative(locals.tree, folder)} ${hashTree(folder)}`),
    ...repositories.map((name) => `${name} ${hashTree(join(vendor, name))}`),
  ];
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)} ${part}`);
  return hash.digest("hex");
}

/** The programs that are on `PATH`, and how they look. Of scripts and links, what they lead to. */
function programs(): readonly string[] {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    foldersAndFilesIn(folder).flatMap((name) => {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() !== true) return [];
      // The folder of the tools is another one in each run, but not what its links lead to.
      const real = realpathSync(path);
      const shown = real.startsWith(folder) ? name : real;
      return [`${name} ${shown} ${stats.size} ${shown === name ? "" : stats.mtimeMs}`];
    }),
  );
}

function foldersIn(folder: string): readonly string[] {
  return existsSync(folder) ? foldersAndFilesIn(folder) : [];
}

function foldersAndFilesIn(folder: string): readonly string[] {
  return readdirSync(folder).toSorted(compare);
}
