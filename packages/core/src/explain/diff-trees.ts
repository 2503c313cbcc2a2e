/**
 * Differences of trees: the paths at which two of them differ.
 *
 * Equal digests are not looked into, so what is alike costs nothing.
 *
 * @module
 */
import type { Directory } from "../artifact/directory.ts";
import { compareCodePoints } from "../base/order.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { findEntry, readDirectory, type Entry } from "../store/directories.ts";
import type { ContentStore } from "../store/store.ts";
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
  const differences: TreeDifference[] = [];
  await collect(
    { before: before.content, after: after.content },
    "",
    entry(before),
    entry(after),
    differences,
  );
  return differences;
}

/** Where the directories of both can be read. */
interface Contents {
  readonly before: ContentStore;
  readonly after: ContentStore;
}

/** The differences of what stands at one path. */
export async function diffEntries(
  contents: Contents,
  path: string,
  before: Entry | undefined,
  after: Entry | undefined,
): Promise<TreeDifference[]> {
  const differences: TreeDifference[] = [];
  await collect(contents, path, before, after, differences);
  return differences;
}

async function collect(
  contents: Contents,
  path: string,
  before: Entry | undefined,
  after: Entry | undefined,
  found: TreeDifference[],
): Promise<void> {
  if (before?.type !== "directory" || after?.type !== "directory") {
    const how = differenceOf(before, after);
    const isFolder = (before ?? after)?.type === "directory" && how !== "kind";
    if (how !== undefined) found.push({ path: isFolder ? `${path}/` : path, how, before, after });
    return;
  }
  if (before.digest === after.digest) return;
  const one = await tryRead(contents.before, before.digest);
  const other = await tryRead(contents.after, after.digest);
  if (one === undefined || other === undefined) {
    found.push({ path: `${path}/`, how: "unreadable", before, after });
    return;
  }
  const names = new Set([...namesOf(one), ...namesOf(other)]);
  for (const name of [...names].toSorted(compareCodePoints)) {
    const below = path === "" ? name : `${path}/${name}`;
    await collect(contents, below, findEntry(one, name), findEntry(other, name), found);
  }
}

function differenceOf(
  before: Entry | undefined,
  after: Entry | undefined,
): InputDifference | undefined {
  if (before === undefined) return after && "added";
  if (after === undefined) return "removed";
  if (before.type === "symlink" && after.type === "symlink") {
    return before.target === after.target ? undefined : "link";
  }
  if (before.type !== "file" || after.type !== "file") return "kind";
  if (before.digest !== after.digest) return "content";
  if (before.isExecutable === after.isExecutable) return undefined;
  return after.isExecutable ? "executable" : "not-executable";
}

function* namesOf({ files, directories, symlinks }: Directory): Generator<string, void> {
  for (const entries of [files, directories, symlinks]) for (const { name } of entries) yield name;
}

async function tryRead(content: ContentStore, digest: Digest): Promise<Directory | undefined> {
  try {
    return await readDirectory(content, digest);
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}
