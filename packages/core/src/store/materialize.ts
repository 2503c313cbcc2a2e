/**
 * Materialising: a tree in the store becomes a directory on a disk.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { Breath } from "../base/breath.ts";
import type { Digest } from "../digest/digest.ts";
import { readDirectory } from "./directories.ts";
import type { ContentStore } from "./store.ts";

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
  const breath = new Breath();
  const isWritable = (path: string): boolean =>
    typeof options.writable === "function" ? options.writable(path) : options.writable === true;

  const write = async (digest: Digest, path: string): Promise<void> => {
    const { files, directories, symlinks } = await readDirectory(content, digest);
    for (const file of files) {
      await breath.pause(signal);
      const below = path === "" ? file.name : `${path}/${file.name}`;
      const full = join(directory, below);
      await content.copyTo(file.digest, full, modeOf(file.isExecutable, isWritable(below)));
      if (mtime !== undefined) fs.utimesSync(full, mtime, mtime);
    }
    for (const { name, target } of symlinks) {
      const full = join(directory, path, name);
      fs.symlinkSync(target, full);
      if (mtime !== undefined) fs.lutimesSync(full, mtime, mtime);
    }
    for (const { name, digest: child } of directories) {
      const below = path === "" ? name : `${path}/${name}`;
      fs.mkdirSync(join(directory, below));
      await write(child, below);
    }
    if (mtime !== undefined) fs.utimesSync(join(directory, path), mtime, mtime);
  };
  await write(tree, "");
}

/** Mode bits of a file: everyone may read it. */
export function modeOf(isExecutable: boolean, isWritable: boolean): number {
  return (isWritable ? 0o644 : 0o444) | (isExecutable ? 0o111 : 0);
}
