/**
 * What is to be vendored: the external packages of a lock file, as a dynamic stage reads them.
 *
 * @module
 */
import { BuildError, type ReadableTree } from "@ashlar/core";

import { missingLock, type LockedPackage } from "./programs/lock.ts";
import { parseToml, type Table } from "./programs/table.ts";

/** A package of a lock file that is not local. */
export type External = LockedPackage & { readonly source: string };

/** The external packages of a lock file. */
export function externalsOf(lock: readonly LockedPackage[]): readonly External[] {
  return lock.filter((one): one is External => one.source !== undefined);
}

/** The text of `Cargo.lock`. */
export async function lockText(manifest: ReadableTree): Promise<string> {
  const content = await textAt(manifest, "Cargo.lock");
  if (content !== undefined) return content;
  throw missingLock();
}

/** Reads cargo's settings beside the lock file, of which one file counts. */
export async function readConfig(manifest: ReadableTree): Promise<Table> {
  for (const path of [".cargo/config", ".cargo/config.toml"]) {
    const content = await textAt(manifest, path);
    if (content !== undefined) return parseToml(content, path);
  }
  return {};
}

/** The text of a file; `undefined` when there is none. Globs would have to be loaded first. */
export async function textAt(tree: ReadableTree, path: string): Promise<string | undefined> {
  try {
    return await tree.file(path).text();
  } catch (error) {
    const isMissing = error instanceof BuildError && /^VIEW_(MISSING|WRONG_KIND)$/.test(error.code);
    if (isMissing) return undefined;
    throw error;
  }
}
