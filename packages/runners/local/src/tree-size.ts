/**
 * How large a tree is, without looking at more of it than is needed to tell.
 *
 * @module
 */
import { sizeOf, walkTree, type ContentStore, type Digest } from "@ashlar/core";

/** A size of a tree. */
export interface TreeSize {
  readonly entries: number;
  /** Of all files together. */
  readonly bytes: number;
}

/** Whether a tree has more entries, or more bytes. Rejects with `BLOB_LOST`. */
export async function exceeds(
  content: ContentStore,
  tree: Digest,
  limit: TreeSize,
): Promise<boolean> {
  let entries = 0;
  let bytes = 0;
  for await (const { entry } of walkTree(content, tree)) {
    entries++;
    if (entry.type === "file") bytes += sizeOf(entry.digest);
    if (entries > limit.entries || bytes > limit.bytes) return true;
  }
  return false;
}
