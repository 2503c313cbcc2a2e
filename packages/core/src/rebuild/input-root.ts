/**
 * Input roots: artifacts laid at paths become one directory.
 *
 * Computed on digests. Only folders on the way to a mount are read and written anew; what is mounted
 * keeps its digest, however large it is.
 *
 * @module
 */
import { nameOf } from "../artifact/artifact.ts";
import {
  emptyDirectory,
  encodeDirectory,
  type Directory,
  type DirectoryNode,
  type FileNode,
} from "../artifact/directory.ts";
import { segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import { digestBytes, type Digest } from "../digest/digest.ts";
import { pathConflict } from "../errors/catalogue.ts";
import type { Mount } from "../graph/command.ts";
import type { Value } from "../runner/runner.ts";
import { findEntry, readDirectory } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";

/** A laid-out input root. */
export interface InputRoot {
  readonly digest: Digest;
  /** The directory messages that it adds to those of the artifacts; not yet in the store. */
  readonly added: ReadonlyMap<Digest, Buffer>;
}

/** A mount with its content. */
export interface FilledMount extends Mount {
  readonly value: Value;
}

/** A folder on the way to mounts. */
interface Folder {
  /** The mounts below it, by the next segment of their paths. */
  readonly below: Map<string, Folder>;
  /** What is mounted exactly here. */
  mount: FilledMount | undefined;
}

/**
 * Lays the mounts out.
 *
 * @throws {@link BuildError} `PATH_CONFLICT` when something is already at the path of a mount.
 */
export async function layInputRoot(
  content: ContentStore,
  mounts: readonly FilledMount[],
): Promise<InputRoot> {
  const root: Folder = { below: new Map(), mount: undefined };
  for (const mount of mounts) folderAt(root, mount.path).mount = mount;
  const added = new Map<Digest, Buffer>();

  const lay = async (
    folder: Folder,
    path: string,
    ground: Directory,
    owner: string | undefined,
  ): Promise<Digest> => {
    const files: FileNode[] = [...ground.files];
    const directories: DirectoryNode[] = [...ground.directories];
    for (const [name, child] of folder.below) {
      const place = path === "" ? name : `${path}/${name}`;
      const taken = findEntry(ground, name);
      const { mount } = child;
      if (taken !== undefined && (mount !== undefined || taken.type !== "directory")) {
        throw pathConflict(place, owner ?? "another artifact", artifactBelow(child));
      }
      if (mount?.value.kind === "file") {
        const { digest, isExecutable } = mount.value;
        const [inner] = child.below.values();
        if (inner !== undefined)
          throw pathConflict(place, nameOf(mount.artifact), artifactBelow(inner));
        files.push({ name, digest, isExecutable });
        continue;
      }
      const base = mount?.value.digest ?? (taken?.type === "directory" ? taken.digest : undefined);
      // Nothing is laid inside: the tree keeps its digest, and need not be read.
      const digest =
        base !== undefined && child.below.size === 0
          ? base
          : await lay(
              child,
              place,
              base === undefined ? emptyDirectory : await readDirectory(content, base),
              mount ? nameOf(mount.artifact) : owner,
            );
      const at = directories.findIndex((node) => node.name === name);
      if (at === -1) directories.push({ name, digest });
      else directories[at] = { name, digest };
    }
    const message = encodeDirectory({ files, directories, symlinks: ground.symlinks });
    const laid = digestBytes(message);
    added.set(laid, message);
    return laid;
  };

  const top = root.mount;
  if (top !== undefined && root.below.size === 0) return { digest: top.value.digest, added };
  const ground =
    top === undefined ? emptyDirectory : await readDirectory(content, top.value.digest);
  const digest = await lay(root, "", ground, top && nameOf(top.artifact));
  return { digest, added };
}

function folderAt(root: Folder, path: ArtifactPath): Folder {
  let folder = root;
  for (const segment of segmentsOf(path)) {
    let next = folder.below.get(segment);
    if (next === undefined) {
      next = { below: new Map(), mount: undefined };
      folder.below.set(segment, next);
    }
    folder = next;
  }
  return folder;
}

/** Name of an artifact laid at a folder or below it. */
function artifactBelow(folder: Folder): string {
  for (let here: Folder | undefined = folder; here !== undefined; [here] = here.below.values()) {
    if (here.mount !== undefined) return nameOf(here.mount.artifact);
  }
  return "another artifact";
}
