/**
 * Which kind of layer there is to be.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";

import type { Layer } from "./layer.ts";
import { LinkedLayer } from "./linked-layer.ts";
import { MovedLayer } from "./moved-layer.ts";

/**
 * Lays a target directory over `base`. What it has already is its own, and comes first.
 *
 * @param isCopied - Paths of what is to be no link, where links are made.
 */
export function layOver(base: string, target: string, isCopied?: (path: string) => boolean): Layer {
  return isWritable(base) ? new MovedLayer(base, target) : new LinkedLayer(base, target, isCopied);
}

/** By the mount, not only by modes, which do not count for root. */
function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
