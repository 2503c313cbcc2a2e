/**
 * Patched snapshots: a directory in which nothing but some files is different, taken without a look at the
 * others.
 *
 *     tree of the last build + files that look different ──▶ those are read, and the folders on the way to
 *                                                            them written anew
 *
 * @module
 */
import { join } from "node:path";

import type { Directory } from "../artifact/directory.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { readDirectory, writeDirectory } from "./directories.ts";
import type { Doubtful, Fingerprints, Reread } from "./fingerprints.ts";
import type { ContentStore } from "./store.ts";
import { canExecute, takeFile } from "./take-file.ts";
import { Taking } from "./taking.ts";

/** A snapshot, and what it saw. */
export interface SeenSnapshot {
  readonly digest: Digest;
  readonly seen: Fingerprints;
}

/**
 * Takes a directory into the store, given an earlier snapshot.
 *
 * @param directory - Absolute.
 * @param doubtful - The files that may be different: see `Fingerprints.review`.
 * @returns `undefined` when the earlier tree is not in the store any more, so that all must be read.
 * @throws {@link BuildError} as `snapshot` does.
 */
export async function patchSnapshot(
  content: ContentStore,
  directory: string,
  takenAt: number,
  { digest, seen }: SeenSnapshot,
  doubtful: readonly Doubtful[],
): Promise<SeenSnapshot | undefined> {
  const taking = new Taking(content);
  const files = new Map<string, Reread>();
  const folder = new Folder();
  for (const before of doubtful) {
    const { path } = before;
    const { digest: taken, stats } = await takeFile(taking, join(directory, path));
    files.set(path, { before, after: { path, digest: taken, stats } });
    folder.put(path.split("/"), { digest: taken, isExecutable: canExecute(stats) });
  }
  const patched = await tryPatch(taking, digest, folder);
  await taking.end();
  return patched && { digest: patched, seen: seen.patch(takenAt, files) };
}

/** A file as a tree has it. */
interface Content {
  readonly digest: Digest;
  readonly isExecutable: boolean;
}

/** What is different in a folder. */
class Folder {
  readonly files = new Map<string, Content>();
  readonly folders = new Map<string, Folder>();

  put([name = "", ...below]: readonly string[], file: Content): void {
    if (below.length === 0) return void this.files.set(name, file);
    const folder = this.folders.get(name) ?? new Folder();
    this.folders.set(name, folder);
    folder.put(below, file);
  }
}

async function tryPatch(taking: Taking, tree: Digest, folder: Folder): Promise<Digest | undefined> {
  try {
    return await patch(taking, tree, folder);
  } catch (error) {
    if (error instanceof BuildError && error.code === "BLOB_LOST") return undefined;
    throw error;
  }
}

async function patch(taking: Taking, tree: Digest, folder: Folder): Promise<Digest> {
  const before = await readDirectory(taking.content, tree);
  const directories: Directory["directories"][number][] = [];
  for (const { name, digest } of before.directories) {
    const below = folder.folders.get(name);
    directories.push({ name, digest: below ? await patch(taking, digest, below) : digest });
  }
  const files = before.files.map(({ name, digest, isExecutable }) => {
    const file = folder.files.get(name) ?? { digest, isExecutable };
    return { name, digest: file.digest, isExecutable: file.isExecutable };
  });
  return await writeDirectory(taking.content, { ...before, files, directories }, taking);
}
