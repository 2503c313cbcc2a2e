/**
 * Leases: how builds tell collectors of garbage that they are at work.
 *
 *     leases/<holder>-<uuid>     empty; mtime: when it began, ctime: when its holder last showed life
 *
 * All that was written or used since the oldest live lease began is kept. Both times come from the file
 * system, as those of the files do that they are compared with: no two clocks need to agree. A lease
 * blocks nobody, and there may be any number.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import { makeFolder } from "./folder.ts";
import { holderIn, ownHolder, stateOf } from "./holder.ts";
import { markIntervalMs } from "./recency.ts";
import { unlessDenied } from "./system-error.ts";

/** How often a holder shows life. */
const refreshMs = 60_000;

/** How long a holder elsewhere may be silent before it counts as dead. */
export const silenceMs: number = 10 * 60_000;

/**
 * Holds what a build uses in a store, from now on until it is disposed of.
 *
 * Where the store cannot be written to, there is no lease; the build goes on without. What it loses to
 * a collector then is made again, as anything lost.
 *
 * @example
 * ```ts
 * using _ = new StoreLease(store.directory);
 * ```
 */
export class StoreLease implements Disposable {
  readonly #path: string;
  readonly #beganAtSeconds: number;
  readonly #timer: NodeJS.Timeout;

  /** @param directory - The store's. */
  constructor(directory: string) {
    this.#path = join(directory, "leases", `${ownHolder()}-${randomUUID()}`);
    this.#write();
    const beganAtMs = unlessDenied(() => fs.statSync(this.#path).mtimeMs);
    this.#beganAtSeconds = (beganAtMs ?? Date.now()) / 1000;
    // Not by a clock that is handed in: the event loop that turns is the sign of life.
    this.#timer = setInterval(() => this.refresh(), refreshMs).unref();
  }

  /** Shows life. Makes the lease again if it is gone, as it is when the store was removed. */
  refresh(): void {
    unlessDenied(() => {
      if (!fs.existsSync(this.#path)) this.#write();
      fs.utimesSync(this.#path, this.#beganAtSeconds, this.#beganAtSeconds);
    });
  }

  /** Ends the lease. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    unlessDenied(() => fs.rmSync(this.#path, { force: true }));
  }

  #write(): void {
    unlessDenied(() => {
      makeFolder(join(this.#path, ".."));
      fs.writeFileSync(this.#path, "", { flag: "wx" });
    });
  }
}

/** What the leases on a store say at one moment. */
export interface LeasesSeen {
  /** Whatever was used at this time or later is kept, in milliseconds since 1970. */
  readonly heldSinceMs: number;
  readonly live: number;
  /** Leases of the dead, by their paths. */
  readonly dead: readonly string[];
}

/** Looks at all leases on a store. `now` is the time, in milliseconds since 1970. */
export function readLeases(directory: string, now: number): LeasesSeen {
  const folder = join(directory, "leases");
  const dead: string[] = [];
  let live = 0;
  let oldest = Infinity;
  for (const name of unlessDenied(() => fs.readdirSync(folder)) ?? []) {
    const path = join(folder, name);
    const stats = unlessDenied(() => fs.statSync(path));
    // One that ends at this moment holds nothing any more.
    if (stats === undefined) continue;
    const holder = holderIn(name);
    const state = holder === undefined ? "elsewhere" : stateOf(holder);
    const isDead = state === "dead" || (state === "elsewhere" && now - stats.ctimeMs > silenceMs);
    if (isDead) dead.push(path);
    else {
      live++;
      oldest = Math.min(oldest, stats.mtimeMs);
    }
  }
  // A use shortly before the lease began may be the reason that one after it left no mark.
  return { heldSinceMs: oldest - markIntervalMs, live, dead };
}
