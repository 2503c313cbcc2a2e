/**
 * Names of packs: which there are, and who writes to them.
 *
 *     packs/<id>.pack             blobs, one after another
 *     packs/<id>.idx              their records; nobody writes to the pack
 *     packs/<id>-<holder>.idx     the same, while that process may write to it
 *     results/                    the same for action results
 *
 * Renaming the index is how a pack changes hands. Of several who try it at once, one succeeds. A pack whose
 * holder is dead is as free as one without.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";

import { makeFolder } from "./folder.ts";
import { ownHolder, stateOf } from "./holder.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** A pack, by the names of its files. */
export interface PackName {
  readonly id: string;
  /** Path of the index. */
  readonly indexPath: string;
  /** Path of the blobs. */
  readonly dataPath: string;
  /** Who may write to it; `undefined`: nobody. */
  readonly holder: string | undefined;
}

/** How long a pack of a holder elsewhere must have rested until it counts as free. */
const strandedMs = 24 * 60 * 60 * 1000;

/** The folder of the packs of blobs in a store. */
export function packFolder(directory: string): string {
  return join(directory, "packs");
}

/** The folder of the packs of results in a store. */
export function resultFolder(directory: string): string {
  return join(directory, "results");
}

/** What lies in a folder of packs. */
export interface PackListing {
  readonly packs: readonly PackName[];
  /** Paths of what is neither a pack nor its index. */
  readonly strays: readonly string[];
}

/** All packs in a folder; none when there is no such folder. */
export function listPacks(folder: string): readonly PackName[] {
  return listPackFolder(folder).packs;
}

/** All packs in a folder, and what else lies there. */
export function listPackFolder(folder: string): PackListing {
  let listing = readPackFolder(folder);
  // An index that is renamed meanwhile may be missing under both names; blobs never change theirs.
  for (let tries = 1; tries < 4 && listing.strays.length > 0; tries++) {
    listing = readPackFolder(folder);
  }
  return listing;
}

function readPackFolder(folder: string): PackListing {
  const packs: PackName[] = [];
  const strays = new Set<string>();
  for (const name of unlessDenied(() => fs.readdirSync(folder)) ?? []) {
    const [, id, holder] = /^([0-9a-f]{16})(?:-(\d+-\d+-[0-9a-f]{8}))?\.idx$/.exec(name) ?? [];
    if (id !== undefined) packs.push(packOf(folder, id, holder));
    else strays.add(join(folder, name));
  }
  for (const { dataPath } of packs) strays.delete(dataPath);
  return { packs, strays: [...strays] };
}

/** A new pack of this process, with its files, which are empty. Throws the error of making them. */
export function makePack(folder: string): PackName {
  const pack = packOf(folder, randomBytes(8).toString("hex"), ownHolder());
  makeFolder(folder);
  // In this order, so that there is never a file of blobs without an index that says whose it is.
  for (const path of [pack.indexPath, pack.dataPath]) fs.closeSync(fs.openSync(path, "wx", 0o644));
  return pack;
}

/** Takes a pack for this process; `undefined` when it is in use, or somebody else was faster. */
export function claimPack(pack: PackName, now: number): PackName | undefined {
  if (!isFree(pack, now)) return undefined;
  return renamed(pack, packOf(dirname(pack.dataPath), pack.id, ownHolder()));
}

/** Gives a pack of this process up, for others to take. */
export function releasePack(pack: PackName): void {
  renamed(pack, packOf(dirname(pack.dataPath), pack.id, undefined));
}

function renamed(pack: PackName, wanted: PackName): PackName | undefined {
  try {
    fs.renameSync(pack.indexPath, wanted.indexPath);
    return wanted;
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

function isFree({ holder, indexPath }: PackName, now: number): boolean {
  if (holder === undefined) return true;
  const state = stateOf(holder);
  if (state !== "elsewhere") return state === "dead";
  const touchedAtMs = unlessDenied(() => fs.statSync(indexPath).mtimeMs) ?? now;
  return now - touchedAtMs > strandedMs;
}

/** The names of a pack. */
export function packOf(folder: string, id: string, holder: string | undefined): PackName {
  const path = join(folder, id);
  const indexPath = holder === undefined ? `${path}.idx` : `${path}-${holder}.idx`;
  return { id, indexPath, dataPath: `${path}.pack`, holder };
}
