/**
 * Reading blobs as those do who care for a store: looking at something must not mark it as used, and what
 * is damaged stays for others to find.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";

import { digestBytes, emptyDigest, hashOf, sizeOf, type Digest } from "../digest/digest.ts";
import { Packs } from "./packs.ts";
import { StoreFiles } from "./store-files.ts";
import { unlessDenied } from "./system-error.ts";

/** Looks into one store, in packs and in files. */
export class BlobReader {
  readonly #files: StoreFiles;
  readonly #packs: Packs;

  /** @param directory - The store's. */
  constructor(directory: string) {
    this.#files = new StoreFiles(directory);
    this.#packs = new Packs(directory);
  }

  /** The blob; `undefined` when it is missing or damaged. */
  read(digest: Digest): Buffer | undefined {
    return this.#packs.peek(digest) ?? this.#readFile(digest);
  }

  /** True when there is something of the right name and size. */
  isThere(digest: Digest): boolean {
    if (digest === emptyDigest || this.#packs.isListed(digest)) return true;
    const path = this.#files.path("cas", hashOf(digest));
    return statSync(path, { throwIfNoEntry: false })?.size === sizeOf(digest);
  }

  #readFile(digest: Digest): Buffer | undefined {
    const bytes = unlessDenied(() => readFileSync(this.#files.path("cas", hashOf(digest))));
    return bytes !== undefined && digestBytes(bytes) === digest ? bytes : undefined;
  }
}
