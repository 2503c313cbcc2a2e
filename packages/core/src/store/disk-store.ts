/**
 * A store in a directory.
 *
 *     cas/<hh>/<hash>     a blob                    hh: the first two digits of the hash
 *     ac/<hh>/<hash>      a REAPI ActionResult, sealed
 *     notes/<name>        what makes later builds faster, sealed
 *     tmp/                files on their way
 *
 * What else is there serves the care of the store: `lease.ts`, `collector-lock.ts`, `verify-store.ts`.
 *
 * The layout of Bazel's disk cache: no index, no daemon, no lock. Every file is written under a
 * temporary name and renamed, so it is there as a whole or not at all, whoever else is at work. Bytes
 * are checked against their digest whenever they leave the store, because disks lose power.
 *
 * @module
 */
import { createHash, randomUUID, type Hash } from "node:crypto";
import * as fs from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import {
  digestBytes,
  emptyDigest,
  hashOf,
  makeDigest,
  sizeOf,
  type Digest,
} from "../digest/digest.ts";
import { digestFile, largeBytes } from "../digest/file-digester.ts";
import { BuildError } from "../errors/build-error.ts";
import { blobLost, storeUnwritable } from "../errors/catalogue.ts";
import {
  decodeActionResult,
  encodeActionResult,
  type ActionResult,
} from "../graph/action-result.ts";
import type { ActionKey } from "../graph/action.ts";
import { makeFolder } from "./folder.ts";
import { ownHolder } from "./holder.ts";
import { StoreLease } from "./lease.ts";
import { markBlobUsed, markResultUsed } from "./recency.ts";
import { sealBytes, unsealBytes } from "./seal.ts";
import type { ActionCache, ContentStore, Notes, Store } from "./store.ts";
import { isSystemError } from "./system-error.ts";

/** Files up to this size are handled in one synchronous piece; that is faster than going async. */
const smallBytes = 1024 * 1024;

/** Mode of everything kept: nobody has a reason to write to it. */
const keptMode = 0o444;

/** The two kinds of content, by their folders. */
type Half = "ac" | "cas";

/** A store in a directory, shared freely between processes. */
export class DiskStore implements Store, ContentStore, ActionCache {
  readonly directory: string;
  readonly #madeFolders = new Set<string>();

  /** @param directory - Absolute. Made when something is first written. */
  constructor(directory: string) {
    this.directory = directory;
  }

  get content(): ContentStore {
    return this;
  }

  get actions(): ActionCache {
    return this;
  }

