/**
 * Copying out of stores that copy one blob at a time.
 *
 * @module
 */
import { utimesSync } from "node:fs";

import { Breath } from "../base/breath.ts";
import type { ContentStore, Copy } from "./store.ts";

/** Makes the files one after another. Rejects with `BLOB_LOST`, the error of making one, or the reason. */
export async function copyEach(
  content: Pick<ContentStore, "copyTo">,
  copies: readonly Copy[],
  signal?: AbortSignal,
): Promise<void> {
  const breath = new Breath();
  for (const { digest, path, mode, mtime } of copies) {
    await breath.pause(signal);
    await content.copyTo(digest, path, mode);
    if (mtime !== undefined) utimesSync(path, mtime, mtime);
  }
}
