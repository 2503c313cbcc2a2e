/**
 * Packed results: where a store keeps action results, many in a file.
 *
 * As blobs are, but named by their action's key and not by their bytes: so each has its seal, and of several
 * with one name the last stands. Whoever puts one takes those away that were there before.
 *
 * @module
 */
import { hashOf, makeDigest } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import { ownBoot } from "./boot.ts";
import type { PackFile } from "./pack-file.ts";
import { resultFolder } from "./pack-names.ts";
import { PackSet } from "./pack-set.ts";
import { isOld } from "./recency.ts";
import { sealBytes, unsealBytes } from "./seal.ts";

/** The packs of results of one store. */
export class PackedResults {
  readonly #set: PackSet;

  /** @param directory - The store's. */
  constructor(directory: string) {
    this.#set = new PackSet(resultFolder(directory), ownBoot());
  }

  /** The message of a result, which is marked as used; `undefined` when it is not there, or damaged. */
  get(key: ActionKey): Buffer | undefined {
    this.#set.look();
    const get = (): Buffer | undefined =>
      this.#set.first(hashOf(key), undefined, (pack, at, record) => {
        const sealed = pack.read(record.offset(0), record.sizeBytes(0));
        const message = sealed && unsealBytes(sealed, hashOf(key));
        if (message === undefined) return pack.drop(at);
        const usedAtMs = record.usedAtMs(0);
        if (isOld(usedAtMs)) pack.mark(at, Date.now(), record.boot(0));
        return message;
      });
    return get() ?? (this.#set.readMore() ? get() : undefined);
  }

  /** Keeps the message of a result, in the place of any other. Throws the error of writing. */
  put(key: ActionKey, message: Uint8Array): void {
    const hash = hashOf(key);
    this.#set.lookForMore();
    const others: { readonly pack: PackFile; readonly at: number }[] = [];
    this.#set.first(hash, undefined, (pack, at) => void others.push({ pack, at }));
    const sealed = sealBytes(message, hash);
    this.#set.add(sealed, [{ digest: makeDigest(hash, sealed.byteLength) }]);
    // Of two who put at the same time, neither takes away what the other puts: both hold.
    for (const { pack, at } of others) pack.drop(at);
  }

  /** Marks a result as used. True when it is there, as far as can be told without reading it. */
  markUsed(key: ActionKey): boolean {
    const locate = (): boolean => this.#set.locate(hashOf(key)) !== undefined;
    return locate() || (this.#set.lookForMore() && locate());
  }

  /** Leaves the pack that this process writes to for others. */
  release(): void {
    this.#set.release();
  }
}
