/**
 * Differences of trees: the paths at which two of them differ.
 *
 * Equal digests are not looked into, so what is alike costs nothing.
 *
 * @module
 */
import { decodeDirectory, type Directory } from "../artifact/directory.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { readDirectory, type Entry } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";
import { entryChanges, type Contents, type EntryChange } from "../store/tree-changes.ts";
import type { InputDifference } from "./change.ts";

/** A path at which two trees differ. A directory that is only in one of them is one difference. */
export interface TreeDifference {
  /** A directory ends with `/`. */
  readonly path: string;
  readonly how: InputDifference;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** A tree, and where its directories can be read. */
export interface ReadableTree {
  readonly content: ContentStore;
  readonly digest: Digest;
}

/** The differences of two trees, in the order of their paths. */
export async function diffTrees(
  before: ReadableTree,
  after: ReadableTree,
): Promise<TreeDifference[]> {
  const entry = ({ digest }: ReadableTree): Entry => ({ type: "directory", digest });
  const contents = { before: before.content, after: after.content };
  return await diffEntries(contents, "", entry(before), entry(after));
}

/** The differences of what stands at one path. */
export async function diffEntries(
  contents: Contents,
  path: string,
  before: Entry | undefined,
  after: Entry | undefined,
): Promise<TreeDifference[]> {
  const differences: TreeDifference[] = [];
  for await (const change of entryChanges(contents, path, before, after, tryRead)) {
    differences.push(describeChange(change));
  }
  return differences;
}

function describeChange({ path, before, after }: EntryChange): TreeDifference {
  const how = differenceOf(before, after);
  const isFolder = (before ?? after)?.type === "directory" && how !== "kind";
  return { path: isFolder ? `${path}/` : path, how, before, after };
}

/** How two entries differ, of which it is known that they do. */
function differenceOf(before: Entry | undefined, after: Entry | undefined): InputDifference {
  if (before === undefined) return "added";
  if (after === undefined) return "removed";
  if (before.type !== after.type) return "kind";
  if (after.type === "directory") return "unreadable";
  if (after.type === "symlink") return "link";
  if ((before as typeof after).digest !== after.digest) return "content";
  return after.isExecutable ? "executable" : "not-executable";
}

/** A directory of a tree; alone where the tree is not to be had as a whole, for few of its directories differ. */
async function tryRead(content: ContentStore, digest: Digest): Promise<Directory | undefined> {
  const whole = await unlessFails(async () => await readDirectory(content, digest));
  return whole ?? (await unlessFails(async () => decodeDirectory(await content.read(digest))));
}

async function unlessFails<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}
