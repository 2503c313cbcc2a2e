/**
 * Copying out: many small blobs become files.
 *
 * Read in the order in which they lie in packs, a mebibyte at a time. Each is checked before its file is
 * made.
 *
 * @module
 */
import * as fs from "node:fs";

import { Breath } from "../base/breath.ts";
import { digestBytes, sizeOf } from "../digest/digest.ts";
import type { PackFile } from "./pack-file.ts";
import type { Packs } from "./packs.ts";
import type { Copy } from "./store.ts";
import { writeAll } from "./write-all.ts";

/** Bytes read at once. */
const regionBytes = 1024 * 1024;

/** Bytes between two blobs that are read and thrown away, rather than reading twice. */
const gapBytes = 32 * 1024;

/** A copy, and where its blob lies. */
interface Located {
  readonly copy: Copy;
  readonly pack: PackFile;
  readonly offset: number;
}

/**
 * Makes those of the files whose blobs are in packs. Returns the others, and those whose blobs are not as
 * they should be.
 */
export async function copyFromPacks(
  packs: Packs,
  copies: readonly Copy[],
  signal?: AbortSignal,
): Promise<Copy[]> {
  const breath = new Breath();
  const others: Copy[] = [];
  const located: Located[] = [];
  packs.look();
  for (const copy of copies) {
    const place = packs.locate(copy.digest);
    if (place === undefined) others.push(copy);
    else located.push({ copy, ...place });
    await breath.pause(signal);
  }
  const regions = regionsOf(located);
  const buffer = Buffer.allocUnsafe(Math.max(0, ...regions.map(sizeOfRegion)));
  for (const region of regions) {
    const bytes = readRegion(region, buffer);
    for (const { copy, offset } of region) {
      const start = offset - (region[0]?.offset ?? 0);
      const blob = bytes.subarray(start, start + sizeOf(copy.digest));
      if (digestBytes(blob) === copy.digest) writeNew(copy, blob);
      else others.push(copy);
      await breath.pause(signal);
    }
  }
  return others;
}

/** What can be read at once, in order. */
function regionsOf(located: readonly Located[]): Located[][] {
  const regions: Located[][] = [];
  for (const each of located.toSorted(byPlace)) {
    const region = regions.at(-1);
    const [first, last] = [region?.[0], region?.at(-1)];
    const fits =
      last?.pack === each.pack &&
      each.offset <= endOf(last) + gapBytes &&
      endOf(each) - (first?.offset ?? 0) <= regionBytes;
    if (fits) region?.push(each);
    else regions.push([each]);
  }
  return regions;
}

function byPlace(a: Located, b: Located): number {
  if (a.pack !== b.pack) return a.pack.name.id < b.pack.name.id ? -1 : 1;
  return a.offset - b.offset;
}

function endOf({ offset, copy }: Located): number {
  return offset + sizeOf(copy.digest);
}

/** The bytes of a region; as good as none, when they cannot be read. */
function readRegion(region: readonly Located[], buffer: Buffer): Buffer {
  const [first] = region;
  const bytes = buffer.subarray(0, sizeOfRegion(region));
  return first?.pack.readInto(bytes, first.offset) === true ? bytes : Buffer.alloc(0);
}

function sizeOfRegion(region: readonly Located[]): number {
  const [first, last] = [region[0], region.at(-1)];
  return first === undefined || last === undefined ? 0 : endOf(last) - first.offset;
}

/** Makes a file that is not there yet. Throws the error of making it. */
export function writeNew({ path, mode, mtime }: Copy, bytes: Uint8Array): void {
  const file = fs.openSync(path, "wx", mode);
  try {
    writeAll(file, bytes, 0);
    if (mtime !== undefined) fs.futimesSync(file, mtime, mtime);
  } finally {
    fs.closeSync(file);
  }
}
