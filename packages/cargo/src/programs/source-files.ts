/**
 * Files of a source tree that is yet to be written.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { copyFile } from "./tree.ts";

/** A file's text, or the file that it is a copy of. */
export type SourceFile = { readonly text: string } | { readonly copyOf: string };

/** Files by path, relative to the root of the tree. */
export type SourceFiles = ReadonlyMap<string, SourceFile>;

/** Writes a tree of files. */
export function writeFiles(root: string, files: SourceFiles): void {
  mkdirSync(root, { recursive: true });
  for (const [path, file] of files) {
    const target = join(root, path);
    if ("copyOf" in file) copyFile(file.copyOf, target);
    else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, file.text);
    }
  }
}
