/**
 * Results that are files of their own, as stores have them from before results were packed. None is written.
 *
 * @module
 */
import * as fs from "node:fs";

import { hashOf } from "../digest/digest.ts";
import type { ActionKey } from "../graph/action.ts";
import { markResultUsed } from "./recency.ts";
import { unsealBytes } from "./seal.ts";
import type { StoreFiles } from "./store-files.ts";

/** The results of one store that are files. */
export class ResultFiles {
  readonly #files: StoreFiles;

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** The message of a result, which is marked as used; `undefined` when it is not there, or damaged. */
  get(key: ActionKey): Buffer | undefined {
    const path = this.#files.path("ac", hashOf(key));
    // Most are not there, and an error would cost more than this look.
    if (!fs.existsSync(path)) return undefined;
    const bytes = unsealBytes(fs.readFileSync(path), hashOf(key));
    if (bytes !== undefined) markResultUsed(path);
    return bytes;
  }

  /** Marks a result as used, if it is there. */
  markUsed(key: ActionKey): void {
    markResultUsed(this.#files.path("ac", hashOf(key)));
  }
}
