/**
 * Packs: where a store keeps its small blobs, many in a file.
 *
 * Bytes are checked whenever they leave. `missing` does not look at bytes, with one exception: a blob that was
 * last seen in another boot may have been lost with the power, record and size unharmed, so it is looked at
 * once.
 *
 * @module
 */
import { digestBytes, hashOf, sizeOf, type Digest } from "../digest/digest.ts";
import { ownBoot } from "./boot.ts";
import type { PackFile } from "./pack-file.ts";
import { looksLike, lookAtPack, type PackLook } from "./pack-look.ts";
import { packFolder } from "./pack-names.ts";
import type { Records } from "./pack-record.ts";
import { PackSet } from "./pack-set.ts";
import type { Addition } from "./pack-writer.ts";
import { isOld } from "./recency.ts";

/** The packs of blobs of one store. */
export class Packs {
  readonly #folder: string;
  readonly #boot: number;
  readonly #set: PackSet;

  /**
   * @param directory - The store's.
   * @param boot - See {@link ownBoot}.
   */
  constructor(directory: string, boot: number = ownBoot()) {
    this.#folder = packFolder(directory);
    this.#boot = boot;
    this.#set = new PackSet(this.#folder, boot);
  }

  /** Those of the blobs that are not there. All others are marked as used. */
  missing(digests: readonly Digest[]): Digest[] {
    this.#set.look();
    const absent = (digest: Digest): boolean => !this.#isThere(digest);
    const missing = digests.filter(absent);
    return missing.length > 0 && this.#set.readMore() ? missing.filter(absent) : missing;
  }

  /** Takes note of packs that have come or gone. */
  look(): void {
    this.#set.look();
  }

  /** True when the blob is there as far as this process knows. Marks it as used. */
  has(digest: Digest): boolean {
    return this.#isThere(digest);
  }

  /** The blob, which is marked as used; `undefined` when it is not there or not what it was. */
  read(digest: Digest): Buffer | undefined {
    // What is known to be there needs no look at the folder: that a pack has gone, its record tells.
    return this.#read(digest) ?? (this.#set.lookForMore() ? this.#read(digest) : undefined);
  }

  /** The blob, and nothing is marked or taken away. */
  peek(digest: Digest): Buffer | undefined {
    this.#set.look();
    const read = (): Buffer | undefined =>
      this.#first(digest, (pack, _, record) => {
        const bytes = pack.read(record.offset(0), sizeOf(digest));
        return bytes !== undefined && digestBytes(bytes) === digest ? bytes : undefined;
      });
    return read() ?? (this.#set.readMore() ? read() : undefined);
  }

  /** True when there is a record of the blob. Nothing is marked or looked at. */
  isListed(digest: Digest): boolean {
    this.#set.look();
    const isListed = (): boolean => this.#first(digest, () => true) ?? false;
    return isListed() || (this.#set.readMore() && isListed());
  }

  /** See {@link PackSet.locate}. */
  locate(digest: Digest): { readonly pack: PackFile; readonly offset: number } | undefined {
    return this.#set.locate(hashOf(digest));
  }

  /** How the packs look that blobs lie in; `undefined` when one of the blobs is not there, or a look proves nothing. */
  lookAt(digests: Iterable<Digest>): readonly PackLook[] | undefined {
    this.#set.look();
    // Before the records are read again: what is taken away from now on shows.
    const looks = new Map(this.#set.names.map((name) => [name.id, lookAtPack(name)]));
    const used = new Set<PackLook>();
    for (const digest of digests) {
      const look = this.#first(digest, (pack, _, record) =>
        record.boot(0) === this.#boot ? looks.get(pack.name.id) : undefined,
      );
      if (look === undefined) return undefined;
      used.add(look);
    }
    return [...used];
  }

  /** Whether packs look as they did. */
  lookAs(looks: readonly PackLook[]): boolean {
    return looks.every((look) => looksLike(this.#folder, look));
  }

  /** Size of a blob by its hash alone, as its record has it; `undefined` when there is none. */
  sizeOf(hash: string): number | undefined {
    this.#set.look();
    const find = (): number | undefined =>
      this.#set.first(hash, undefined, (_, __, record) => record.sizeBytes(0));
    return find() ?? (this.#set.readMore() ? find() : undefined);
  }

  /** Takes a blob away whose bytes are not right. */
  drop(digest: Digest): void {
    this.#first(digest, (pack, at) => pack.drop(at));
  }

  /** See {@link PackSet.add}. */
  add(bytes: Uint8Array, blobs: readonly Addition[]): void {
    this.#set.add(bytes, blobs);
  }

  /** See {@link PackSet.addSoon}. */
  async addSoon(bytes: Uint8Array, blobs: readonly Addition[]): Promise<boolean> {
    return await this.#set.addSoon(bytes, blobs);
  }

  /** See {@link PackSet.release}. */
  release(): void {
    this.#set.release();
  }

  #read(digest: Digest): Buffer | undefined {
    return this.#first(digest, (pack, at, record) => {
      const bytes = pack.read(record.offset(0), sizeOf(digest));
      if (bytes === undefined || digestBytes(bytes) !== digest) return pack.drop(at);
      if (record.boot(0) !== this.#boot || isOld(record.usedAtMs(0))) {
        pack.mark(at, Date.now(), this.#boot);
      }
      return bytes;
    });
  }

  #isThere(digest: Digest): boolean {
    const isThere = this.#first(digest, (pack, at, record) => {
      if (record.boot(0) !== this.#boot) {
        const bytes = pack.read(record.offset(0), sizeOf(digest));
        if (bytes === undefined || digestBytes(bytes) !== digest) return pack.drop(at);
        pack.mark(at, Date.now(), this.#boot);
      } else if (isOld(record.usedAtMs(0))) pack.mark(at, Date.now(), this.#boot);
      return true;
    });
    return isThere ?? false;
  }

  #first<T>(
    digest: Digest,
    use: (pack: PackFile, at: number, record: Records) => T | undefined | void,
  ): T | undefined {
    return this.#set.first(hashOf(digest), sizeOf(digest), use);
  }
}
