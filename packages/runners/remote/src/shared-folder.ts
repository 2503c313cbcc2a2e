/**
 * A folder as a cache: one that several machines mount, or that a CI keeps between its runs.
 *
 *     cas/<hh>/<hash>     a blob                          hh: the first two digits of the hash
 *     ac/<hh>/<hash>      the result of an action         the bytes of a REAPI `ActionResult`
 *     tmp/<uuid>          a file on its way
 *
 * The layout is that of Bazel's disk cache. There is no lock, and none is needed: a file gets its name when it
 * is whole, by a rename, which file systems of networks do in one step too. Whoever uses a file makes it younger, at
 * most once a day, and with a result all that it names; so what is old is what nobody uses: any program may remove that, at
 * any time.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import {
  hashOf,
  invalidOption,
  sizeOf,
  untilAborted,
  type ActionKey,
  type Digest,
} from "@ashlar/core";

import { remoteRefused, remoteUnavailable, remoteUnfit } from "./errors.ts";
import type { CacheAbilities, CallContext, RemoteCache } from "./remote-cache.ts";
import { Slots } from "./slots.ts";
import { namedBlobs } from "./tree-blobs.ts";

/** Files that are handled at once: more than there are threads for it, and few enough for any limit. */
const maxFiles = 32;

/** Bytes of a large blob in memory at a time. */
const chunkBytes = 1024 * 1024;

/** How old a file is before its use makes it younger, in milliseconds. */
const touchAfterMs = 24 * 60 * 60 * 1000;

/** How old a file on its way is when whoever wrote it has been forgotten, in milliseconds. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** Failures of system calls that will not go away by themselves, or not soon. */
const lasting = new Set(["EACCES", "EDQUOT", "EFBIG", "ENOSPC", "EPERM", "EROFS"]);

/** Something else lies in the place of the cache, or part of it. */
const unfit = new Set(["EISDIR", "ELOOP", "ENAMETOOLONG", "ENOTDIR"]);

/**
 * A cache in a folder, shared freely between processes and machines.
 *
 * @param directory - Absolute, or relative to where the process works now. Made when something is first written.
 * @throws {@link BuildError} `INVALID_OPTION` when it is no path.
 * @example
 * ```ts
 * const store = withRemote(".ashlar", sharedFolder("/mnt/team/ashlar"));
 * ```
 */
export function sharedFolder(directory: string): RemoteCache {
  if (typeof directory !== "string" || directory === "") {
    throw invalidOption("directory", JSON.stringify(directory), "the path of a folder");
  }
  return new SharedFolder(resolve(directory));
}

class SharedFolder implements RemoteCache {
  readonly name: string;
  readonly #directory: string;
  readonly #slots = new Slots(maxFiles);
  readonly #ended = new AbortController();
  #tidied: Promise<void> | undefined;
  /** What makes files younger. */
  readonly #refreshing = new Set<Promise<void>>();

  constructor(directory: string) {
    this.#directory = directory;
    this.name = directory;
  }

