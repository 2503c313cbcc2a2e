/**
 * Hollow trees: a tree in which some directories are empty, because somebody else fills them.
 *
 * @module
 */
import { encodeDirectory, emptyDirectory, type Directory } from "../artifact/directory.ts";
import { segmentsOf, type ArtifactPath } from "../artifact/path.ts";
import { digestBytes, type Digest } from "../digest/digest.ts";
import { readDirectory } from "./directories.ts";
import { LayeredContent } from "./layered-content.ts";
import type { ContentStore } from "./store.ts";

/** A tree, and what it can be read from. */
export interface HollowTree {
  readonly digest: Digest;
  /** Knows the few directories that are otherwise, and has all else from the store. */
  readonly content: ContentStore;
}

/**
 * The same tree, with empty directories in the places of those at these paths. Nothing is written.
 *
 * @param paths - None of them lies in another; one that is not there is left out.
 * @throws {@link BuildError} `BLOB_LOST`.
 */
export async function hollowTree(
  content: ContentStore,
  tree: Digest,
  paths: readonly ArtifactPath[],
): Promise<HollowTree> {
  const added = new Map<Digest, Buffer>();
  const keep = (directory: Directory): Digest => {
    const bytes = encodeDirectory(directory);
    const digest = digestBytes(bytes);
    added.set(digest, bytes);
    return digest;
  };
  const change = async (digest: Digest, ways: readonly (readonly string[])[]): Promise<Digest> => {
    if (ways.some((way) => way.length === 0)) return keep(emptyDirectory);
    const directory = await readDirectory(content, digest);
    const directories = await Promise.all(
      directory.directories.map(async (node) => {
        const below = ways.filter(([name]) => name === node.name).map(([, ...rest]) => rest);
        return below.length === 0 ? node : { ...node, digest: await change(node.digest, below) };
      }),
    );
    return keep({ ...directory, directories });
  };
  const digest = await change(
    tree,
    paths.map((path) => segmentsOf(path)),
  );
  return { digest, content: new LayeredContent(added, content) };
}
