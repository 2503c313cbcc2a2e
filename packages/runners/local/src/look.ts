/**
 * Looks: what the system shows of a file or directory, and that any change to it changes.
 *
 * A change to a file's bytes, mode, owner, name or links changes a time of it, and so does one to the list of
 * what is in a directory.
 *
 * @module
 */
import type { Stats } from "node:fs";

/** More than a tick of the clock by which systems date changes, in milliseconds. */
const tickMs = 20;

/** Whether something looks as it did. */
export function isSameLook(one: Stats, other: Stats): boolean {
  return (
    one.ctimeMs === other.ctimeMs &&
    one.mtimeMs === other.mtimeMs &&
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mode === other.mode &&
    one.nlink === other.nlink &&
    one.uid === other.uid &&
    one.gid === other.gid
  );
}

/**
 * False for what has changed so lately that another change might have the same time.
 *
 * @param now - The time before it was looked at, in milliseconds since 1970: this process may stand still after that.
 */
export function hasRested({ ctimeMs }: Stats, now: number): boolean {
  return Math.abs(now - ctimeMs) > tickMs;
}
