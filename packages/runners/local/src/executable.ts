/**
 * Executable files.
 *
 * @module
 */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";

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

/** True for a program that is text, for another program to read. Throws the error of the system. */
export function isScript(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, "r");
  try {
    return readSync(file, start) === 2 && start.toString("latin1") === "#!";
  } finally {
    closeSync(file);
  }
}
