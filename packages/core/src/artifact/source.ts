/**
 * Sources: artifacts from the user's disk.
 *
 * Naming one reads nothing. When a build starts, each source is copied into the store once, and every
 * stage sees that snapshot: an edit during the build cannot reach it.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { makeTree } from "./artifact.ts";
import type { File, SourceFilter, Tree } from "./handle.ts";

/** Which entries of a directory belong to a source. */
export interface SourceOptions {
  /**
   * Globs of what belongs to the source, relative to its directory. A directory that matches brings
   * everything below it.
   *
   * @defaultValue everything
   */
  readonly include?: readonly string[];
  /** Globs of what does not, even if included. @defaultValue nothing */
  readonly exclude?: readonly string[];
  /**
   * Whether what git ignores is left out: `.git` itself, and what a `.gitignore` in the directory, in
   * one of its parents up to the repository's root, or below says. Only those files are read, not
   * the settings of the user's git.
   *
   * @defaultValue true
   */
  readonly gitignore?: boolean;
}

/** Makes sources. */
export interface MakeSource {
  /**
   * A directory on the user's disk, as it is when the build starts. The build's own store is no part of it, wherever
   * it lies.
   *
   * @param directory - Absolute, a `file:` URL, or relative to the root directory of the build.
   */
  (directory: string | URL, options?: SourceOptions): Tree;
  /** One file on the user's disk. Nothing else in its directory counts. */
  file(path: string | URL): File;
}

function makeSource(directory: string | URL, options: SourceOptions = {}): Tree {
  return sourceTree(pathOf(directory), {
    ...(options.include && { include: listOf("include", options.include) }),
    ...(options.exclude && { exclude: listOf("exclude", options.exclude) }),
    gitignore: options.gitignore ?? true,
  });
}

function makeSourceFile(path: string | URL): File {
  const location = pathOf(path);
  const name = basename(location);
  const filter = { include: [literalGlob(name)], gitignore: false };
  return sourceTree(dirname(location), filter, name).file(name);
}

function literalGlob(name: string): string {
  return name.replaceAll(/[\\*?[\](){}!+@|]/g, String.raw`\$&`);
}

/** A module with all that it imports, and the files that globs pick in its folder. */
export function moduleSource(path: string | URL, include: readonly string[]): Tree {
  const location = pathOf(path);
  const file = basename(location);
  const filter = Object.freeze({ include: [literalGlob(file)], gitignore: false });
  const modules = listOf("include", include);
  const directory = dirname(location);
  return makeTree(Object.freeze({ type: "source", location: directory, filter, file, modules }));
}

/** {@inheritDoc MakeSource} */
export const source: MakeSource = Object.assign(makeSource, { file: makeSourceFile });

function sourceTree(location: string, filter: SourceFilter, file?: string): Tree {
  const origin = { type: "source", location, filter: Object.freeze(filter) } as const;
  return makeTree(Object.freeze(file === undefined ? origin : { ...origin, file }));
}

/** A string is a list of its letters to JavaScript, and one glob to whoever wrote it. */
function listOf(option: string, globs: readonly string[]): readonly string[] {
  if (!Array.isArray(globs)) throw invalidOption(option, describe(globs), "a list of globs");
  return Object.freeze([...globs]);
}

/** Normalised, so that `src`, `./src/` and `src` name one source. */
function pathOf(location: string | URL): string {
  if (typeof location !== "string" && !((location as unknown) instanceof URL)) {
    throw invalidOption("location", describe(location), "a path, or a `file:` URL");
  }
  const path = typeof location === "string" ? location : fileURLToPath(location);
  const normal = join(path, ".");
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}
