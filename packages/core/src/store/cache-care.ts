/**
 * Care for caches: what a store holds of them, and how one is removed.
 *
 * Garbage collection leaves caches alone, because nothing tells what of one is still of use.
 *
 * @module
 */
import * as fs from "node:fs";
import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { storeUnwritable } from "../errors/store-errors.ts";
import { isCacheName } from "../graph/cache.ts";
import { filesOf, turnsOf } from "./caches.ts";
import type { Tally } from "./inventory.ts";
import { NumberedLock } from "./numbered-lock.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** A cache that a store holds. */
export interface CacheUsage {
  readonly name: string;
  /** Its files. */
  readonly files: Tally;
  /** When it was last used, in milliseconds since 1970. */
  readonly usedAtMs: number;
  /** Whether a command uses it now. */
  readonly isInUse: boolean;
}

/**
 * The caches that a store holds, sorted by name. Of those in use, sizes are of no single moment.
 *
 * Rejects with the signal's reason.
 */
export async function listCaches(
  { directory }: { readonly directory: string },
  signal?: AbortSignal,
): Promise<CacheUsage[]> {
  const caches: CacheUsage[] = [];
  for (const name of (
    unlessDenied(() => fs.readdirSync(join(directory, "caches"))) ?? []
  ).toSorted()) {
    const folder = unlessDenied(() => fs.statSync(join(directory, "caches", name)));
    if (folder === undefined || !isCacheName(name) || !fs.existsSync(filesOf(directory, name)))
      continue;
    caches.push({
      name,
      files: await tallyBelow(filesOf(directory, name), signal),
      usedAtMs: folder.mtimeMs,
      isInUse: NumberedLock.isHeld(turnsOf(directory, name), Date.now()),
    });
  }
  return caches;
}

/**
 * Empties a cache and forgets it. False when there is none of that name, or a command uses it now.
 *
 * @throws {@link BuildError} `STORE_UNWRITABLE`.
 */
export async function removeCache(
  store: { readonly directory: string; temporaryPath(): string },
  name: string,
): Promise<boolean> {
  if (!isCacheName(name)) return false;
  const { directory } = store;
  const files = filesOf(directory, name);
  if (!fs.existsSync(files)) return false;
  const gone = store.temporaryPath();
  try {
    using lock = NumberedLock.take(turnsOf(directory, name), store.temporaryPath(), Date.now());
    if (lock === undefined) return false;
    // Moved away first, so that nobody ever meets half a cache.
    fs.renameSync(files, gone);
  } catch (error) {
    throw isSystemError(error) ? storeUnwritable(directory, error) : error;
  }
  await removeCompletely(gone);
  return true;
}

/** What is in a folder. What cannot be looked at, or goes meanwhile, does not count. */
export async function tallyBelow(folder: string, signal: AbortSignal | undefined): Promise<Tally> {
  signal?.throwIfAborted();
  let count = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const below = await tallyBelow(path, signal);
      count += below.count;
      bytes += below.bytes;
    } else {
      count++;
      bytes += (await lstat(path).catch(() => undefined))?.size ?? 0;
    }
  }
  return { count, bytes };
}

/** Tools like to make what they keep unwritable, and then not even its owner can remove it. */
export async function removeCompletely(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await allowRemoval(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function allowRemoval(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoval(join(folder, entry.name));
  }
}
