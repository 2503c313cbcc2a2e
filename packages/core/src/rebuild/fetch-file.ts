/**
 * Fetching a file: from its addresses into the store, once it has proved to be the one.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { shownUrl } from "../artifact/fetch.ts";
import type { FetchSpec } from "../artifact/handle.ts";
import { aside } from "../base/aside.ts";
import type { Clock } from "../base/clock.ts";
import { pause } from "../base/pause.ts";
import { hashOf, type Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { fetchFailed, fetchUnpinned, fetchWrongDigest } from "../errors/fetch-errors.ts";
import { storeUnwritable } from "../errors/store-errors.ts";
import { readDirectory, writeDirectory } from "../store/directories.ts";
import { download, DownloadFailure, type Downloaded } from "../store/download.ts";
import type { ContentStore } from "../store/store.ts";
import { isSystemError } from "../store/system-error.ts";

/** How long to wait before the addresses that may work again are tried again, in milliseconds. */
const pausesMs: readonly number[] = [1000, 3000, 9000];

/** What fetching needs. */
export interface FetchContext {
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The tree that holds a fetched file, which is in the store afterwards. The network is used only if it was
 * not there before.
 *
 * @throws {@link BuildError} `FETCH_UNPINNED`, `FETCH_WRONG_DIGEST`, `FETCH_FAILED`, `STORE_UNWRITABLE`.
 *   Rejects with the signal's reason.
 */
export async function fetchTree(spec: FetchSpec, context: FetchContext): Promise<Digest> {
  const { name, isExecutable, sha256 } = spec;
  const known = sha256 && (await context.content.find?.(sha256));
  const digest = known ?? (await fetchFile(spec, context));
  const files = [{ name, digest: digest as Digest, isExecutable }];
  return await writeDirectory(context.content, { files, directories: [], symlinks: [] });
}

/** True when the store has a tree of an earlier time, and the file in it. Does not look into the file. */
export async function isTreeThere(content: ContentStore, tree: Digest): Promise<boolean> {
  try {
    const { files } = await readDirectory(content, tree);
    return (await content.missing(files.map(({ digest }) => digest))).length === 0;
  } catch (error) {
    if (error instanceof BuildError && error.code === "BLOB_LOST") return false;
    throw error;
  }
}

async function fetchFile(spec: FetchSpec, context: FetchContext): Promise<Digest> {
  const path = temporaryPath(context.content);
  try {
    const { url, downloaded } = await fetchTo(path, spec, context);
    const digest = await context.content.writeFile(path);
    const { sha256 } = downloaded;
    // Kept all the same: it need not be downloaded again once it is pinned.
    if (spec.sha256 === undefined) throw fetchUnpinned(url, sha256, downloaded.sizeBytes);
    if (hashOf(digest) !== sha256) throw fetchWrongDigest(url, sha256, hashOf(digest), spec.about);
    return digest;
  } finally {
    await rm(path, { force: true });
  }
}

/** What became of an address. */
interface Attempt {
  readonly url: string;
  reason: string;
  times: number;
  mayPass: boolean;
  cause: unknown;
}

/** Downloads from the first address that has the file; what only may have it later is tried again later. */
async function fetchTo(
  path: string,
  { urls, sha256: expected, idleTimeoutMs, about }: FetchSpec,
  { clock, signal }: FetchContext,
): Promise<{ readonly url: string; readonly downloaded: Downloaded }> {
  const attempts = new Map<string, Attempt>();
  let wrong: BuildError | undefined;
  for (let round = 0; ; round++) {
    for (const url of urls) {
      const known = attempts.get(url);
      if (known?.mayPass === false) continue;
      const attempt = known ?? {
        url: shownUrl(url),
        reason: "",
        times: 0,
        mayPass: false,
        cause: undefined,
      };
      attempts.set(url, attempt);
      attempt.times++;
      await rm(path, { force: true });
      try {
        const downloaded = await download(url, path, { clock, signal, idleTimeoutMs });
        const { sha256 } = downloaded;
        if (expected === undefined || sha256 === expected) return { url: attempt.url, downloaded };
        attempt.reason = `it has sha256 ${sha256}`;
        attempt.mayPass = false;
        wrong ??= fetchWrongDigest(attempt.url, expected, sha256, about);
      } catch (error) {
        if (!(error instanceof DownloadFailure)) throw error;
        attempt.reason = error.message;
        attempt.mayPass = error.mayPass;
        attempt.cause = error.cause;
      }
    }
    const pauseMs = pausesMs[round];
    const all = [...attempts.values()];
    if (pauseMs === undefined || !all.some(({ mayPass }) => mayPass)) {
      throw wrong ?? fetchFailed(all, about, all[0]?.cause);
    }
    const wait = (): string => `a download waits to be tried again: ${all[0]?.url ?? ""}`;
    await aside(clock, wait, pause(pauseMs, clock, signal));
  }
}

/** On the store's own disk if it has one: temporary files of systems may lie in memory. */
function temporaryPath(content: ContentStore): string {
  try {
    return content.temporaryPath?.() ?? join(tmpdir(), `ashlar-fetch-${randomUUID()}`);
  } catch (error) {
    throw isSystemError(error) ? storeUnwritable(error.path ?? "", error) : error;
  }
}
