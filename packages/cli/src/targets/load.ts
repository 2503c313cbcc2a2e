/**
 * Loading a build file: TypeScript without a build step.
 *
 *     path ─▶ jiti (only for TypeScript) ─▶ module ─▶ targets by name, settings
 *
 * A module of JavaScript is imported as it is. jiti is loaded when a file of TypeScript is, and keeps what
 * it compiled in `node_modules/.cache/jiti`, so that it is compiled once.
 *
 * @module
 */
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

import { loadFault } from "./load-fault.ts";
import { readExports, type BuildFile } from "./targets.ts";

/** How to load. */
export interface LoadOptions {
  /** Directory that paths in messages are relative to. @defaultValue that of the file */
  readonly from?: string;
  /** Whether to read it, and what it imports, from the disk again. @defaultValue false */
  readonly isAnew?: boolean;
}

/**
 * Loads a build file.
 *
 * @param path - Absolute.
 * @throws {@link BuildError} `BUILD_FILE_SYNTAX`, `BUILD_FILE_FAILED`, `BUILD_FILE_EMPTY`, `BUILD_FILE_PROMISE`,
 *   `CORE_TWICE`.
 */
export async function loadBuildFile(path: string, options: LoadOptions = {}): Promise<BuildFile> {
  const { from = dirname(path), isAnew = false } = options;
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await importFile(path, isAnew);
  } catch (error) {
    throw loadFault(error, path, from);
  }
  return readExports(exported, path, from);
}

let anew = 0;

async function importFile(path: string, isAnew: boolean): Promise<Record<string, unknown>> {
  if (/\.m?js$/.test(path)) {
    const { href } = pathToFileURL(path);
    return (await import(isAnew ? `${href}?${++anew}` : href)) as Record<string, unknown>;
  }
  const { createJiti } = await import("jiti");
  const jiti = createJiti(pathToFileURL(path).href, {
    interopDefault: false,
    moduleCache: !isAnew,
  });
  return await jiti.import<Record<string, unknown>>(path);
}
