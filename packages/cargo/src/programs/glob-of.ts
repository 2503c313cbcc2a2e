/**
 * A glob for a file that is missing among sources.
 *
 * @module
 */
import { basename, dirname, extname } from "node:path";

/** A glob for files like this one: those beside it with its extension. */
export function globOf(path: string): string {
  const folder = dirname(path);
  const extension = extname(path);
  const name = extension === "" ? basename(path) : `*${extension}`;
  return folder === "." ? name : `${folder}/${name}`;
}
