/**
 * Results that a service's own workers have left under our keys, without a client of ours that would have kept them.
 *
 * Somebody had an action executed, and did not write to the cache; the service did. So it has the forms that services write:
 * no worker, or one with a name of theirs; logs in place; trees in an encoding of their own. It is read as the remote runner
 * would read it, and becomes a result as that would have written it.
 *
 * @module
 */
import {
  emptyDigest,
  type ActionResult,
  type ContentStore,
  type Digest,
  type Hermeticity,
} from "@ashlar/core";

import {
  decodeForeignResult,
  type ForeignDirectory,
  type ForeignLog,
} from "./execution/foreign-result.ts";
import { readTree } from "./execution/trees.ts";
import { labelOfWorkers } from "./ran-by.ts";

/** A result, and all blobs that it names but its directories. */
export interface WorkerResult {
  readonly result: ActionResult;
  readonly blobs: readonly Digest[];
}

/**
 * Takes such a result, with its directories and those of its logs that came along. `undefined` for what nobody reuses: a
 * failure, an output that is a link, or a tree with a link that leads out of it.
 *
 * @throws {@link BuildError} `MALFORMED_MESSAGE`. Rejects with `BLOB_LOST` when a tree is not there, or as the store does.
 */
export async function takeWorkerResult(
  message: Uint8Array,
  hermeticity: Hermeticity,
  content: ContentStore,
): Promise<WorkerResult | undefined> {
  const found = decodeForeignResult(message);
  const { exitCode, files, links, startedAt = 0, finishedAt = startedAt } = found;
  if (exitCode !== 0 || links.length > 0) return undefined;
  const blobs = new Set(files.map(({ digest }) => digest));
  const directories: ActionResult["directories"][number][] = [];
  for (const directory of found.directories) {
    const rootDigest = await keepTree(directory, content, blobs);
    if (rootDigest === undefined) return undefined;
    directories.push({ ...directory, rootDigest });
  }
  const stdout = await keepLog(found.stdout, content, blobs);
  const stderr = await keepLog(found.stderr, content, blobs);
  blobs.delete(emptyDigest);
  const worker = labelOfWorkers(hermeticity);
  const result = { files, directories, exitCode, stdout, stderr, worker, startedAt, finishedAt };
  return { result, blobs: [...blobs] };
}

/** The root of a directory, whose messages are here then; `undefined` when it cannot be kept. */
async function keepTree(
  { treeDigest }: ForeignDirectory,
  content: ContentStore,
  blobs: Set<Digest>,
): Promise<Digest | undefined> {
  const tree = readTree(await content.read(treeDigest));
  if (tree.fault !== undefined) return undefined;
  for (const bytes of tree.directories.values()) await content.write(bytes);
  for (const digest of tree.files) blobs.add(digest);
  return tree.digest;
}

async function keepLog(
  log: ForeignLog,
  content: ContentStore,
  blobs: Set<Digest>,
): Promise<Digest> {
  if (Buffer.isBuffer(log)) return await content.write(log);
  blobs.add(log);
  return log;
}
