/**
 * Removal: takes away what was decided on, unless somebody has begun to use it since.
 *
 * Between deciding and removing, builds go on, and new ones begin. So each file's mark is looked at once
 * more, and whether there are other leases. What slips through in the microseconds between the last look
 * and the removal is lost, and made again by the build that needs it.
 *
 * @module
 */
import { lstatSync, rmSync, statSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";

import type { Entry, Item, PackedItem } from "./inventory.ts";
import { readLeases } from "./lease.ts";
import { listPacks } from "./pack-names.ts";
import { unlessDenied } from "./system-error.ts";

/** How many files are removed between two looks at the leases, when nothing seems to have changed. */
const removalsPerLook = 100;

/** Removes files of one store. */
export class Removal {
  readonly #directory: string;
  readonly #now: number;
  #heldSinceMs = Infinity;
  #changedAtMs: number | undefined;
  #removals = 0;

  /** @param now - The time, in milliseconds since 1970. */
  constructor(directory: string, now: number) {
    this.#directory = directory;
    this.#now = now;
  }

  /** Removes a file. False when it is in use by now, or cannot be removed. */
  remove(item: Item, usedAt: (stats: Stats) => number): boolean {
    this.#look();
    const stats = unlessDenied(() => lstatSync(item.path));
    // Gone already: lost in a build, or removed by hand.
    if (stats === undefined) return true;
    return this.#isAsItWas(item, usedAt(stats)) && removeWhole(item.path);
  }

  /** Removes all copies of a blob or result. False when one is in use by now, or cannot be removed. */
  removeAll({ files, packed }: Entry, usedAt: (stats: Stats) => number): boolean {
    this.#look();
    const isUnused = packed.every((item) => {
      const usedAtMs = this.#usedAt(item);
      return usedAtMs === undefined || this.#isAsItWas(item, usedAtMs);
    });
    if (!isUnused || !files.every((item) => this.remove(item, usedAt))) return false;
    for (const { pack, at } of packed) pack.drop(at);
    return true;
  }

  #isAsItWas(item: { readonly usedAtMs: number }, usedAtMs: number): boolean {
    return usedAtMs === item.usedAtMs && usedAtMs < this.#heldSinceMs;
  }

  /** When something packed was last used, as it is written now; `undefined` when it is gone. */
  #usedAt({ pack, at }: PackedItem): number | undefined {
    let record = pack.record(at);
    if (record === undefined) {
      // It goes by another name since somebody else writes to it, or nobody.
      const name = listPacks(dirname(pack.name.dataPath)).find(({ id }) => id === pack.name.id);
      if (name === undefined) return undefined;
      pack.rename(name);
      record = pack.record(at);
    }
    return record?.isKept(0) === true ? record.usedAtMs(0) : undefined;
  }

  /** Looks for leases, if there may be another. Two in one tick of the clock look like one. */
  #look(): void {
    const changedAtMs = unlessDenied(() => statSync(join(this.#directory, "leases")).mtimeMs);
    if (changedAtMs === this.#changedAtMs && this.#removals++ % removalsPerLook !== 0) return;
    this.#changedAtMs = changedAtMs;
    this.#heldSinceMs = readLeases(this.#directory, this.#now).heldSinceMs;
  }
}

/** Removes a file, or a folder with all that is in it. False when that is denied. */
export function removeWhole(path: string): boolean {
  const isDone = unlessDenied(() => {
    rmSync(path, { recursive: true, force: true });
    return true;
  });
  return isDone ?? false;
}
