/**
 * Blobs in packs, for tests that want to get at one: as a file of its own, or right where it lies.
 *
 * @module
 */
import * as fs from "node:fs";
import { basename } from "node:path";

import { hashOf, type Digest } from "../../src/digest/digest.ts";
import type { ActionKey } from "../../src/graph/action.ts";
import { OpenFiles } from "../../src/store/open-files.ts";
import { PackFile } from "../../src/store/pack-file.ts";
import { blobPacks, resultPacks } from "../../src/store/pack-kinds.ts";
import { listPacks } from "../../src/store/pack-names.ts";
import { PackedResults } from "../../src/store/packed-results.ts";
import { Packs } from "../../src/store/packs.ts";
import { sealBytes } from "../../src/store/seal.ts";
import { StoreFiles } from "../../src/store/store-files.ts";

/**
 * Path of a blob as a file, as stores from before there were packs have it. Takes it out of its pack, if it
 * is in one.
 */
export function unpackBlob(directory: string, digest: Digest): string {
  const packs = new Packs(directory);
  const files = new StoreFiles(directory);
  const bytes = packs.peek(digest);
  if (bytes !== undefined) {
    files.publish("cas", hashOf(digest), bytes);
    packs.drop(digest);
  }
  return files.path("cas", hashOf(digest));
}

/** Path of a result as a file, as stores from before results were packed have it; taken out of its pack, likewise. */
export function unpackResult(directory: string, key: ActionKey): string {
  const files = new StoreFiles(directory);
  const hash = hashOf(key);
  const bytes = new PackedResults(directory).get(key);
  if (bytes !== undefined) {
    files.publish("ac", hash, sealBytes(bytes, hash));
    const { dataPath, indexPath, at } = packedPlace(directory, key, resultPacks);
    const id = basename(dataPath, ".pack");
    new PackFile(new OpenFiles(), { id, indexPath, dataPath, holder: undefined }).drop(at);
  }
  return files.path("ac", hash);
}

/** Where the bytes of a packed blob are. */
export interface PackedPlace {
  readonly dataPath: string;
  readonly indexPath: string;
  readonly at: number;
  readonly offset: number;
}

/** Where a store keeps a blob, or a result, that is in a pack. Fails when it is in none. */
export function packedPlace(directory: string, digest: Digest, kind = blobPacks): PackedPlace {
  const files = new OpenFiles();
  for (const name of listPacks(kind.folderIn(directory))) {
    const { records } = new PackFile(files, name).readNew();
    for (let at = 0; at < records.count; at++) {
      if (!records.isSound(at) || !records.isKept(at) || records.hash(at) !== hashOf(digest))
        continue;
      files.closeAll();
      return { dataPath: name.dataPath, indexPath: name.indexPath, at, offset: records.offset(at) };
    }
  }
  throw new Error(`${digest} is in no pack`);
}

/** Changes one byte of a file. */
export function flipByte(path: string, position: number): void {
  const file = fs.openSync(path, "r+");
  const byte = Buffer.alloc(1);
  fs.readSync(file, byte, 0, 1, position);
  byte[0]! ^= 1;
  fs.writeSync(file, byte, 0, 1, position);
  fs.closeSync(file);
}
