/**
 * A lock among processes, that dies with its holder.
 *
 *     <folder>/7     holder's name; empty once it is free
 *
 * Numbers only rise. The highest is the lock; when it is free, or its holder dead, the next number is up
 * for whoever makes it first. The highest is never removed, so nobody who was slow can make a number
 * that was used before and not find a higher one. No moment in a takeover depends on two steps.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { makeFolder } from "./folder.ts";
import { ownHolder, stateOf } from "./holder.ts";
import { silenceMs } from "./lease.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** Held from {@link NumberedLock.take} until it is disposed of. */
export class NumberedLock implements Disposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the lock; `undefined` when another has it.
   *
   * @param folder - The lock's own.
   * @param temporary - A free path on the same file system, for a moment.
   * @param now - The time, in milliseconds since 1970.
   */
  static take(folder: string, temporary: string, now: number): NumberedLock | undefined {
    makeFolder(folder);
    const highest = Math.max(0, ...numbersIn(folder));
    if (highest > 0 && isHeld(join(folder, String(highest)), now)) return undefined;
    const mine = highest + 1;
    const path = join(folder, String(mine));
    if (!makeWhole(path, temporary)) return undefined;
    const numbers = numbersIn(folder);
    // Somebody was faster, and may be done already.
    const isLate = Math.max(...numbers) > mine;
    const over = isLate ? [mine] : numbers.filter((number) => number < mine);
    for (const number of over) fs.rmSync(join(folder, String(number)), { force: true });
    return isLate ? undefined : new NumberedLock(path);
  }

  /** True while somebody holds the lock in this folder. */
  static isHeld(folder: string, now: number): boolean {
    const highest = Math.max(0, ...(unlessDenied(() => numbersIn(folder)) ?? []));
    return highest > 0 && isHeld(join(folder, String(highest)), now);
  }

  /** Shows life, for those to whom the holder's process number says nothing. */
  refresh(): void {
    const now = new Date();
    unlessDenied(() => fs.utimesSync(this.#path, now, now));
  }

  [Symbol.dispose](): void {
    unlessDenied(() => fs.truncateSync(this.#path));
  }
}

function numbersIn(folder: string): number[] {
  return fs
    .readdirSync(folder)
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number);
}

function isHeld(path: string, now: number): boolean {
  const holder = unlessDenied(() => fs.readFileSync(path, "utf8"));
  // Gone since it was listed: the next one has it.
  if (holder === undefined) return true;
  if (holder === "") return false;
  const state = stateOf(holder);
  if (state !== "elsewhere") return state === "alive";
  return now - (unlessDenied(() => fs.statSync(path).ctimeMs) ?? 0) <= silenceMs;
}

/** Makes the file with its content in one step. False when there is one already. */
function makeWhole(path: string, temporary: string): boolean {
  fs.writeFileSync(temporary, ownHolder(), { flag: "wx" });
  try {
    fs.linkSync(temporary, path);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}
