/**
 * The version of a store's layout, so that nobody works on a store that they do not understand.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { storeTooNew } from "../errors/store-errors.ts";
import type { StoreFiles } from "./store-files.ts";
import { unlessDenied } from "./system-error.ts";

/** What this code writes. 1, which left no mark: each blob a file. 2: small blobs in packs. 3: results, too. */
export const storeVersion = 3;

/**
 * Checks that a store can be worked on. One without a version is old, or not there yet.
 *
 * @throws {@link BuildError} `STORE_TOO_NEW`
 */
export function checkVersion(directory: string): void {
  const version = versionOf(directory);
  if (version > storeVersion) throw storeTooNew(directory, version, storeVersion);
}

/** Writes the version down, unless it is there, so that those who know earlier ones only leave it alone. */
export function markVersion(files: StoreFiles): void {
  if (versionOf(files.directory) >= storeVersion) return;
  const path = join(files.directory, "version");
  const temporary = files.temporaryPath();
  fs.writeFileSync(temporary, `${storeVersion}\n`, { flag: "wx" });
  fs.renameSync(temporary, path);
}

/** What a store says; 1 where it says nothing. */
function versionOf(directory: string): number {
  const text = unlessDenied(() => fs.readFileSync(join(directory, "version"), "latin1"));
  return Number(/^(\d{1,9})\n/.exec(text ?? "")?.[1] ?? 1);
}
