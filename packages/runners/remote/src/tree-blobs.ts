/**
 * Tree blobs: directories as services keep them, all of a tree in one message.
 *
 * A result names a `Tree`, and services keep that as long as the result; the single `Directory` messages that it is
 * made of they may not have. So those are taken from it, here, and never asked for.
 *
 * @module
 */
import {
  decodeActionResult,
  digestBytes,
  emptyDigest,
  readDigest,
  readFields,
  type ContentStore,
  type Digest,
} from "@ashlar/core";

/** What a tree is made of. */
export interface UnpackedTree {
  /** Digest of the root `Directory`. */
  readonly root: Digest;
  /** Every `Directory`, by its digest. */
  readonly directories: ReadonlyMap<Digest, Uint8Array>;
  /** The files in them. */
  readonly files: ReadonlySet<Digest>;
}

/**
 * Takes a `Tree` apart; `undefined` when part of it is missing.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE`, `MALFORMED_DIGEST`.
 */
export function unpackTree(tree: Uint8Array): UnpackedTree | undefined {
  const directories = new Map<Digest, Uint8Array>();
  const files = new Set<Digest>();
  const children = new Set<Digest>();
  let root = emptyDigest;
  for (const { number, bytes } of readFields(tree)) {
    if (number !== 1 && number !== 2) continue;
    const digest = digestBytes(bytes);
    directories.set(digest, bytes);
    if (number === 1) root = digest;
    for (const entry of readFields(bytes)) {
      if (entry.number === 1) files.add(digestIn(entry.bytes));
      if (entry.number === 2) children.add(digestIn(entry.bytes));
    }
  }
  const isWhole = [...children].every((each) => each === emptyDigest || directories.has(each));
  return isWhole ? { root, directories, files } : undefined;
}

/**
 * The digests of all blobs that a result names, directly or in its trees.
 *
 * @param read - Gives the blob of a tree; one that is not there names nothing.
 * @throws {@link BuildError} `MALFORMED_MESSAGE`, `MALFORMED_DIGEST`.
 */
export async function namedBlobs(
  message: Uint8Array,
  read: (tree: Digest) => Promise<Uint8Array | undefined>,
): Promise<ReadonlySet<Digest>> {
  const { stdout, stderr, files, directories } = decodeActionResult(message);
  const named = new Set([stdout, stderr, ...files.map(({ digest }) => digest)]);
  for (const { treeDigest } of directories) {
    named.add(treeDigest);
    const tree = await read(treeDigest);
    for (const digest of (tree && unpackTree(tree))?.files ?? []) named.add(digest);
  }
  named.delete(emptyDigest);
  return named;
}

/** Keeps the directories of a tree. Rejects with `STORE_UNWRITABLE`. */
export async function keepDirectories(
  content: ContentStore,
  { directories }: UnpackedTree,
): Promise<void> {
  for (const bytes of directories.values()) await content.write(bytes);
}

/** The digest in a `FileNode` or a `DirectoryNode`. */
function digestIn(node: Uint8Array): Digest {
  for (const { number, bytes } of readFields(node)) if (number === 2) return readDigest(bytes);
  return emptyDigest;
}
