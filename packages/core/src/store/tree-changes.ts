/**
 * Tree changes: what differs between two trees.
 *
 * Subtrees with equal digests are passed over, so the cost is that of the differences.
 *
 * @module
 */
import { entryNames } from "../artifact/directory.ts";
import { compareCodePoints } from "../base/order.ts";
import type { Digest } from "../digest/digest.ts";
import { findEntry, readDirectory, type Entry } from "./directories.ts";
import type { ContentStore } from "./store.ts";

/** A path at which two trees differ. */
export interface EntryChange {
  readonly path: string;
  /** What is there in the first tree; `undefined` when nothing is. */
  readonly before: Entry | undefined;
  /** What is there in the second tree; `undefined` when nothing is. */
  readonly after: Entry | undefined;
}

/**
 * The paths at which two trees differ, folder by folder, in the order of names. A directory that only one
 * of them has is one change, whatever lies in it.
 *
 * @throws {@link BuildError} `BLOB_LOST` when a directory of either is missing or damaged.
 */
export async function* treeChanges(
  content: ContentStore,
  before: Digest,
  after: Digest,
  path = "",
): AsyncGenerator<EntryChange, void> {
  if (before === after) return;
  const [left, right] = [await readDirectory(content, before), await readDirectory(content, after)];
  const names = new Set([...entryNames(left), ...entryNames(right)]);
  for (const name of [...names].toSorted(compareCodePoints)) {
    const change = {
      path: path === "" ? name : `${path}/${name}`,
      before: findEntry(left, name),
      after: findEntry(right, name),
    };
    if (isSameEntry(change.before, change.after)) continue;
    if (change.before?.type === "directory" && change.after?.type === "directory") {
      yield* treeChanges(content, change.before.digest, change.after.digest, change.path);
    } else yield change;
  }
}

/** Position of the first byte in which two blobs differ: that of the end of one that begins the other. */
export async function firstDifferentByte(
  content: ContentStore,
  before: Digest,
  after: Digest,
): Promise<number> {
  const [left, right] = await Promise.all([content.read(before), content.read(after)]);
  const shared = Math.min(left.byteLength, right.byteLength);
  // Equal pieces are compared by the machine, and only the one that differs byte by byte.
  let at = 0;
  for (let end = pieceBytes; end <= shared; end += pieceBytes) {
    if (!left.subarray(at, end).equals(right.subarray(at, end))) break;
    at = end;
  }
  while (at < shared && left[at] === right[at]) at++;
  return at;
}

const pieceBytes = 65_536;

function isSameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined || a.type !== b.type) return false;
  switch (a.type) {
    case "file": {
      const other = b as typeof a;
      return a.digest === other.digest && a.isExecutable === other.isExecutable;
    }
    case "directory":
      return a.digest === (b as typeof a).digest;
    case "symlink":
      return a.target === (b as typeof a).target;
  }
}
