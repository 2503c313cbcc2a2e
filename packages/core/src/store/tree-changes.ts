/**
 * Tree changes: what differs between two trees.
 *
 * Subtrees with equal digests are passed over, so the cost is that of the differences.
 *
 * @module
 */
import { entryNames, type Directory } from "../artifact/directory.ts";
import { compareCodePoints } from "../base/order.ts";
import type { Digest } from "../digest/digest.ts";
import { findEntry, isSameEntry, readDirectory, type Entry } from "./directories.ts";
import type { ContentStore } from "./store.ts";

/** A path at which two trees differ. */
export interface EntryChange {
  readonly path: string;
  /** What is there in the first tree; `undefined` when nothing is. */
  readonly before: Entry | undefined;
  /** What is there in the second tree; `undefined` when nothing is. */
  readonly after: Entry | undefined;
}

/** Where the directories of each of two trees are read. */
export interface Contents {
  readonly before: ContentStore;
  readonly after: ContentStore;
}

/** Reads a directory message; `undefined` where one that cannot be read is a change like any other. */
export type ReadDirectory = (
  content: ContentStore,
  digest: Digest,
) => Promise<Directory | undefined>;

/**
 * The paths at which two trees, or other entries, differ: folder by folder, in the order of names. A
 * directory that only one of them has is one change, whatever lies in it. Two directories are one if they
 * differ and one of them cannot be read.
 *
 * @param path - Where the entries stand.
 * @throws {@link BuildError} `BLOB_LOST` when a directory is missing or damaged, unless `read` allows it.
 */
export async function* entryChanges(
  contents: Contents,
  path: string,
  before: Entry | undefined,
  after: Entry | undefined,
  read: ReadDirectory = readDirectory,
): AsyncGenerator<EntryChange, void> {
  if (isSameEntry(before, after)) return;
  if (before?.type !== "directory" || after?.type !== "directory") {
    yield { path, before, after };
    return;
  }
  const left = await read(contents.before, before.digest);
  const right = await read(contents.after, after.digest);
  if (left === undefined || right === undefined) {
    yield { path, before, after };
    return;
  }
  const names = new Set([...entryNames(left), ...entryNames(right)]);
  for (const name of [...names].toSorted(compareCodePoints)) {
    const [one, other] = [findEntry(left, name), findEntry(right, name)];
    // Most are alike, and a generator for each would cost more than all the rest.
    if (isSameEntry(one, other)) continue;
    yield* entryChanges(contents, path === "" ? name : `${path}/${name}`, one, other, read);
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
