/**
 * Materialising: a tree in the store becomes a directory on a disk.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import type { Digest } from "../digest/digest.ts";
import { copyEach } from "./copy-each.ts";
import { readDirectory } from "./directories.ts";
import type { ContentStore, Copy } from "./store.ts";

/** How {@link materializeTree} writes. */
export interface MaterializeOptions {
  /** Whether its owner may write to the files. @defaultValue false */
  readonly writable?: boolean | ((path: string) => boolean);
  /** Modification time of every entry, in seconds since 1970. @defaultValue the present */
  readonly mtime?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a tree into a directory that exists and is empty. Files become copies: nothing that happens
 * to them reaches the store.
 *
 * @throws {@link BuildError} `BLOB_LOST` when part of the tree is missing or damaged.
 */
export async function materializeTree(
  content: ContentStore,
  tree: Digest,
  directory: string,
  options: MaterializeOptions = {},
): Promise<void> {
  const { mtime, signal } = options;
  const isWritable = (path: string): boolean =>
    typeof options.writable === "function" ? options.writable(path) : options.writable === true;
  const copies: Copy[] = [];
  const folders: string[] = [];

  /** Makes folders and links, and collects files. */
  const layOut = async (digest: Digest, path: string): Promise<void> => {
    const { files, directories, symlinks } = await readDirectory(content, digest);
    const prefix = path === "" ? "" : `${path}/`;
    const folder = join(directory, path);
    for (const file of files) {
      const mode = modeOf(file.isExecutable, isWritable(prefix + file.name));
      copies.push({ digest: file.digest, path: `${folder}/${file.name}`, mode, mtime });
    }
    for (const { name, target } of symlinks) {
      const full = join(folder, name);
      fs.symlinkSync(target, full);
      if (mtime !== undefined) fs.lutimesSync(full, mtime, mtime);
    }
    for (const { name, digest: child } of directories) {
      fs.mkdirSync(join(folder, name));
      await layOut(child, prefix + name);
    }
    folders.push(folder);
  };
  await layOut(tree, "");
  await (content.copyAll?.(copies, signal) ?? copyEach(content, copies, signal));
  // Last, since whatever is made in a folder gives it a new time.
  if (mtime !== undefined) for (const folder of folders) fs.utimesSync(folder, mtime, mtime);
}

/** Mode bits of a file: everyone may read it. */
export function modeOf(isExecutable: boolean, isWritable: boolean): number {
  return (isWritable ? 0o644 : 0o444) | (isExecutable ? 0o111 : 0);
}
