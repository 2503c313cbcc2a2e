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
import { basename, dirname, join } from "node:path";

import type { Digest } from "../digest/digest.ts";
import { materializeTree, modeOf } from "./materialize.ts";
import type { ContentStore } from "./store.ts";

/** Writes a file to `path`, in the place of a file that may be there. Makes missing parents. */
export async function exportFile(
  content: ContentStore,
  file: { readonly digest: Digest; readonly isExecutable: boolean },
  path: string,
): Promise<void> {
  await replace(path, async (temporary) => {
    await content.copyTo(file.digest, temporary, modeOf(file.isExecutable, true));
  });
}

/** Writes a tree to `path`, in the place of whatever is there. Makes missing parents. */
export async function exportTree(content: ContentStore, tree: Digest, path: string): Promise<void> {
  await replace(path, async (temporary) => {
    fs.mkdirSync(temporary);
    await materializeTree(content, tree, temporary, { writable: true });
  });
}

async function replace(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  fs.mkdirSync(dirname(path), { recursive: true });
  const beside = (name: string): string => join(dirname(path), `.${basename(path)}.${name}`);
  const temporary = beside(randomUUID());
  const old = beside(randomUUID());
  try {
    await write(temporary);
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    // A directory cannot be replaced in one step, and a file cannot take its place.
    if (stats?.isDirectory() === true) fs.renameSync(path, old);
    fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
    fs.rmSync(old, { recursive: true, force: true });
  }
}
