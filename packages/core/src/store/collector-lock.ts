/**
 * The lock that lets one collector work at a time.
 *
 *     collectors/7     holder's name; empty once it is free
 *
 * Numbers only rise. The highest is the lock; when it is free, or its holder dead, the next number is up
 * for whoever makes it first. The highest is never removed, so nobody who was slow can make a number
 * that was used before and not find a higher one. No moment in a takeover depends on two steps.
 *
 * The lock saves work; nothing relies on it. Two collectors at once would remove the same files.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { makeFolder } from "./folder.ts";
import { ownHolder, stateOf } from "./holder.ts";
import { silenceMs } from "./lease.ts";
import { isSystemError, unlessDenied } from "./system-error.ts";

/** Held from {@link CollectorLock.take} until it is disposed of. */
export class CollectorLock implements Disposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the lock; `undefined` when another collector has it.
   *
   * @param temporary - A free path in the store, for a moment.
   * @param now - The time, in milliseconds since 1970.
   */
  static take(directory: string, temporary: string, now: number): CollectorLock | undefined {
    const folder = join(directory, "collectors");
    makeFolder(folder);
    const highest = Math.max(0, ...numbersIn(folder));
    if (highest > 0 && isHeld(join(folder, String(highest)), now)) return undefined;
    const mine = highest + 1;
    const path = join(folder, String(mine));
    if (!makeWhole(path, temporary)) return undefined;
    const numbers = numbersIn(folder);
    // Somebody was faster, and may be done already; whatever was to do, they have done.
    const isLate = Math.max(...numbers) > mine;
    const over = isLate ? [mine] : numbers.filter((number) => number < mine);
    for (const number of over) fs.rmSync(join(folder, String(number)), { force: true });
    return isLate ? undefined : new CollectorLock(path);
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
