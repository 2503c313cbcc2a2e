/**
 * Files on their way into a store, one at a time.
 *
 * A file is looked at before and after it is read: what comes of it is one state that it was in, or an
 * error that names it.
 *
 * @module
 */
import * as fs from "node:fs";

import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { sourceChanged, sourceUnreadable } from "../errors/source-errors.ts";
import type { Stats } from "./fingerprints.ts";
import type { ContentStore } from "./store.ts";
import { maxTries, type TakenFile, type Taking } from "./taking.ts";

/** Takes one file into the store, as an entry of a directory. */
export async function snapshotFile(
  content: ContentStore,
  path: string,
  shown: string = path,
): Promise<{ readonly digest: Digest; readonly isExecutable: boolean }> {
  return await takeSeen(content, path, inspect(path, shown), shown);
}

/**
 * Takes a file of a directory.
 *
 * @returns How it looked before it was read, so that what is written later shows in the next look.
 */
export async function takeFile(taking: Taking, full: string): Promise<TakenFile> {
  const small = takeSmallFile(taking, full);
  if (small !== undefined) return small;
  const stats = inspect(full, full);
  const { digest } = await takeSeen(taking.content, full, stats);
  return { digest, stats };
}

/** As {@link takeFile}, at once. `undefined` when the file is large, or the store has no intake. */
export function takeSmallFile(taking: Taking, full: string): TakenFile | undefined {
  try {
    return taking.takeFile(full);
  } catch (error) {
    throw error instanceof BuildError ? error : unreadable(full, error);
  }
}

/** Takes a file that has just been looked at. What is written to meanwhile is read again. */
async function takeSeen(
  content: ContentStore,
  path: string,
  seen: fs.Stats,
  shown: string = path,
): Promise<{ readonly digest: Digest; readonly isExecutable: boolean }> {
  for (let tries = 1, before = seen; ; tries++) {
    const digest = await readWhole(content, path, shown);
    const after = inspect(path, shown);
    const isSame = before.mtimeMs === after.mtimeMs && before.size === after.size;
    if (isSame) return { digest, isExecutable: canExecute(after) };
    if (tries === maxTries) throw sourceChanged(shown, "it is being written to");
    before = after;
  }
}

async function readWhole(content: ContentStore, path: string, shown: string): Promise<Digest> {
  try {
    return await content.writeFile(path);
  } catch (error) {
    throw error instanceof BuildError ? error : unreadable(shown, error);
  }
}

/** What is at a path. Throws as taking it does, with the path that is to be shown. */
export function inspect(path: string, shown: string): fs.Stats {
  return attempt(shown, () => fs.lstatSync(path));
}

/** What is at a path; `undefined` when there is nothing. */
export function lookAt(path: string): fs.Stats | undefined {
  return attempt(path, () => fs.lstatSync(path, { throwIfNoEntry: false }));
}

/** Reads something of a source. Throws `SOURCE_CHANGED` when it went away, or `SOURCE_UNREADABLE`. */
export function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** An entry that was listed, and is not there or leads elsewhere when it is read, went away meanwhile. */
function unreadable(path: string, error: unknown): BuildError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP"
    ? sourceChanged(path, "it went away")
    : sourceUnreadable(path, error);
}

/** Whether anybody may execute it: all that a tree keeps of a mode. */
export function canExecute({ mode }: Pick<Stats, "mode">): boolean {
  return (mode & 0o111) !== 0;
}
