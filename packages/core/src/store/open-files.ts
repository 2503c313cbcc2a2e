/**
 * Open files: the few that a store reads from again and again.
 *
 * A store is never closed by anybody, so its files close by themselves when they are not used for a while.
 *
 * @module
 */
import * as fs from "node:fs";

import { isSystemError } from "./system-error.ts";

/** How long a file stays open that nobody uses, at least, in milliseconds. */
const idleMs = 1000;

/** Files open at the same time, at most. */
const maxOpen = 64;

/** Files by their paths, opened when they are first asked for. */
export class OpenFiles {
  readonly #files = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isUsed = false;

  /**
   * The descriptor of a file that exists, for reading and, where that is allowed, writing. To be used at
   * once: it may be closed whenever the event loop turns. Throws the error of opening it.
   */
  open(path: string): number {
    this.#isUsed = true;
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if (this.#files.size >= maxOpen) this.closeAll();
    const file = openForUpdate(path);
    this.#files.set(path, file);
    // Not by a clock that is handed in: it is the process that runs out of descriptors.
    this.#timer ??= setInterval(() => this.#tick(), idleMs).unref();
    return file;
  }

  close(path: string): void {
    const file = this.#files.get(path);
    this.#files.delete(path);
    if (file !== undefined) fs.closeSync(file);
  }

  closeAll(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const file of this.#files.values()) fs.closeSync(file);
    this.#files.clear();
  }

  #tick(): void {
    if (!this.#isUsed) this.closeAll();
    this.#isUsed = false;
  }
}

function openForUpdate(path: string): number {
  try {
    return fs.openSync(path, "r+");
  } catch (error) {
    if (!isSystemError(error) || !/^(EACCES|EPERM|EROFS)$/.test(error.code ?? "")) throw error;
    return fs.openSync(path, "r");
  }
}
