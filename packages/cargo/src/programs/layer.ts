/**
 * Layers: a target directory over another one, of which nothing is copied.
 *
 *     ../deps/release/deps/libserde-….rlib        what was built before, for all commands
 *     ../target/release/deps/libserde-….rlib      a link to it, or itself
 *                            app-…                what this command has made
 *
 * So a command starts from dependencies of any size, and leaves only what it has added: laid over the
 * dependencies, that is its target directory.
 *
 * @module
 */
import { rmdirSync } from "node:fs";
import { join } from "node:path";

/** What a target directory has of another one. */
export interface Layer {
  /** Whether what cargo has said may mean that it was refused to write to what is not its own. */
  hasRefused(said: readonly string[]): boolean;
  /** Begins again, with copies: cargo may do with them what it likes. What has been added is gone. */
  copy(): void;
  /** Leaves only what has been added. */
  remove(): void;
  /** Makes all that is still there the directory's own: nothing is left of the layer. */
  settle(): void;
}

/** Removes those of the folders that are empty. @param folders - Relative, parents first. */
export function removeEmpty(root: string, folders: readonly string[]): void {
  for (const path of folders.toReversed()) {
    try {
      rmdirSync(join(root, path));
    } catch {
      // It holds something new.
    }
  }
}
