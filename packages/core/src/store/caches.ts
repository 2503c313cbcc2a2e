/**
 * Caches in a store: directories that survive between runs, one for each name.
 *
 *     caches/<name>/files/      what commands see, as the last one left it
 *                  /turns/7     the lock of the one that uses it, see `numbered-lock.ts`
 *
 * Nothing of it is content: no digest names it, and no result refers to it. Losing it loses time.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Turns } from "../base/turns.ts";
import { storeUnwritable } from "../errors/store-errors.ts";
import { makeFolder } from "./folder.ts";
import { NumberedLock } from "./numbered-lock.ts";
import { isSystemError } from "./system-error.ts";

/** A turn at a cache: nobody else uses it until the turn is disposed of. */
export interface CacheTurn extends Disposable {
  /** Absolute. What is in it stays for the next. */
  readonly directory: string;
}

/** Where caches are kept. */
export interface CacheKeeper {
  /**
   * Waits for a turn at a cache, which is made when there is none.
   *
   * Rejects with the signal's reason, or `STORE_UNWRITABLE`.
   */
  take(name: string, signal: AbortSignal): Promise<CacheTurn>;
}

/** How often a cache that another process uses is asked for, in milliseconds: at first, and at most. */
const firstPollMs = 10;
const lastPollMs = 250;

/** How often a holder shows life. */
const refreshMs = 60_000;

/** Caches in the directory of a store, shared with other processes. */
export class DiskCaches implements CacheKeeper {
  readonly #directory: string;
  readonly #temporaryPath: () => string;
  readonly #turns = new Turns();

  /**
   * @param directory - The store's.
   * @param temporaryPath - Gives a new path in the store.
   */
  constructor(directory: string, temporaryPath: () => string) {
    this.#directory = directory;
    this.#temporaryPath = temporaryPath;
  }

  async take(name: string, signal: AbortSignal): Promise<CacheTurn> {
    const end = await this.#turns.take(name, signal);
    try {
      const lock = await this.#lock(name, signal);
      const timer = setInterval(() => lock.refresh(), refreshMs).unref();
      const directory = filesOf(this.#directory, name);
      const leave = (): void => {
        clearInterval(timer);
        lock[Symbol.dispose]();
        end();
      };
      try {
        makeFolder(directory);
        // The time of the last use, for people who wonder what may go.
        const now = new Date();
        fs.utimesSync(join(directory, ".."), now, now);
      } catch (error) {
        leave();
        throw error;
      }
      return { directory, [Symbol.dispose]: leave };
    } catch (error) {
      end();
      throw isSystemError(error) ? storeUnwritable(this.#directory, error) : error;
    }
  }

  /** Asks again and again: processes cannot tell each other. */
  async #lock(name: string, signal: AbortSignal): Promise<NumberedLock> {
    const folder = turnsOf(this.#directory, name);
    for (let pollMs = firstPollMs; ; pollMs = Math.min(lastPollMs, pollMs * 2)) {
      const lock = NumberedLock.take(folder, this.#temporaryPath(), Date.now());
      if (lock !== undefined) return lock;
      // Its own error, which says less than the reason, is of no interest.
      await sleep(pollMs, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }
}

/** Where a cache's content is. */
export function filesOf(directory: string, name: string): string {
  return join(directory, "caches", name, "files");
}

/** Where its lock is. */
export function turnsOf(directory: string, name: string): string {
  return join(directory, "caches", name, "turns");
}
