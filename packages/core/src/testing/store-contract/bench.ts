/**
 * What tests of stores are written with.
 *
 * @module
 */
import type { Digest } from "../../digest/digest.ts";
import type { Store } from "../../store/store.ts";

/** What can happen to something that a store keeps. */
export type Damage = "gone" | "cut short" | "altered" | "longer";

/** What the suite is run on. */
export interface StoreContractOptions {
  /** Makes an empty store. The folder is its own, and removed after the test. */
  readonly makeStore: (folder: string) => Store | Promise<Store>;
  /** Opens the store of that folder once more, as another process would. */
  readonly reopen?: (folder: string) => Store | Promise<Store>;
  /** What can happen to a blob of this store. @defaultValue all of it */
  readonly damages?: readonly Damage[];
  /** Damages the blob of that digest. */
  readonly damageBlob?: (store: Store, digest: Digest, damage: Damage) => void | Promise<void>;
  /** Damages the result under that key. */
  readonly damageResult?: (store: Store, key: Digest, damage: Damage) => void | Promise<void>;
  /** Guarantees that this store does not give, by number (`"content 3"`), with the reason. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** All of it. */
export const allDamages: readonly Damage[] = ["gone", "cut short", "altered", "longer"];

/** One test's store, and its means. */
export interface Bench {
  readonly store: Store;
  /** For the test's own files. */
  readonly folder: string;
  readonly reopen: () => Promise<Store>;
}

/** Declares a test of a guarantee, or says what is missing for it. */
export type Check = (
  guarantee: string,
  name: string,
  body: (bench: Bench) => Promise<void>,
  missing?: string | false,
) => void;

/** Bytes of a size, the same every time, and no two alike in their neighbourhood. */
export function someBytes(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) * 17 + size) & 0xff;
  return bytes;
}

/** What a promise rejects with, which it must. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it should have been rejected, and was not");
}
