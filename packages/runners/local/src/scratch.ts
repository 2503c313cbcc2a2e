/**
 * Scratch directories: one for each action while it runs, and none after that.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the directories of this library are called: with the process that they belong to. */
const pattern = /^ashlar-run-(\d+)-/;

/** Directories of a runner's actions, in one directory of the runner. */
export class Scratch {
  readonly #base: string;
  readonly #directory: string;
  #count = 0;

  /** @param base - Directory to make the runner's own in. @defaultValue the system's */
  constructor(base: string = tmpdir()) {
    this.#base = base;
    this.#directory = join(base, `ashlar-run-${process.pid}-${randomUUID().slice(0, 8)}`);
  }

  /** Gives work a new, empty directory, and removes it when the work is over. */
  async use<T>(work: (folder: string) => Promise<T>): Promise<T> {
    if (this.#count === 0) sweep(this.#base);
    const folder = join(this.#directory, String(this.#count++));
    await mkdir(folder, { recursive: true });
    try {
      return await work(folder);
    } finally {
      await removeTree(folder);
    }
  }

  /** Removes all that is left. */
  async remove(): Promise<void> {
    await removeTree(this.#directory);
  }
}

/** Removes a directory, even if a command has made folders in it unwritable. */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch {
    await allowRemoval(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

async function allowRemoval(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await allowRemoval(join(directory, entry.name));
  }
}

/** Removes what processes left behind that were killed and could not clean up. */
function sweep(base: string): void {
  for (const name of readdirSync(base)) {
    const [, pid] = pattern.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    // Another sweeper, or another user's directory: then it is not ours to remove.
    try {
      rmSync(join(base, name), { recursive: true, force: true });
    } catch {}
  }
}

/** True while a process of that number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
