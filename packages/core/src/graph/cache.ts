/**
 * Caches: directories that survive between runs of commands, and that no key knows the content of.
 *
 * For what makes a tool faster and should not change what it gives: its own downloads, its incremental
 * state. What is in one may come from any earlier run, so whatever runs with one says so in its label. See
 * `docs/design/caches.md`.
 *
 * @module
 */
import type { ArtifactPath } from "../artifact/path.ts";
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";

/** A directory that survives between runs. */
export interface Cache {
  readonly [cacheState]: string;
}

/** A cache at its place in the input root. */
export interface CachePlace {
  readonly name: string;
  readonly path: ArtifactPath;
}

const cacheState: unique symbol = Symbol("ashlar.cache");

/** Lower case, because the name is that of a folder, and some file systems do not tell cases apart. */
const nameForm = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/**
 * Names a cache, to be laid in the input root of a command.
 *
 * Commands with a cache of the same name share it, one at a time: in this process and among all that build
 * with the same store. It is empty at first, and stays as the command leaves it, even one that fails. Its
 * name and place are in the key, its content is not.
 *
 * @param name - Lower case letters, digits and `. _ -`.
 * @throws {@link BuildError} `INVALID_OPTION` for another name.
 * @example
 * ```ts
 * sh({ root: { ".": src, ".npm": cache("npm") }, env: { npm_config_cache: ".npm" } })`npm ci`;
 * ```
 */
export function cache(name: string): Cache {
  if (typeof name !== "string" || !isCacheName(name)) {
    throw invalidOption(
      "cache",
      describe(name),
      "a name of lower case letters, digits and `. _ -`",
    );
  }
  return Object.freeze({ [cacheState]: name });
}

/** True for what a cache can be called. */
export function isCacheName(name: string): boolean {
  return nameForm.test(name);
}

/** Name of a cache; `undefined` for anything else. */
export function cacheName(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && cacheState in value
    ? (value as Cache)[cacheState]
    : undefined;
}
