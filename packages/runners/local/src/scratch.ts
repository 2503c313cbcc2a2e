/**
 * Scratch directories: a room for each action while it runs, and nothing after the last.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readlinkSync, realpathSync, rmdirSync, unlinkSync } from "node:fs";
import { chmod, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setImmediate as eventLoopTurn } from "node:timers/promises";

import { Room } from "./room.ts";

/** Tells apart machines, and containers, that share a disk and number their processes each for itself. */
export const machine: string = createHash("sha256")
  .update(`${hostname()} ${processNamespace()}`)
  .digest("hex")
  .slice(0, 8);

/** What the directories of this library are called here: with the process that they belong to. */
const pattern = new RegExp(`^ashlar-run-${machine}-(\\d+)-`);

/** How long the next action is waited for before all is removed, in milliseconds. */
const lullMs = 3;

/** Entries of a directory that is removed in one go. */
const maxEntries = 64;

/** Directories of a runner's actions, in one directory of the runner. */
export class Scratch {
  /** Absolute directory that the runner's own is made in. */
  readonly base: string;
  /** Absolute directory of all actions. There while one of them runs. */
  readonly directory: string;
  #isSwept = false;
  #count = 0;
  #running = 0;
  /** Actions that ran at once, since none did. */
  #most = 0;
  readonly #free: Room[] = [];
  /** Called after the last action, while another one may still begin. */
  onLull: () => Promise<void> = async () => {};
  /** Called when none has begun, before the runner's directory goes. */
  onRest: () => void = () => {};

  /** @param base - Directory to make the runner's own in. @defaultValue the system's */
  constructor(base: string = tmpdir()) {
    const name = `ashlar-run-${machine}-${process.pid}-${randomUUID().slice(0, 8)}`;
    this.base = withoutLinks(resolve(base));
    this.directory = join(this.base, name);
  }

  /** Gives work a room with nothing in it but empty directories, and sees to it that all is removed. */
  async use<T>(work: (room: Room) => Promise<T>): Promise<T> {
    if (this.#running++ === 0) mkdirSync(this.directory, { recursive: true });
    this.#most = Math.max(this.#most, this.#running);
    try {
      await this.#sweep();
      const room = this.#free.pop() ?? new Room(join(this.directory, String(this.#count++)));
      try {
        return await work(room);
      } finally {
        if (this.#running === 1 && this.#most > 1) await this.#untilMore();
        // After the last one nobody comes.
        if (this.#running > 1 && room.renew()) this.#free.push(room);
        else await removeTree(room.folder);
      }
    } finally {
      await this.#leave();
    }
  }

  /** Where several ran at once, the last of them is hardly ever the last: others are about to begin. */
  async #untilMore(): Promise<void> {
    const deadline = performance.now() + lullMs;
    while (this.#running === 1 && performance.now() < deadline) {
      await eventLoopTurn();
    }
  }

  async #sweep(): Promise<void> {
    if (this.#isSwept) return;
    this.#isSwept = true;
    await sweep(this.base);
  }

  /** After the last action, nothing is left even of a runner that nobody disposes of. */
  async #leave(): Promise<void> {
    if (this.#running === 1) {
      await this.onLull();
      for (const room of this.#free.splice(0)) await removeTree(room.folder);
    }
    this.#running--;
    // At once, so that no action can begin in between: it would find its directory gone.
    if (this.#running > 0) return;
    this.#most = 0;
    this.onRest();
    removeIfEmpty(this.directory);
  }

  /** Removes all that is left. */
  async remove(): Promise<void> {
    await removeTree(this.directory);
  }
}

/** Whether a directory is removed sooner than somebody else could be asked to. */
function isSmall(directory: string): boolean {
  let entries = 0;
  const open = [directory];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (++entries > maxEntries) return false;
      if (entry.isDirectory()) open.push(join(folder, entry.name));
    }
  }
  return true;
}

/** Removes a small directory. Of one that cannot be removed, a part may be gone. */
function removeNow(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) removeNow(path);
    else unlinkSync(path);
  }
  rmdirSync(directory);
}

/** Removes a directory with nothing in it. What holds something, or is not there, stays as it is. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Nothing depends on it.
  }
}

/** Removes a directory, even if a command has made folders in it unwritable. */
export async function removeTree(directory: string): Promise<void> {
  try {
    // In one go, which is faster than waiting for each step.
    if (isSmall(directory)) return removeNow(directory);
  } catch {
    // Not there, or not to be looked into.
  }
  try {
    await rm(directory, { recursive: true, force: true });
  } catch {
    await allowRemoval(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Meanwhile, the removal that failed may still be at work: what it removes is no concern of ours. */
async function allowRemoval(directory: string): Promise<void> {
  try {
    await chmod(directory, 0o755);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) await allowRemoval(join(directory, entry.name));
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/** Removes what processes left behind that were killed and could not clean up. */
async function sweep(base: string): Promise<void> {
  for (const name of readdirSync(base)) {
    const [, pid] = pattern.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    // Another sweeper, or another user's directory: then it is not ours to remove.
    await removeTree(join(base, name)).catch(() => {});
  }
}

/** What programs find when they ask where they are. A directory that is not there yet has no links. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
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

/** What the numbers of processes are unique in; empty where that is the whole machine. */
function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
