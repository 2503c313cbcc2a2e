/**
 * The files of a project that cargo reads.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { source, type Tree } from "@ashlar/core";

import { pathOf } from "./manifest-place.ts";

/** What cargo compiles, and what it goes by. */
const CARGO_SOURCES = ["**/*.rs", "**/*.toml", "**/Cargo.lock", "**/.cargo/config"];

/** Files of a project, by what they are: absolute paths if its folder is one, sorted. */
export interface CargoFiles {
  readonly cargoTomls: readonly string[];
  /** `.cargo/config.toml`, and `.cargo/config` as it was called once. */
  readonly cargoConfigs: readonly string[];
}

/**
 * Of a source, Rust code, TOML and lock files: what many workspaces are made of. Whoever reads other files from code, with
 * `include_str!` say, needs those as well, and is better off with all of `source(".")`.
 *
 * @param src - A directory, as for `source`, or a tree.
 * @param extra - Globs of more files.
 */
export function cleanCargoSource(src: Tree | string | URL, extra: readonly string[] = []): Tree {
  const include = [...CARGO_SOURCES, ...extra];
  return typeof src === "string" || src instanceof URL
    ? source(src, { include })
    : src.pick(...include);
}

/**
 * Finds the manifests and the settings of cargo in a folder and below, now.
 *
 * @param skip - Names of folders that are not looked into. @defaultValue `.git`, `target`, `node_modules`
 */
export function findCargoFiles(
  folder: string | URL,
  skip: readonly string[] = [".git", "target", "node_modules"],
): CargoFiles {
  const found = [...filesIn(pathOf(folder), new Set(skip))].toSorted();
  return {
    cargoTomls: found.filter((path) => /(^|\/)Cargo\.toml$/.test(path)),
    cargoConfigs: found.filter((path) => /(^|\/)\.cargo\/config(\.toml)?$/.test(path)),
  };
}

function* filesIn(folder: string, skip: ReadonlySet<string>): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !skip.has(entry.name)) yield* filesIn(path, skip);
  }
}
