/**
 * Reach: all that results name, directly or through directories.
 *
 * Read past the store: looking at something must not mark it as used. What is damaged or missing names nothing.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import { decodeDirectory, type Directory } from "../artifact/directory.ts";
import { emptyDigest, hashOf, type Digest } from "../digest/digest.ts";
import { BuildError } from "../errors/build-error.ts";
import { decodeActionResult, type ActionResult } from "../graph/action-result.ts";
import type { BlobReader } from "./blob-reader.ts";
import type { NamedEntry } from "./inventory.ts";
import { unsealBytes } from "./seal.ts";
import { unlessDenied } from "./system-error.ts";

/** What one step added to a reach. */
export interface Added {
  readonly blobs: readonly Digest[];
  readonly directories: readonly Digest[];
}

/** The blobs that some results name. Each directory is read once, however many results share it. */
export class Reach {
  readonly #reader: BlobReader;
  readonly #blobs = new Set<Digest>();
  readonly #walked = new Set<Digest>();

  /** @param reader - Of the store. */
  constructor(reader: BlobReader) {
    this.#reader = reader;
  }

  /** Hashes of all blobs so far. */
  *hashes(): Generator<string, void> {
    for (const digest of this.#blobs) yield hashOf(digest);
  }

  /** Adds all that the result names. Returns what was not there before. */
  add(result: ActionResult): Added {
    const added = { blobs: [] as Digest[], directories: [] as Digest[] };
    const roots = result.directories.map(({ rootDigest }) => rootDigest);
    const trees = result.directories.map(({ treeDigest }) => treeDigest);
    const files = result.files.map(({ digest }) => digest);
    for (const digest of [result.stdout, result.stderr, ...files, ...trees]) {
      this.#addBlob(digest, added.blobs);
    }
    // A list of what is still to walk, not recursion: trees may be deep.
    for (let next = roots.pop(); next !== undefined; next = roots.pop()) {
      if (next === emptyDigest || this.#walked.has(next)) continue;
      this.#walked.add(next);
      added.directories.push(next);
      this.#addBlob(next, added.blobs);
      const directory = readDirectoryAt(this.#reader, next);
      for (const { digest } of directory?.files ?? []) this.#addBlob(digest, added.blobs);
      for (const { digest } of directory?.directories ?? []) roots.push(digest);
    }
    return added;
  }

  /** Takes the last addition back. */
  takeBack({ blobs, directories }: Added): void {
    for (const digest of blobs) this.#blobs.delete(digest);
    for (const digest of directories) this.#walked.delete(digest);
  }

  #addBlob(digest: Digest, added: Digest[]): void {
    if (digest === emptyDigest || this.#blobs.has(digest)) return;
    this.#blobs.add(digest);
    added.push(digest);
  }
}

/** What sealed bytes say, as a result of the action with a key of that hash; `undefined` when they are damaged. */
export function resultOf(sealed: Buffer, hash: string): ActionResult | undefined {
  return unlessDamaged(() => {
    const bytes = unsealBytes(sealed, hash);
    return bytes && decodeActionResult(bytes);
  });
}

/** Reads a sealed result in a file; `undefined` when it is missing or damaged. */
export function readResultAt(path: string, hash: string): ActionResult | undefined {
  return resultOf(unlessDenied(() => readFileSync(path)) ?? Buffer.alloc(0), hash);
}

/** Reads a result, wherever its copies lie; `undefined` when all are missing or damaged. */
export function readResult({ hash, files, packed }: NamedEntry): ActionResult | undefined {
  for (const { pack, at } of packed) {
    const record = pack.record(at);
    const bytes = record && pack.read(record.offset(0), record.sizeBytes(0));
    const result = bytes && resultOf(bytes, hash);
    if (result !== undefined) return result;
  }
  for (const { path } of files) {
    const result = readResultAt(path, hash);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** Reads a directory message; `undefined` when it is missing or damaged. */
export function readDirectoryAt(reader: BlobReader, digest: Digest): Directory | undefined {
  return unlessDamaged(() => {
    const bytes = reader.read(digest);
    return bytes && decodeDirectory(bytes);
  });
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return unlessDenied(read);
  } catch (error) {
    if (error instanceof BuildError) return undefined;
    throw error;
  }
}
