/**
 * Program: decides what of a workspace some of its packages need.
 *
 * Those packages, all local ones that they depend on, and all that an external crate may stand on are the
 * *closure*. Its root manifest names no other members, and its lock file no other crates: that is written by
 * cargo itself, for only cargo knows which optional crates are left.
 *
 * Parameters: `packages`, as in cargo's `--package`; `out`, the folder for `Cargo.toml` and `Cargo.lock`;
 * `closure`, the JSON file for what is left out (`dropped`, paths); `config`, where external crates are;
 * `workspace` (default `.`).
 *
 * @module
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { closureOf, droppedPaths } from "./closure.ts";
import { Failure } from "./failure.ts";
import { findLocals, type LocalPackage, type Locals } from "./locals.ts";
import { checkLock } from "./lock-check.ts";
import { parseLock } from "./lock.ts";
import type { Parameters } from "./parameters.ts";
import { catchOutput } from "./process.ts";
import { runProgram, say } from "./program.ts";
import { subsetManifest } from "./subset-manifest.ts";
import { readToml } from "./table.ts";
import { copyFile, walk } from "./tree.ts";

/** Where the closure is laid out for cargo, beside the workspace. */
const WORK = "../subset-work";

await runProgram(subset);

function subset(parameters: Parameters): void {
  const locals = findLocals(parameters.string("workspace", "."));
  checkLock(locals);
  const closure = closureOf(parameters.strings("packages"), locals.packages);
  const out = resolve(parameters.string("out"));
  mkdirSync(out, { recursive: true });

  const work = resolve(WORK);
  const manifest = rootManifest(closure, locals);
  layOutline(closure, locals, work);
  writeFileSync(join(work, "Cargo.toml"), manifest);
  writeFileSync(join(out, "Cargo.toml"), manifest);
  lockAgain(work, parameters.string("config"), locals);
  copyFileSync(join(work, "Cargo.lock"), join(out, "Cargo.lock"));
  rmSync(work, { recursive: true });

  const dropped = droppedPaths(closure, locals);
  writeFileSync(parameters.string("closure"), `${JSON.stringify({ dropped }, null, 2)}\n`);
  say(`${closure.length} of ${locals.packages.length} local packages are needed`);
}

function rootManifest(closure: readonly LocalPackage[], { root }: Locals): string {
  const path = join(root, "Cargo.toml");
  const manifest = readToml(path);
  // A package without a workspace: there is nothing that could be left out of it.
  if (manifest["workspace"] === undefined) return readFileSync(path, "utf8");
  return subsetManifest(manifest, {
    members: closure
      .filter(({ isMember, directory }) => isMember && directory !== root)
      .map(({ directory }) => relative(root, directory)),
    manifests: closure.map((local) => readToml(local.manifest)),
    isRootNeeded: closure.some(({ directory }) => directory === root),
  });
}

/** Lays out what cargo looks at when it resolves: manifests, and the files that targets are found by. */
function layOutline(closure: readonly LocalPackage[], { tree, root }: Locals, work: string): void {
  copyFile(join(root, "Cargo.lock"), join(work, "Cargo.lock"));
  const paths = closure.flatMap(({ manifest, targets, directory, isKept }) => [
    manifest,
    ...targets.map(({ path }) => path),
    // Of a patch nobody has asked cargo, and so its targets are not known.
    ...(isKept ? codeIn(directory) : []),
  ]);
  for (const path of new Set(paths)) {
    const to = join(work, relative(tree, path));
    mkdirSync(dirname(to), { recursive: true });
    copyFile(path, to);
  }
}

function codeIn(folder: string): readonly string[] {
  const entries = [...walk(folder, (path) => /(^|\/)(\.git|target)$/.test(path))];
  return entries
    .filter(({ path, kind }) => kind === "file" && path.endsWith(".rs"))
    .map(({ path }) => join(folder, path));
}

/** Has cargo leave out of the lock file what is not needed. @throws {@link Failure} when it adds something. */
function lockAgain(work: string, config: string, { lock }: Locals): void {
  const words = ["metadata", "--format-version", "1", "--offline", "--config", config];
  const { exitCode } = catchOutput("cargo", [
    ...words,
    "--manifest-path",
    join(work, "Cargo.toml"),
  ]);
  if (exitCode !== 0) {
    throw new Failure("cargo cannot resolve the dependencies of these packages", {
      exitCode,
      hint: "it says why above; if all of the workspace builds, please report this",
    });
  }
  const path = join(work, "Cargo.lock");
  const known = new Set(lock.map(identity));
  const added = parseLock(readFileSync(path, "utf8"), path).filter(
    (entry) => !known.has(identity(entry)),
  );
  if (added.length === 0) return;
  const titles = added.map(({ name, version }) => `\`${name} ${version}\``).join(", ");
  throw new Failure(`Cargo.lock disagrees with the manifests: ${titles} would be added to it`, {
    hint: "bring it up to date with `cargo update --workspace`, and keep it with the sources",
  });
}

function identity({ name, version, source = "" }: ReturnType<typeof parseLock>[number]): string {
  return `${name} ${version} ${source}`;
}