  async abilities({ signal }: CallContext): Promise<CacheAbilities> {
    return await this.#guard("read", signal, async () => {
      const at = await nearestFolder(this.#directory);
      const canWrite = await fs.access(at, fs.constants.W_OK).then(
        () => true,
        () => false,
      );
      return { canWrite };
    });
  }

  async missing(digests: readonly Digest[], { signal }: CallContext): Promise<Digest[]> {
    const missing: Digest[] = [];
    await someAtOnce(digests, async (digest) => {
      const isThere = await this.#guard("read", signal, async () => await this.#has(digest));
      if (!isThere) missing.push(digest);
    });
    return missing;
  }

  async readAll(
    digests: readonly Digest[],
    { signal }: CallContext,
  ): Promise<ReadonlyMap<Digest, Uint8Array>> {
    const found = new Map<Digest, Uint8Array>();
    await someAtOnce(digests, async (digest) => {
      const read = async (): Promise<Buffer | undefined> =>
        await this.#readFile(this.#blobPath(digest));
      const bytes = await this.#guard("read", signal, read);
      if (bytes !== undefined) found.set(digest, bytes);
    });
    return found;
  }

  async read(
    digest: Digest,
    offset: number,
    { signal }: CallContext,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const isThere = await this.#guard("read", signal, async () => await this.#has(digest));
    return isThere ? this.#chunks(this.#blobPath(digest), offset, signal) : undefined;
  }

  async writeAll(blobs: ReadonlyMap<Digest, Uint8Array>, { signal }: CallContext): Promise<void> {
    await someAtOnce([...blobs], async ([digest, bytes]) => {
      await this.#write(this.#blobPath(digest), each([bytes]), signal);
    });
  }

  async write(
    digest: Digest,
    open: (offset: number) => AsyncIterable<Uint8Array>,
    { signal }: CallContext,
  ): Promise<void> {
    await this.#write(this.#blobPath(digest), open(0), signal);
  }

  async getResult(key: ActionKey, { signal }: CallContext): Promise<Uint8Array | undefined> {
    return await this.#guard("read", signal, async () => {
      const path = this.#resultPath(key);
      const found = await unlessAbsent(readWithAge(path));
      if (found !== undefined && isOld(found.mtimeMs)) this.#keepAllYoung(path, found.bytes);
      return found?.bytes;
    });
  }

  async putResult(key: ActionKey, message: Uint8Array, { signal }: CallContext): Promise<void> {
    await this.#write(this.#resultPath(key), each([message]), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(remoteUnavailable(this.name, "it is no longer used"));
    await Promise.all(this.#refreshing);
  }

  /**
   * Makes all younger that a result names, and then the result, behind the caller's back: who finds it may need its
   * blobs much later. What is wrong with it shows when it is used.
   */
  #keepAllYoung(path: string, message: Uint8Array): void {
    const refresh = async (): Promise<void> => {
      const read = async (tree: Digest): Promise<Buffer | undefined> =>
        (await unlessAbsent(readWithAge(this.#blobPath(tree))))?.bytes;
      await someAtOnce([...(await namedBlobs(message, read))], async (digest) => {
        if (!this.#ended.signal.aborted) await this.#has(digest);
      });
      if (!this.#ended.signal.aborted) await keepYoung(path, 0);
    };
    const refreshing = refresh().catch(() => {});
    this.#refreshing.add(refreshing);
    void refreshing.finally(() => this.#refreshing.delete(refreshing));
  }

  #blobPath(digest: Digest): string {
    const hash = hashOf(digest);
    return join(this.#directory, "cas", hash.slice(0, 2), hash);
  }

  #resultPath(key: ActionKey): string {
    const hash = hashOf(key);
    return join(this.#directory, "ac", hash.slice(0, 2), hash);
  }

  async #has(digest: Digest): Promise<boolean> {
    const path = this.#blobPath(digest);
    const stats = await unlessAbsent(fs.stat(path));
    if (stats?.isFile() !== true || stats.size !== sizeOf(digest)) return false;
    await keepYoung(path, stats.mtimeMs);
    return true;
  }

  async #readFile(path: string): Promise<Buffer | undefined> {
    const found = await unlessAbsent(readWithAge(path));
    if (found !== undefined) await keepYoung(path, found.mtimeMs);
    return found?.bytes;
  }

  async *#chunks(path: string, offset: number, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const open = async (): Promise<fs.FileHandle | undefined> => await unlessAbsent(fs.open(path));
    const file = await this.#guard("read", signal, open);
    // Gone since: it ends early, and whoever reads finds out when he goes on.
    if (file === undefined) return;
    await using opened = file;
    for (let at = offset; ;) {
      // A new one each time: whoever was given the last one may still be at work on it.
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const next = async (): Promise<number> =>
        (await opened.read(chunk, 0, chunkBytes, at)).bytesRead;
      const bytesRead = await this.#guard("read", signal, next);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }

  /** Writes a file beside its place, and moves it there. */
  async #write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    await (this.#tidied ??= this.#tidy());
    await this.#guard("write", signal, async () => {
      const temporary = join(this.#directory, "tmp", randomUUID());
      try {
        const file = await inFolder(temporary, async () => await fs.open(temporary, "wx", 0o444));
        {
          await using opened = file;
          const source = chunks[Symbol.asyncIterator]();
          for (;;) {
            // Who gives the pieces may be stuck, and nobody can call off that.
            const next = await untilAborted(source.next(), signal);
            if (next.done === true) break;
            await opened.writeFile(next.value);
          }
        }
        await inFolder(path, async () => await fs.rename(temporary, path));
      } catch (error) {
        await fs.rm(temporary, { force: true }).catch(() => {});
        throw error;
      }
    });
  }

  /** Removes what those have left who were killed while they wrote. */
  async #tidy(): Promise<void> {
    const folder = join(this.#directory, "tmp");
    const names = await fs.readdir(folder).catch(() => []);
    for (const name of names) {
      const path = join(folder, name);
      const stats = await fs.stat(path).catch(() => undefined);
      if (stats === undefined || Date.now() - stats.mtimeMs < abandonedAfterMs) continue;
      await fs.rm(path, { force: true }).catch(() => {});
    }
  }

  /** Does something with files, if it is still wanted, and says what went wrong in our words. */
  async #guard<T>(what: "read" | "write", signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { signal: ended } = this.#ended;
    ended.throwIfAborted();
    try {
      return await this.#slots.use(signal, work);
    } catch (error) {
      signal.throwIfAborted();
      if (!isSystemError(error)) throw error;
      const { code = "", message } = error;
      if (lasting.has(code)) throw remoteRefused(this.name, what, message, error);
      if (unfit.has(code)) {
        throw remoteUnfit(this.name, message, "name a folder that is there for this alone", error);
      }
      throw remoteUnavailable(this.name, message, error);
    }
  }
}

/** Does something for each, some at once. The first failure is that of all. */
async function someAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const workers = Array.from({ length: Math.min(maxFiles, items.length) }, async () => {
    for (const item of queue) await work(item);
  });
  await Promise.all(workers);
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}

