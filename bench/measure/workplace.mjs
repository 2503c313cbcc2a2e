/**
 * The workplace: one temporary directory for all that a bench writes, gone when it is over.
 *
 * Projects are removed only at the end: some file systems make new files slowly for a while after many
 * were removed, and that would be measured.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A place to write to. */
export class Workplace {
  /** Absolute. */
  folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-bench-")));
  #count = 0;

  constructor() {
    process.once("exit", () => this.remove());
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  }

  /** For programs that contenders install. */
  get tools() {
    return join(this.folder, "tools");
  }

  /**
   * A new, empty folder.
   *
   * @returns {string}
   */
  next() {
    const folder = join(this.folder, String(this.#count++));
    mkdirSync(folder);
    return folder;
  }

  /** Waits until all that was written is on the disk, so that nobody is held up by what another has written. */
  settle() {
    spawnSync("sync", ["-f", this.folder], { stdio: "ignore" });
  }

  /** Removes everything, read-only folders included. */
  remove() {
    spawnSync("chmod", ["-R", "u+w", this.folder], { stdio: "ignore" });
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
