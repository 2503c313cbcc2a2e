/**
 * Executable files.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";

/** True for a file that this process may execute. */
export function isExecutable(path: string): boolean {
  try {
    // Most of those that are asked for are not there, and an error would cost more than this look.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
