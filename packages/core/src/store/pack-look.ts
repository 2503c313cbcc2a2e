/**
 * How a pack looks, so that a later look can tell that nothing was taken away from it.
 *
 * Records are written over where they stand, which shows in the time of the index. What was added since shows as well, and
 * is no loss; but whoever finds a pack otherwise than it was looks for what it needs as if it had never looked.
 *
 * @module
 */
import * as fs from "node:fs";

import { packOf, type PackName } from "./pack-names.ts";
import { unlessDenied } from "./system-error.ts";

/** How long a file or folder must have rested for its time to prove anything: more than a tick of any kernel. */
const restMs = 100;

/** The same for times without a fraction, as file systems give that count in seconds, or in two of them. */
const coarseRestMs = 2100;

/** The id of a pack, and the inode, size and modification time of its index and of its blobs. */
export type PackLook = readonly [id: string, ...stats: readonly number[]];

/**
 * How a pack looks; `undefined` when it is not there, or has changed so lately that one more change might not show.
 *
 * @param now - The time, in milliseconds since 1970, before anything is looked at: a process may stand still after that.
 */
export function lookAtPack(
  { id, indexPath, dataPath }: PackName,
  now: number = Date.now(),
): PackLook | undefined {
  const looks = unlessDenied(() => [indexPath, dataPath].map((path) => fs.statSync(path)));
  const isAtRest = looks?.every(({ mtimeMs }) => hasRested(mtimeMs, now)) ?? false;
  if (looks === undefined || !isAtRest) return undefined;
  return [id, ...looks.flatMap(({ ino, size, mtimeMs }) => [ino, size, mtimeMs])];
}

/** Whether a pack that nobody writes to looks as it did. */
export function looksLike(folder: string, look: PackLook): boolean {
  const now = lookAtPack(packOf(folder, look[0], undefined));
  return now?.every((part, at) => part === look[at]) ?? false;
}

/**
 * Whether a time of a last change proves that there was none since.
 *
 * @param now - The time, in milliseconds since 1970, before the other one was asked for.
 */
export function hasRested(mtimeMs: number, now: number): boolean {
  return mtimeMs < now - (mtimeMs % 1000 === 0 ? coarseRestMs : restMs);
}
