/**
 * Recency: when something in the store was last used.
 *
 * The file system remembers it, so there is no index to keep or lose. Of a result it is the mtime, which
 * survives when a store is packed and unpacked elsewhere. Of a blob it is the ctime: a blob may share its
 * inode with files in input roots, where its mtime is not ours to set, and the ctime never lies in the
 * wrong direction: no change of an inode makes it older. Access times are not kept by most systems.
 *
 * A mark costs two microseconds and a write of the inode, so it is set anew only when it is older than
 * {@link markIntervalMs}. Whoever compares marks must allow for that.
 *
 * @module
 */
import { chmodSync, statSync, utimesSync, type Stats } from "node:fs";

import { unlessDenied } from "./system-error.ts";

/** How far a mark may be behind the last use. */
export const markIntervalMs: number = 10 * 60 * 1000;

/** When a blob was last written or used, in milliseconds since 1970. */
export function blobUsedAt(stats: Stats): number {
  return stats.ctimeMs;
}

/** When a result was last written or used, in milliseconds since 1970. */
export function resultUsedAt(stats: Stats): number {
  return stats.mtimeMs;
}

/** Marks a blob as used. One that cannot be marked stays as it is. */
export function markBlobUsed(path: string, known?: Stats): void {
  unlessDenied(() => {
    const stats = known ?? statSync(path);
    // Setting the mode that it has changes nothing but the ctime (POSIX, `chmod`).
    if (isOld(blobUsedAt(stats))) chmodSync(path, stats.mode & 0o7777);
  });
}

/** Marks a result as used. One that cannot be marked stays as it is. */
export function markResultUsed(path: string): void {
  unlessDenied(() => {
    const now = Date.now() / 1000;
    if (isOld(resultUsedAt(statSync(path)))) utimesSync(path, now, now);
  });
}

/**
 * True for marks that should be set anew. Not by a clock that is handed in: the marks to compare with are
 * the machine's.
 */
export function isOld(usedAtMs: number): boolean {
  // A mark in the future is old, too: the clock was wrong when it was set, or is now.
  return Math.abs(Date.now() - usedAtMs) > markIntervalMs;
}
