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

/** What this code writes. 1, which left no mark: each blob a file. 2: small blobs in packs. */
export const storeVersion = 2;

/**
 * Checks that a store can be worked on. One without a version is old, or not there yet.
 *
 * @throws {@link BuildError} `STORE_TOO_NEW`
 */
export function checkVersion(directory: string): void {
  const text = unlessDenied(() => fs.readFileSync(join(directory, "version"), "latin1"));
  const version = Number(/^(\d{1,9})\n/.exec(text ?? "")?.[1] ?? 1);
  if (version > storeVersion) throw storeTooNew(directory, version, storeVersion);
}

/** Writes the version down, unless it is there. */
export function markVersion(files: StoreFiles): void {
  const path = join(files.directory, "version");
  if (fs.existsSync(path)) return;
  const temporary = files.temporaryPath();
  fs.writeFileSync(temporary, `${storeVersion}\n`, { flag: "wx" });
  fs.renameSync(temporary, path);
}
