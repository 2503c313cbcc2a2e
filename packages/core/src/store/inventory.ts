/**
 * The inventory: what lies in a store's directory, file by file.
 *
 * Knows names, sizes and times; it opens nothing.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { storeUnwritable } from "../errors/store-errors.ts";
import { OpenFiles } from "./open-files.ts";
import { PackFile } from "./pack-file.ts";
import { blobPacks, resultPacks, type PackKind } from "./pack-kinds.ts";
import { listPacks } from "./pack-names.ts";
import { blobUsedAt, resultUsedAt } from "./recency.ts";
import type { Half } from "./store-files.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** A number of files, and their sizes together. */
export interface Tally {
  readonly count: number;
  readonly bytes: number;
}

/** Something that takes room. */
export interface Holding {
  /** Its name, when it is one that a blob or result has, at the right place; else `undefined`. */
  readonly hash: string | undefined;
  readonly bytes: number;
  /** When it was last used, in milliseconds since 1970. */
  readonly usedAtMs: number;
}

/** A file that the store keeps. */
export interface Item extends Holding {
  readonly path: string;
}

/** An item with a proper name. */
export type NamedItem = Item & { readonly hash: string };

/** A record of a pack that is kept. */
export interface PackedItem extends NamedHolding {
  readonly pack: PackFile;
  /** Number of the record. */
  readonly at: number;
}

/** A holding with a proper name. */
export type NamedHolding = Holding & { readonly hash: string };

/** A blob or result with all its copies: processes that do not know of each other may write the same. */
export interface Entry extends Holding {
  readonly files: readonly Item[];
  readonly packed: readonly PackedItem[];
}

/** An entry that the store can find. */
export type NamedEntry = Entry & { readonly hash: string };

/** Nothing. */
export const noFiles: Tally = { count: 0, bytes: 0 };

/** Counts items. */
export function tally(items: Iterable<{ readonly bytes: number }>): Tally {
  let count = 0;
  let bytes = 0;
  for (const item of items) {
    count++;
    bytes += item.bytes;
  }
  return { count, bytes };
}

/** True for items that the store can find. */
export function isNamed<H extends Holding>(item: H): item is H & { readonly hash: string } {
  return item.hash !== undefined;
}

/** All blobs of a store, and what else lies among them. */
export function listBlobs(directory: string): Generator<Entry, void> {
  return listEntries(directory, blobPacks, "cas");
}

/** All results of a store, and what else lies among them. */
export function listResults(directory: string): Generator<Entry, void> {
  return listEntries(directory, resultPacks, "ac");
}

function* listEntries(directory: string, kind: PackKind, half: Half): Generator<Entry, void> {
  const packed = new Map<string, Entry>();
  for (const item of listPacked(kind.folderIn(directory))) {
    const entry = packed.get(item.hash) ?? { ...item, bytes: 0, files: [], packed: [] };
    packed.set(item.hash, withCopy(entry, item, { packed: [...entry.packed, item] }));
  }
  for (const file of listHalf(directory, half)) {
    const entry = packed.get(file.hash ?? "");
    if (file.hash === undefined || entry === undefined) {
      const { hash, bytes, usedAtMs } = file;
      yield { hash, bytes, usedAtMs, files: [file], packed: [] };
    } else packed.set(file.hash, withCopy(entry, file, { files: [file] }));
  }
  yield* packed.values();
}

function withCopy(entry: Entry, copy: Holding, more: Partial<Entry>): Entry {
  const { hash, files, packed } = entry;
  const usedAtMs = Math.max(entry.usedAtMs, copy.usedAtMs);
  return { hash, files, packed, ...more, bytes: entry.bytes + copy.bytes, usedAtMs };
}

/** All records of packs that are kept. */
function* listPacked(folder: string): Generator<PackedItem, void> {
  const files = new OpenFiles();
  for (const name of listPacks(folder)) {
    const pack = new PackFile(files, name);
    const { records } = pack.readNew();
    for (let at = 0; at < records.count; at++) {
      if (!records.isSound(at) || !records.isKept(at)) continue;
      const [hash, bytes, usedAtMs] = [
        records.hash(at),
        records.sizeBytes(at),
        records.usedAtMs(at),
      ];
      yield { pack, at, hash, bytes, usedAtMs };
    }
  }
}

/** Everything in one half of a store. What is removed meanwhile may be missing from it. */
export function* listHalf(directory: string, half: Half): Generator<Item, void> {
  const usedAt = half === "ac" ? resultUsedAt : blobUsedAt;
  for (const fan of namesIn(join(directory, half))) {
    if (!/^[0-9a-f]{2}$/.test(fan)) continue;
    const folder = join(directory, half, fan);
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      const stats = fs.lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      const isProper = stats.isFile() && /^[0-9a-f]{64}$/.test(name) && name.startsWith(fan);
      const hash = isProper ? name : undefined;
      yield { path, hash, bytes: stats.size, usedAtMs: usedAt(stats) };
    }
  }
}

/** Everything in a flat folder of a store, such as `tmp`; folders count with what is in them. */
export function* listFolder(directory: string, name: string): Generator<Item, void> {
  for (const entry of namesIn(join(directory, name))) {
    const path = join(directory, name, entry);
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    yield { path, hash: undefined, bytes: bytesAt(path, stats), usedAtMs: stats.ctimeMs };
  }
}

/**
 * True when there is a store in the directory, which may hold nothing yet.
 *
 * @throws {@link BuildError} `STORE_UNWRITABLE` when something else is there.
 */
export function isStore(directory: string): boolean {
  try {
    fs.readdirSync(directory);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "ENOENT") return false;
    throw storeUnwritable(directory, error);
  }
}

function bytesAt(path: string, stats: fs.Stats): number {
  if (!stats.isDirectory()) return stats.size;
  const below = unlessDenied(() => fs.readdirSync(path, { recursive: true, encoding: "utf8" }));
  return (below ?? []).reduce((sum, name) => {
    const each = unlessDenied(() => fs.lstatSync(join(path, name)));
    return sum + (each?.isFile() === true ? each.size : 0);
  }, 0);
}

function namesIn(folder: string): string[] {
  return unlessDenied(() => fs.readdirSync(folder)) ?? [];
}
