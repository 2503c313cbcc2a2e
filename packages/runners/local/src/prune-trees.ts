/**
 * Pruning: removes large inputs that stayed laid out, from outside of any build.
 *
 * @module
 */
import { resolve } from "node:path";

import { KeptTrees, type KeptTally } from "./kept-trees.ts";

/** What may stay. */
export interface PruneOptions {
  /** Bytes of all files together. @defaultValue no limit */
  readonly maxBytes?: number;
  /** How long ago a tree may have been used, in milliseconds. @defaultValue no limit */
  readonly maxAgeMs?: number;
}

/** What pruning did. */
export interface PrunedTrees {
  readonly removed: KeptTally;
  readonly kept: KeptTally;
}

/**
 * Removes inputs that {@link LocalRunnerOptions.trees} has kept, until they fit: first those that were needed once, then
 * the longest unused. What a process uses stays. Without a limit, only what dead processes have left goes.
 *
 * @param directory - As in the option; there need be none.
 * @example
 * ```ts
 * const { removed } = await pruneTrees("/var/cache/ashlar/trees", { maxBytes: 2 ** 30 });
 * ```
 */
export async function pruneTrees(
  directory: string,
  options: PruneOptions = {},
): Promise<PrunedTrees> {
  const { maxBytes = Infinity, maxAgeMs = Infinity } = options;
  const limits = { bytes: maxBytes, ageMs: maxAgeMs, onceMs: maxAgeMs, busyMs: 0 };
  return await new KeptTrees(resolve(directory), limits).evict();
}
