/**
 * `ashlar gc`.
 *
 * @module
 */
import { collectGarbage } from "@ashlar/core";
import type { PrunedTrees } from "@ashlar/runner-local";

import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { bytesOf, spanOf } from "../options.ts";
import { storeHere, treesOf } from "../session.ts";
import { shownBytes, shownCount } from "../shown.ts";

/** What a store is made to fit. */
interface Limits {
  readonly maxBytes?: number;
  readonly maxAgeMs?: number;
}

/** Removes what was used least recently. */
export const run: Run = async (_, options, surroundings) => {
  const { maxBytes, maxAge } = options;
  const limits: Limits = {
    ...(maxBytes !== undefined && { maxBytes: bytesOf("--max-bytes", maxBytes) }),
    ...(maxAge !== undefined && { maxAgeMs: spanOf("--max-age", maxAge) }),
  };
  const store = await storeHere(options, surroundings);
  const { out, signal } = surroundings;
  const collection = await collectGarbage(store, { ...limits, signal });
  const { isBusy, removed, kept } = collection;
  const { directory } = store;
  const bytes = kept.blobs.bytes + kept.results.bytes;
  const trees = await pruneInputs(treesOf(store), isBusy ? {} : limits, bytes);
  if (options.json === true) out.write(`${JSON.stringify({ directory, ...collection, trees })}\n`);
  else if (isBusy) out.write("another process collects garbage in this store: nothing was done\n");
  else {
    const { results, blobs } = removed;
    const gone = `removed ${shownCount(results.count, "result")} and ${shownCount(blobs.count, "blob")}`;
    const left = `${shownBytes(bytes)} stay`;
    const note =
      Object.keys(limits).length === 0
        ? "\nwithout --max-bytes or --max-age, only what dead processes left is removed"
        : "";
    const freed = shownBytes(results.bytes + blobs.bytes);
    out.write(`${directory}\n${gone} (${freed}); ${left}${inputsLine(trees)}${note}\n`);
  }
  return exitCode.succeeded;
};

/** Large inputs that stay laid out can be laid out again, so they get the room that is left. */
async function pruneInputs(
  directory: string,
  { maxBytes, maxAgeMs }: Limits,
  taken: number,
): Promise<PrunedTrees> {
  const { pruneTrees } = await import("@ashlar/runner-local");
  return await pruneTrees(directory, {
    ...(maxBytes !== undefined && { maxBytes: Math.max(0, maxBytes - taken) }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  });
}

function inputsLine({ removed, kept }: PrunedTrees): string {
  if (removed.count + kept.count === 0) return "";
  const gone = `${shownCount(removed.count, "input")} that stayed laid out (${shownBytes(removed.bytes)})`;
  return `\nremoved ${gone}; ${shownBytes(kept.bytes)} stay`;
}
