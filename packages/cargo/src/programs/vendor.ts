/**
 * Program: makes a folder of the external crates that a `Cargo.lock` names.
 *
 * Each crate goes to `<name>-<version>-<content hash>`. Cargo never looks into the files
 * of a registry crate to see whether they changed, but it does notice another path, so
 * the hash is what makes an edited crate compile again.
 *
 * Parameters: `lock`, the lock file; `registry`, a directory source to take the crates from
 * (not needed when the lock names none); `out`, the folder to make.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { configPaths } from "./cargo-config.ts";
import { type CrateIndex, findCrate, indexDirectorySource } from "./directory-source.ts";
import { Failure } from "./failure.ts";
import { type LockedPackage, parseLock } from "./lock.ts";
import type { Parameters } from "./parameters.ts";
import { runProgram, say } from "./program.ts";
import { sourceReplacement } from "./source-replacement.ts";
import { readToml, type Table } from "./table.ts";
import { copyTree, hashTree } from "./tree.ts";

await runProgram(vendor);

function vendor(parameters: Parameters): void {
  const lockPath = parameters.string("lock");
  const out = resolve(parameters.string("out"));
  const externals = readExternals(lockPath);
  const registry = openRegistry(parameters.optionalString("registry"), externals);

  mkdirSync(out, { recursive: true });
  for (const wanted of externals) {
    const { directory } = findCrate(registry, wanted);
    const hash = hashTree(directory).slice(0, 16);
    copyTree(directory, join(out, `${wanted.name}-${wanted.version}-${hash}`));
  }
  const config = sourceReplacement(
    externals.map((wanted) => wanted.source),
    { directory: basename(out), projectConfig: readProjectConfig(dirname(lockPath)) },
  );
  writeFileSync(join(out, "config.toml"), config);
  say(`vendored ${externals.length} crates`);
}

type External = LockedPackage & { readonly source: string };

function readExternals(lockPath: string): readonly External[] {
  if (!existsSync(lockPath)) {
    throw new Failure(`there is no lock file at \`${lockPath}\``, {
      hint: "write one with `cargo generate-lockfile`, and keep it with the sources",
    });
  }
  const lock = parseLock(readFileSync(lockPath, "utf8"), lockPath);
  const externals = lock.filter((entry): entry is External => entry.source !== undefined);
  refuseTwins(externals);
  return externals;
}

/** One folder replaces all registries, so it can hold one crate of a name and version. */
function refuseTwins(externals: readonly External[]): void {
  const sources = new Map<string, string>();
  for (const { name, version, source } of externals) {
    const twin = sources.get(`${name} ${version}`);
    if (twin !== undefined) {
      throw new Failure(`\`${name} ${version}\` is in Cargo.lock from both ${twin} and ${source}`, {
        hint: "depend on two different versions, or on one registry",
      });
    }
    sources.set(`${name} ${version}`, source);
  }
}

function openRegistry(path: string | undefined, externals: readonly External[]): CrateIndex {
  if (externals.length === 0) return new Map();
  if (path === undefined || !existsSync(path)) {
    const place = path === undefined ? "no registry is given" : `there is nothing at \`${path}\``;
    throw new Failure(`Cargo.lock names ${externals.length} external crates, but ${place}`, {
      hint: "give a directory source, such as `cargo vendor --locked --versioned-dirs` makes",
    });
  }
  return indexDirectorySource(path);
}

function readProjectConfig(workspace: string): Table {
  const [path] = configPaths(workspace);
  return path === undefined ? {} : readToml(path);
}
