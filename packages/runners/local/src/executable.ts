/**
 * Executable files.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";

/** True for a file that this process may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
