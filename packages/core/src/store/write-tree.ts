/**
 * Trees from memory: files by path become a tree in the store, without a disk in between.
 *
 * @module
 */
import type { DirectoryNode, FileNode } from "../artifact/directory.ts";
import { baseName, parentOf, parsePath, segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import type { Digest } from "../digest/digest.ts";
import { writeDirectory } from "./directories.ts";
import type { ContentStore } from "./store.ts";

/** Content of files by their paths. A path that ends with `/` is a directory, and its content empty. */
export type TreeFiles = Readonly<Record<string, string | Uint8Array>>;

/** A folder while it is put together. */
interface Folder {
  readonly files: FileNode[];
  readonly folders: Map<string, Folder>;
}

/** Keeps files as a tree, none of them executable, and returns the digest of its root directory. */
export async function writeTree(content: ContentStore, files: TreeFiles): Promise<Digest> {
  const root: Folder = { files: [], folders: new Map() };
  for (const [path, bytes] of Object.entries(files)) {
    const place = parsePath(path);
    if (path.endsWith("/")) folderAt(root, place);
    else {
      const digest = await content.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
      const name = baseName(place);
      folderAt(root, parentOf(place)).files.push({ name, digest, isExecutable: false });
    }
  }
  return await keep(content, root);
}

async function keep(content: ContentStore, { files, folders }: Folder): Promise<Digest> {
  const directories: DirectoryNode[] = [];
  for (const [name, folder] of folders) {
    directories.push({ name, digest: await keep(content, folder) });
  }
  return await writeDirectory(content, { files, directories, symlinks: [] });
}

function folderAt(root: Folder, path: ArtifactPath): Folder {
  let folder = root;
  for (const segment of segmentsOf(path)) {
    let next = folder.folders.get(segment);
    if (next === undefined) folder.folders.set(segment, (next = { files: [], folders: new Map() }));
    folder = next;
  }
  return folder;
}
