/**
 * A content store that takes nothing in which certain bytes occur.
 *
 * Looks before it writes, so that what is refused never reaches the store behind.
 *
 * @module
 */
import { fstatSync, openSync, closeSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";

import { decodeDirectory, encodeDirectory } from "../artifact/directory.ts";
import type { BytePatterns } from "../base/byte-patterns.ts";
import type { Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { copyEach } from "./copy-each.ts";
import type { ContentStore, Copy } from "./store.ts";

/** Files up to this size are read at once, and written as they were seen. */
const smallBytes = 1024 * 1024;

/**
 * Refuses to write what holds any of some patterns; passes everything else on to the store behind.
 *
 * It has no `intake`, by which small files would get there unseen: they are written one by one.
 */
export class GuardedContent implements ContentStore {
  readonly #behind: ContentStore;
  readonly #patterns: BytePatterns;
  readonly #refuse: (name: string, path?: string) => BuildError;

  /**
   * @param refuse - Makes the error to reject with, from the name of the pattern that occurs, and the
   *   path of the file in which it does.
   */
  constructor(
    behind: ContentStore,
    patterns: BytePatterns,
    refuse: (name: string, path?: string) => BuildError,
  ) {
    this.#behind = behind;
    this.#patterns = patterns;
    this.#refuse = refuse;
  }

  async missing(digests: Iterable<Digest>): Promise<Digest[]> {
    return await this.#behind.missing(digests);
  }

  async read(digest: Digest): Promise<Buffer> {
    return await this.#behind.read(digest);
  }

  get readDirectory(): ((digest: Digest) => Promise<Buffer>) | undefined {
    return this.#behind.readDirectory?.bind(this.#behind);
  }

  async write(bytes: Uint8Array): Promise<Digest> {
    const found = this.#patterns.find(bytes);
    const name = found === undefined ? undefined : findInNames(bytes, this.#patterns, found);
    if (name !== undefined) throw this.#refuse(name);
    return await this.#behind.write(bytes);
  }

  async writeFile(path: string): Promise<Digest> {
    const small = readIfSmall(path);
    const name = small
      ? this.#patterns.find(small)
      : await findInFile(path, this.#patterns, smallBytes);
    if (name !== undefined) throw this.#refuse(name, path);
    return small ? await this.#behind.write(small) : await this.#behind.writeFile(path);
  }

  async copyTo(digest: Digest, path: string, mode: number): Promise<void> {
    await this.#behind.copyTo(digest, path, mode);
  }

  async copyAll(copies: readonly Copy[], signal?: AbortSignal): Promise<void> {
    if (this.#behind.copyAll === undefined) await copyEach(this.#behind, copies, signal);
    else await this.#behind.copyAll(copies, signal);
  }
}

/**
 * What occurs in a file, read in chunks.
 *
 * @param chunkBytes - How much is read at a time; besides, as much is kept as a pattern is long.
 */
export async function findInFile(
  path: string,
  patterns: BytePatterns,
  chunkBytes: number,
): Promise<string | undefined> {
  await using file = await open(path);
  const overlap = Math.max(0, patterns.longest - 1);
  const buffer = Buffer.allocUnsafe(overlap + chunkBytes);
  for (let kept = 0; ;) {
    const { bytesRead } = await file.read(buffer, kept, chunkBytes);
    if (bytesRead === 0) return undefined;
    const filled = kept + bytesRead;
    const name = patterns.find(buffer.subarray(0, filled));
    if (name !== undefined) return name;
    kept = Math.min(overlap, filled);
    buffer.copyWithin(0, filled - kept, filled);
  }
}

/**
 * The message of a directory is full of digests, in which a short pattern of hexadecimal digits may well
 * occur by chance. So of such a message only names and targets count; of other bytes, all do.
 */
function findInNames(bytes: Uint8Array, patterns: BytePatterns, found: string): string | undefined {
  try {
    const directory = decodeDirectory(bytes);
    if (!encodeDirectory(directory).equals(bytes)) return found;
    const { files, directories, symlinks } = directory;
    const names = [...files, ...directories, ...symlinks].map(({ name }) => name);
    const texts = [...names, ...symlinks.map(({ target }) => target)];
    return texts.map((text) => patterns.find(Buffer.from(text))).find((name) => name !== undefined);
  } catch (error) {
    if (error instanceof BuildError) return found;
    throw error;
  }
}

function readIfSmall(path: string): Buffer | undefined {
  const file = openSync(path, "r");
  try {
    return fstatSync(file).size <= smallBytes ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}
