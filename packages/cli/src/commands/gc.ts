/**
 * `ashlar gc`.
 *
 * @module
 */
import { collectGarbage } from "@ashlar/core";

import type { Run } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { bytesOf, spanOf } from "../options.ts";
import { storeHere } from "../session.ts";
import { shownBytes, shownCount } from "../shown.ts";

/** Removes what was used least recently. */
export const run: Run = async (_, options, surroundings) => {
  const { maxBytes, maxAge } = options;
  const limits = {
    ...(maxBytes !== undefined && { maxBytes: bytesOf("--max-bytes", maxBytes) }),
    ...(maxAge !== undefined && { maxAgeMs: spanOf("--max-age", maxAge) }),
  };
  const store = await storeHere(options, surroundings);
  const { out, signal } = surroundings;
  const collection = await collectGarbage(store, { ...limits, signal });
  const { isBusy, removed, kept } = collection;
  const { directory } = store;
  if (options.json === true) out.write(`${JSON.stringify({ directory, ...collection })}\n`);
  else if (isBusy) out.write("another process collects garbage in this store: nothing was done\n");
  else {
    const { results, blobs } = removed;
    const gone = `removed ${shownCount(results.count, "result")} and ${shownCount(blobs.count, "blob")}`;
    const left = `${shownBytes(kept.blobs.bytes + kept.results.bytes)} stay`;
    const note =
      Object.keys(limits).length === 0
        ? "\nwithout --max-bytes or --max-age, only what dead processes left is removed"
        : "";
    const freed = shownBytes(results.bytes + blobs.bytes);
    out.write(`${directory}\n${gone} (${freed}); ${left}${note}\n`);
  }
  return exitCode.succeeded;
};
