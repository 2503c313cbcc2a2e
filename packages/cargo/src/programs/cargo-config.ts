/**
 * Cargo's configuration files in a source tree, and the files that they name.
 *
 * A configuration may name a linker, a wrapper, a linker script, a target
 * specification, another configuration. Which keys do so changes with cargo's version,
 * so any word of any string counts that is the path of a file in the tree.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { asTable, readToml } from "./table.ts";
import { isWithin } from "./tree.ts";

/** The configuration files in one folder, the one that cargo prefers first. */
export function configPaths(folder: string): readonly string[] {
  const names = ["config", "config.toml"];
  return names.map((name) => join(folder, ".cargo", name)).filter((path) => existsSync(path));
}

/**
 * The configuration files that apply in `workspace`, and every file that they name.
 *
 * @param tree - root of the sources: nothing outside counts.
 * @returns absolute paths, in no particular order.
 */
export function configFiles(workspace: string, tree: string): ReadonlySet<string> {
  const files = new Set<string>();
  const pending = foldersBetween(workspace, tree).flatMap(configPaths);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    if (path.endsWith(".toml") || path.endsWith("/.cargo/config")) {
      pending.push(...filesNamedBy(path, tree));
    }
  }
  return files;
}

/**
 * Arguments that tell cargo of the configuration files between `tree`, where it is started, and the workspace below:
 * it looks for them only from where it is started upwards. What comes later counts more.
 */
export function configArguments(workspace: string, tree: string): readonly string[] {
  const folders = foldersBetween(workspace, tree).slice(1);
  const paths = folders.flatMap((folder) => configPaths(folder).slice(0, 1));
  return paths.flatMap((path) => ["--config", relative(tree, path)]);
}

/** Where cargo is started, and for what. */
export interface Place {
  readonly root: string;
  readonly tree: string;
}

/** Adds those in front of the settings that a command has already. */
export function withProjectConfig(
  args: readonly string[],
  { root, tree }: Place,
): readonly string[] {
  const own = configArguments(root, tree);
  const at = args.indexOf("--config");
  if (own.length === 0 || at === -1) return args;
  return [...args.slice(0, at), ...own, ...args.slice(at)];
}

/** The words of a configuration's strings that may be paths: `-Clink-arg=-Tlink.x` has `link.x`. */
export function pathCandidates(text: string): readonly string[] {
  const words = text.split(/[\s=,]+/).filter(Boolean);
  const unprefixed = words.map((word) => word.replace(/^-[A-Z]/, ""));
  return [...new Set([text, ...words, ...unprefixed])].filter(
    (word) => !/\.rs$|(^|\/)Cargo\.(toml|lock)$/.test(word),
  );
}

function filesNamedBy(config: string, tree: string): readonly string[] {
  const folder = dirname(config);
  // `include` is relative to the file itself; all else to the folder that holds `.cargo`.
  const bases = [dirname(folder), folder];
  return stringsIn(readToml(config))
    .flatMap(pathCandidates)
    .flatMap((word) => bases.map((base) => resolve(base, word)))
    .filter((path) => isWithin(path, tree) && statSync(path, { throwIfNoEntry: false })?.isFile());
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return Object.values(asTable(value) ?? {}).flatMap(stringsIn);
}

function foldersBetween(inner: string, outer: string): readonly string[] {
  const steps = relative(outer, inner).split("/").filter(Boolean);
  return [outer, ...steps.map((_, index) => join(outer, ...steps.slice(0, index + 1)))];
}
