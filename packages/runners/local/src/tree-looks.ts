/**
 * How a directory looks: what would be another if somebody had changed anything in it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";

/** What is seen of a directory without reading its files. */
export interface TreeLooks {
  /** Names, sizes, modes and times of all entries, in one hash. */
  readonly looks: string;
  /** Of all files together. */
  readonly bytes: number;
}

/** Looks at all entries of a directory. */
export function lookAtTree(directory: string): TreeLooks {
  const hash = createHash("sha256");
  const open = [directory];
  let bytes = 0;
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      const { ino, size, mode, mtimeMs, ctimeMs } = lstatSync(path);
      hash.update(
        `${path.slice(directory.length)}\0${ino} ${size} ${mode} ${mtimeMs} ${ctimeMs}\n`,
      );
      if (entry.isDirectory()) open.push(path);
      else bytes += size;
    }
  }
  return { looks: hash.digest("hex"), bytes };
}
