/**
 * Caches for stores that have no room for any, such as those in memory.
 *
 * @module
 */
import { realpathSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Turns } from "../base/turns.ts";
import { removeCompletely } from "./cache-care.ts";
import type { CacheKeeper, CacheTurn } from "./caches.ts";
import { makeFolder } from "./folder.ts";

/** Caches that last as long as one build: for stores without a directory. */
export class TemporaryCaches implements CacheKeeper, AsyncDisposable {
  readonly #turns = new Turns();
  #base: Promise<string> | undefined;

  async take(name: string, signal: AbortSignal): Promise<CacheTurn> {
    const leave = await this.#turns.take(name, signal);
    this.#base ??= mkdtemp(join(realpathSync(tmpdir()), "ashlar-caches-"));
    const directory = join(await this.#base, name);
    makeFolder(directory);
    return { directory, [Symbol.dispose]: leave };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#base !== undefined) await removeCompletely(await this.#base);
  }
}
