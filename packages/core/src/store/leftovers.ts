/**
 * Leftovers: what processes that died have left in a store.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { holderIn, stateOf } from "./holder.ts";
import { listFolder, type Item } from "./inventory.ts";
import { readLeases } from "./lease.ts";
import { removeWhole } from "./removal.ts";
import { unlessDenied } from "./system-error.ts";

/** How long a file on its way may be there when nobody can say whose it is. */
const strandedMs = 24 * 60 * 60 * 1000;

/** Removes leases and claims of the dead, and their files on the way. Returns those files. */
export function removeLeftovers(directory: string, now: number): Item[] {
  for (const path of readLeases(directory, now).dead) {
    removeWhole(path);
  }
  for (const { path, usedAtMs } of listFolder(directory, "claims")) {
    const holder = unlessDenied(() => readFileSync(path, "latin1")) ?? "";
    const state = holderIn(holder) === undefined ? "elsewhere" : stateOf(holder);
    const isOver = state === "elsewhere" ? now - usedAtMs > strandedMs : state === "dead";
    if (isOver) removeWhole(path);
  }
  return [...listFolder(directory, "tmp")].filter((item) => {
    const holder = holderIn(basename(item.path));
    const state = holder === undefined ? "elsewhere" : stateOf(holder);
    const isOver = state === "elsewhere" ? now - item.usedAtMs > strandedMs : state === "dead";
    return isOver && removeWhole(item.path);
  });
}