/** The folder, or the nearest one above it that there is. */
async function nearestFolder(path: string): Promise<string> {
  const stats = await unlessAbsent(fs.stat(path));
  const parent = dirname(path);
  if (stats === undefined && parent !== path) return await nearestFolder(parent);
  if (stats?.isDirectory() === true) return path;
  throw Object.assign(new Error(`\`${path}\` is no folder`), { code: "ENOTDIR", syscall: "stat" });
}

/** Does something to a file; if there is no folder for it, makes that, and tries once more. */
async function inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error) || error.code !== "ENOENT") throw error;
    await fs.mkdir(dirname(path), { recursive: true });
    return await work();
  }
}

async function readWithAge(
  path: string,
): Promise<{ readonly bytes: Buffer; readonly mtimeMs: number }> {
  await using file = await fs.open(path);
  const { mtimeMs } = await file.stat();
  return { bytes: await file.readFile(), mtimeMs };
}

function isOld(mtimeMs: number): boolean {
  return Date.now() - mtimeMs > touchAfterMs;
}

async function keepYoung(path: string, mtimeMs: number): Promise<void> {
  const now = Date.now();
  // A cache that we may only read keeps its ages.
  if (isOld(mtimeMs)) await fs.utimes(path, now / 1000, now / 1000).catch(() => {});
}

/** What there is; `undefined` when there is none. A file that went away on another machine is stale. */
async function unlessAbsent<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    const isAbsent = isSystemError(error) && (error.code === "ENOENT" || error.code === "ESTALE");
    if (isAbsent) return undefined;
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && "syscall" in error;
}