  readonly notes: Notes = {
    read: (name) => {
      try {
        return unsealBytes(fs.readFileSync(join(this.directory, "notes", name)), name);
      } catch (error) {
        if (isSystemError(error)) return undefined;
        throw error;
      }
    },
    write: (name, bytes) => {
      try {
        const temporary = this.temporaryPath();
        fs.writeFileSync(temporary, sealBytes(bytes, name), { flag: "wx" });
        fs.renameSync(temporary, join(this.#folder("notes"), name));
      } catch (error) {
        if (!isSystemError(error)) throw error;
      }
    },
  };

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    return [...digests].filter((digest) => digest !== emptyDigest && !this.#isThere(digest));
  }

  async read(digest: Digest): Promise<Buffer> {
    if (digest === emptyDigest) return Buffer.alloc(0);
    const bytes = this.#readOrLose(digest);
    if (digestBytes(bytes) !== digest) throw this.#lose(digest, "its bytes have changed");
    markBlobUsed(this.#blobPath(digest));
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    const digest = digestBytes(bytes);
    if (digest === emptyDigest || this.#isThere(digest)) return digest;
    this.#publish("cas", hashOf(digest), (path) => {
      fs.writeFileSync(path, bytes, { mode: keptMode, flag: "wx" });
    });
    return digest;
  }

  async writeFile(path: string): Promise<Digest> {
    const small = readSmallFile(path);
    if (small !== undefined) return await this.write(small);
    await using source = await open(path);
    const { size } = await source.stat();
    // Reading a large file twice is cheaper than writing one that is there already.
    const digest = size >= largeBytes ? await digestFile(path) : undefined;
    return digest !== undefined && this.#isThere(digest) ? digest : await this.#writeLarge(source);
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    if (sizeOf(digest) > smallBytes) return await this.#copyLarge(digest, path, mode);
    fs.writeFileSync(path, await this.read(digest), { mode, flag: "wx" });
  }

  async get(key: ActionKey): Promise<ActionResult | undefined> {
    try {
      const path = this.#path("ac", hashOf(key));
      const bytes = unsealBytes(fs.readFileSync(path), hashOf(key));
      const result = bytes && decodeActionResult(bytes);
      if (result) markResultUsed(path);
      return result;
    } catch (error) {
      // Unreadable for whatever reason: the action runs again, and its result replaces this one.
      if (error instanceof BuildError || isSystemError(error)) return undefined;
      throw error;
    }
  }

  hold(): Disposable {
    return new StoreLease(this.directory);
  }

  markUsed(keys: Iterable<ActionKey>): void {
    for (const key of keys) markResultUsed(this.#path("ac", hashOf(key)));
  }

  async put(key: ActionKey, result: ActionResult): Promise<void> {
    const bytes = sealBytes(encodeActionResult(result), hashOf(key));
    this.#publish("ac", hashOf(key), (path) => {
      fs.writeFileSync(path, bytes, { mode: keptMode, flag: "wx" });
    });
  }

  /** A new path on the store's file system, for work that will be moved in or thrown away. */
  temporaryPath(): string {
    return join(this.#folder("tmp"), `${ownHolder()}-${randomUUID()}`);
  }

  /** Copies through the store's own temporary file, one chunk in memory at a time. */
  async #writeLarge(source: FileHandle): Promise<Digest> {
    // The folders may have been removed since; next to the copy, looking after them costs nothing.
    this.#madeFolders.clear();
    const path = this.#guard(() => this.temporaryPath());
    try {
      const hash = createHash("sha256");
      const size = await copyChunks(source, path, keptMode, hash);
      const digest = makeDigest(hash.digest("hex"), size);
      this.#guard(() => fs.renameSync(path, this.#place("cas", hashOf(digest))));
      return digest;
    } catch (error) {
      const isOurs = isSystemError(error) && (error.path === path || error.syscall === "write");
      throw isOurs ? storeUnwritable(this.directory, error) : error;
    } finally {
      fs.rmSync(path, { force: true });
    }
  }

  async #copyLarge(digest: Digest, path: string, mode: number): Promise<void> {
    if (!this.#isThere(digest)) throw this.#lose(digest, "it is missing, or cut short");
    const hash = createHash("sha256");
    await using source = await this.#openOrLose(digest);
    const size = await copyChunks(source, path, mode, hash);
    if (makeDigest(hash.digest("hex"), size) === digest) return;
    fs.rmSync(path, { force: true });
    throw this.#lose(digest, "its bytes have changed");
  }

  #readOrLose(digest: Digest): Buffer {
    try {
      return fs.readFileSync(this.#blobPath(digest));
    } catch (error) {
      if (isSystemError(error)) throw this.#lose(digest, error.message);
      throw error;
    }
  }

  async #openOrLose(digest: Digest): Promise<FileHandle> {
    try {
      return await open(this.#blobPath(digest));
    } catch (error) {
      if (isSystemError(error)) throw this.#lose(digest, error.message);
      throw error;
    }
  }

  /** Makes sure that a bad blob is not found again, and says so. */
  #lose(digest: Digest, why: string): BuildError {
    try {
      fs.rmSync(this.#blobPath(digest), { force: true });
    } catch (error) {
      // A store that cannot be written to keeps its bad blob, which is found out every time.
      if (!isSystemError(error)) throw error;
    }
    return blobLost(digest, why);
  }

  /** True when a file of the right size has the blob's name. */
  #isThere(digest: Digest): boolean {
    try {
      const path = this.#blobPath(digest);
      const stats = fs.statSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() !== true || stats.size !== sizeOf(digest)) return false;
      markBlobUsed(path, stats);
      return true;
    } catch (error) {
      // What cannot be looked at is not there: something else may lie in the place of the store.
      if (isSystemError(error)) return false;
      throw error;
    }
  }

  #publish(half: Half, hash: string, write: (temporary: string) => void): void {
    this.#guard(() => {
      const temporary = this.temporaryPath();
      try {
        write(temporary);
        fs.renameSync(temporary, this.#place(half, hash));
      } catch (error) {
        fs.rmSync(temporary, { force: true });
        throw error;
      }
    });
  }

  /** Runs a write. If a folder of the store was removed meanwhile, makes it again, once. */
  #guard<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (error.code !== "ENOENT") throw storeUnwritable(this.directory, error);
    }
    try {
      this.#madeFolders.clear();
      return write();
    } catch (error) {
      throw isSystemError(error) ? storeUnwritable(this.directory, error) : error;
    }
  }

  #blobPath(digest: Digest): string {
    return this.#path("cas", hashOf(digest));
  }

  #path(half: Half, hash: string): string {
    return join(this.directory, half, hash.slice(0, 2), hash);
  }

  /** The path of a file that is about to be written. */
  #place(half: Half, hash: string): string {
    return join(this.#folder(join(half, hash.slice(0, 2))), hash);
  }

  #folder(name: string): string {
    const folder = join(this.directory, name);
    if (!this.#madeFolders.has(folder)) {
      makeFolder(folder);
      this.#madeFolders.add(folder);
    }
    return folder;
  }
}

/** What a file holds, if it is small: in one go, without the detour of an asynchronous read. */
function readSmallFile(path: string): Buffer | undefined {
  const file = fs.openSync(path, "r");
  try {
    return fs.fstatSync(file).size <= smallBytes ? fs.readFileSync(file) : undefined;
  } finally {
    fs.closeSync(file);
  }
}

/** Copies a file to a new one, hashing on the way. Returns the number of bytes. */
async function copyChunks(
  source: FileHandle,
  path: string,
  mode: number,
  hash: Hash,
): Promise<number> {
  await using target = await open(path, "wx", mode);
  const buffer = Buffer.allocUnsafe(smallBytes);
  for (let size = 0; ;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.byteLength, size);
    if (bytesRead === 0) return size;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    // Not `write`, which on a full disk may write a part of it and say so only in what it returns.
    await target.writeFile(chunk);
    size += bytesRead;
  }
}
