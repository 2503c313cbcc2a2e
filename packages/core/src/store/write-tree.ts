/**
 * Trees from memory: files by path become a tree in the store, without a disk in between.
 *
 * @module
 */
import type { DirectoryNode, FileNode } from "../artifact/directory.ts";
import { baseName, parentOf, parsePath, segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import type { Digest } from "../digest/digest.ts";
import type { BuildError } from "../errors/build-error.ts";
import { malformedPath, pathConflict } from "../errors/path-errors.ts";
import { writeDirectory } from "./directories.ts";
import type { ContentStore } from "./store.ts";
import { Taking } from "./taking.ts";

/** Content of a file, a text in UTF-8 or bytes; with or without an exec bit. */
export type FileContent =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly executable: boolean };

/** Content of files by their paths. A path that ends with `/` is a directory, and its content empty. */
export type TreeFiles = Readonly<Record<string, FileContent>>;

/** A folder while it is put together. */
interface Folder {
  readonly files: Map<string, FileNode>;
  readonly folders: Map<string, Folder>;
}

/**
 * Keeps files as a tree, and returns the digest of its root directory.
 *
 * @throws {@link BuildError} `MALFORMED_PATH`, or `PATH_CONFLICT` for two entries of one name.
 */
export async function writeTree(content: ContentStore, files: TreeFiles): Promise<Digest> {
  const root: Folder = { files: new Map(), folders: new Map() };
  const taking = new Taking(content);
  for (const [path, written] of Object.entries(files)) {
    const place = parsePath(path);
    if (path.endsWith("/")) folderAt(root, place);
    else {
      const { bytes, isExecutable } = bytesOf(written);
      const digest = await taking.write(bytes);
      const name = baseName(place);
      if (name === "") throw malformedPath(path, "it is the tree itself, and no file in it");
      const folder = folderAt(root, parentOf(place));
      if (folder.files.has(name) || folder.folders.has(name)) throw takenTwice(place);
      folder.files.set(name, { name, digest, isExecutable });
    }
  }
  const digest = await keep(taking, root);
  await taking.end();
  return digest;
}

/** The bytes of a file, and its exec bit. */
export function bytesOf(file: FileContent): {
  readonly bytes: Uint8Array;
  readonly isExecutable: boolean;
} {
  if (typeof file === "string") return { bytes: Buffer.from(file), isExecutable: false };
  if (file instanceof Uint8Array) return { bytes: file, isExecutable: false };
  return { ...bytesOf(file.content), isExecutable: file.executable };
}

async function keep(taking: Taking, { files, folders }: Folder): Promise<Digest> {
  const directories: DirectoryNode[] = [];
  for (const [name, folder] of folders) {
    directories.push({ name, digest: await keep(taking, folder) });
  }
  const directory = { files: [...files.values()], directories, symlinks: [] };
  return await writeDirectory(taking.content, directory, taking);
}

function folderAt(root: Folder, path: ArtifactPath): Folder {
  let folder = root;
  for (const segment of segmentsOf(path)) {
    if (folder.files.has(segment)) throw takenTwice(path);
    let next = folder.folders.get(segment);
    if (next === undefined) {
      next = { files: new Map(), folders: new Map() };
      folder.folders.set(segment, next);
    }
    folder = next;
  }
  return folder;
}

function takenTwice(path: string): BuildError {
  return pathConflict(path, "a file", "another file, or a folder");
}
