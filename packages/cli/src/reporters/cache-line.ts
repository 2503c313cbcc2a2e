/**
 * The line about a cache elsewhere: what it did for the build, and what went wrong with it.
 *
 * @module
 */
import type { RemoteCacheUse } from "@ashlar/core";

import type { Colors } from "../colors.ts";
import { oneLine } from "../one-line.ts";
import { shownBytes, shownCount, shownNumber } from "../shown.ts";
import { reasonOf } from "./reason.ts";

/** `cache /mnt/team: 9 hits, 3 misses, 2.1 MiB fetched; 3 results sent, 4.0 MiB; 1 failure: ...` */
export function cacheLine(use: RemoteCacheUse, colors: Colors): string {
  const looked = [shownCount(use.hits, "hit"), shownCount(use.misses, "miss", "misses")];
  if (use.fetchedBlobs > 0) looked.push(`${shownBytes(use.fetchedBytes)} fetched`);
  const parts = [looked.join(", ")];
  if (use.sentResults > 0) {
    parts.push(`${shownCount(use.sentResults, "result")} sent, ${shownBytes(use.sentBytes)}`);
  }
  if (use.failures > 0) {
    const first = use.error === undefined ? "" : `: ${oneLine(reasonOf(use.error))}`;
    parts.push(colors.yellow(`${shownNumber(use.failures)} failed${first}`));
  }
  if (use.isGivenUp) parts.push(colors.yellow("given up for this build"));
  parts.push(...use.remarks.map((each) => oneLine(each)));
  return `${colors.dim("cache")} ${oneLine(use.name)}: ${parts.join("; ")}`;
}
