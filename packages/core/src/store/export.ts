/**
 * Exporting: content of the store goes to a place that users see.
 *
 * Written beside its place first and moved there as a whole, so that nobody meets half of it, and
 * nothing of an earlier export is left over.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";

import type { Digest } from "../digest/digest.ts";
import { exportBlocked, exportFailed } from "../errors/output-errors.ts";
import { makeFolder } from "./folder.ts";
import { materializeTree, modeOf } from "./materialize.ts";
import type { ContentStore } from "./store.ts";
import { isSystemError } from "./system-error.ts";

/**
 * Writes a file to `path`, in the place of a file that may be there. Makes missing parents.
 *
 * @throws {@link BuildError} `EXPORT_BLOCKED` when a directory or a device is there, `EXPORT_FAILED`, `BLOB_LOST`.
 */
export async function exportFile(
  content: ContentStore,
  file: { readonly digest: Digest; readonly isExecutable: boolean },
  path: string,
): Promise<void> {
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw exportBlocked(path, "a directory by a file");
  }
  await replace(path, async (temporary) => {
    await content.copyTo(file.digest, temporary, modeOf(file.isExecutable, true));
  });
}

/**
 * Writes a tree to `path`, in the place of the file or directory that may be there. Makes missing parents.
 *
 * @throws {@link BuildError} `EXPORT_BLOCKED` when a device is there, `EXPORT_FAILED`, `BLOB_LOST`.
 */
export async function exportTree(content: ContentStore, tree: Digest, path: string): Promise<void> {
  await replace(path, async (temporary) => {
    fs.mkdirSync(temporary);
    await materializeTree(content, tree, temporary, { writable: true });
  });
}

/** A device or a pipe: nobody would get it back. */
function isSpecial(stats: fs.Stats): boolean {
  return !stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink();
}

async function replace(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  try {
    await replaceWith(path, write);
  } catch (error) {
    throw isSystemError(error) ? exportFailed(path, error) : error;
  }
}

async function replaceWith(
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  makeFolder(dirname(path));
  // Short, and not made of the name: that may be as long as a name can be.
  const beside = (): string => join(dirname(path), `.ashlar-${randomUUID().slice(0, 8)}`);
  const temporary = beside();
  const old = beside();
  try {
    await write(temporary);
    // A directory cannot be replaced in one step, nor replace a file: what is there steps aside.
    const there = fs.lstatSync(path, { throwIfNoEntry: false });
    if (there !== undefined && isSpecial(there)) throw exportBlocked(path, "what is no file");
    const isTree = fs.lstatSync(temporary).isDirectory();
    const stepsAside = there !== undefined && (isTree || there.isDirectory());
    if (stepsAside) fs.renameSync(path, old);
    try {
      fs.renameSync(temporary, path);
    } catch (error) {
      if (stepsAside) fs.renameSync(old, path);
      throw error;
    }
    fs.rmSync(old, { recursive: true, force: true });
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}
