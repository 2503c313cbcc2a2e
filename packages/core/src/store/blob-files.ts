/**
 * Blobs that are files of their own: the larger ones, and all blobs of stores from before there were packs.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import * as fs from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

import { digestBytes, hashOf, makeDigest, sizeOf, type Digest } from "../digest/digest.ts";
import { digestFile, largeBytes } from "../digest/file-digester.ts";
import { storeUnwritable } from "../errors/store-errors.ts";
import { markBlobUsed } from "./recency.ts";
import { keptMode, type StoreFiles } from "./store-files.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";
import { writeAllTo } from "./write-all.ts";

/** Bytes of a large blob in memory at a time. */
const chunkBytes = 1024 * 1024;

/** The blobs of one store that are files. */
export class BlobFiles {
  readonly #files: StoreFiles;

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** True when a file of the right size has the blob's name. Marks it as used. */
  has(digest: Digest): boolean {
    // What cannot be looked at is not there: something else may lie in the place of the store.
    const isThere = unlessDenied(() => {
      const path = this.path(digest);
      const stats = fs.statSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() !== true || stats.size !== sizeOf(digest)) return false;
      markBlobUsed(path, stats);
      return true;
    });
    return isThere ?? false;
  }

  /** The same, and nothing is marked. */
  isThere(digest: Digest): boolean {
    const stats = unlessDenied(() => fs.statSync(this.path(digest), { throwIfNoEntry: false }));
    return stats?.isFile() === true && stats.size === sizeOf(digest);
  }

  /** The digest of the blob with a hash, if it is there and whole. */
  async find(hash: string): Promise<Digest | undefined> {
    try {
      const digest = await digestFile(this.#files.path("cas", hash));
      if (hashOf(digest) === hash) return this.has(digest) ? digest : undefined;
      this.drop(makeDigest(hash, sizeOf(digest)));
      return undefined;
    } catch (error) {
      if (isSystemError(error)) return undefined;
      throw error;
    }
  }

  /** The blob, which is marked as used, or why it is lost. */
  read(digest: Digest): Buffer | string {
    try {
      const path = this.path(digest);
      const bytes = fs.readFileSync(path);
      if (digestBytes(bytes) !== digest) return changedBytes;
      markBlobUsed(path);
      return bytes;
    } catch (error) {
      if (isSystemError(error)) return error.message;
      throw error;
    }
  }

  /** Keeps bytes in memory. Throws `STORE_UNWRITABLE`. */
  write(digest: Digest, bytes: Uint8Array): void {
    if (!this.has(digest)) this.#files.publish("cas", hashOf(digest), bytes);
  }

  /** Keeps what a file holds, one chunk in memory at a time. Rejects as `ContentStore.writeFile` does. */
  async writeFile(path: string): Promise<Digest> {
    await using source = await open(path);
    const { size } = await source.stat();
    // Reading a large file twice is cheaper than writing one that is there already.
    const digest = size >= largeBytes ? await digestFile(path) : undefined;
    return digest !== undefined && this.has(digest) ? digest : await this.#copyIn(source);
  }

  /** Moves a file in that lies on the same disk. Throws `STORE_UNWRITABLE`. */
  adopt(path: string, digest: Digest): void {
    this.#files.guard(() => {
      fs.chmodSync(path, keptMode);
      this.#files.moveIn(path, "cas", hashOf(digest));
    });
  }

  /**
   * Makes a new file with the blob's bytes, one chunk in memory at a time. Resolves to why the blob is
   * lost, if it is.
   */
  async copyTo(digest: Digest, path: string, mode: number): Promise<string | undefined> {
    if (!this.has(digest)) return "it is missing, or cut short";
    const hash = createHash("sha256");
    const file = await openOrWhy(this.path(digest));
    if (typeof file === "string") return file;
    await using source = file;
    const size = await copyChunks(source, path, mode, hash);
    if (makeDigest(hash.digest("hex"), size) === digest) return undefined;
    fs.rmSync(path, { force: true });
    return changedBytes;
  }

  /** Makes sure that a bad blob is not found again. */
  drop(digest: Digest): void {
    // A store that cannot be written to keeps its bad blob, which is found out every time.
    unlessDenied(() => fs.rmSync(this.path(digest), { force: true }));
  }

  path(digest: Digest): string {
    return this.#files.path("cas", hashOf(digest));
  }

  async #copyIn(source: FileHandle): Promise<Digest> {
    // The folders may have been removed since; next to the copy, looking after them costs nothing.
    this.#files.forgetFolders();
    const path = this.#files.guard(() => this.#files.temporaryPath());
    try {
      const hash = createHash("sha256");
      const size = await copyChunks(source, path, keptMode, hash);
      const digest = makeDigest(hash.digest("hex"), size);
      this.#files.guard(() => this.#files.moveIn(path, "cas", hashOf(digest)));
      return digest;
    } catch (error) {
      const isOurs = isSystemError(error) && (error.path === path || error.syscall === "write");
      throw isOurs ? storeUnwritable(this.#files.directory, error) : error;
    } finally {
      fs.rmSync(path, { force: true });
    }
  }
}

const changedBytes = "its bytes have changed";

async function openOrWhy(path: string): Promise<FileHandle | string> {
  try {
    return await open(path);
  } catch (error) {
    if (isSystemError(error)) return error.message;
    throw error;
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
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let size = 0; ;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.byteLength, size);
    if (bytesRead === 0) return size;
    const chunk = buffer.subarray(0, bytesRead);
    const written = writeAllTo(target, chunk, size);
    hash.update(chunk);
    await written;
    size += bytesRead;
  }
}
