/**
 * A cache whose calls are made again when that may help: execution rests on it, so it is not given up at once.
 *
 * @module
 */
import { BuildError, systemClock, type Clock } from "@ashlar/core";

import type { CallContext, RemoteCache } from "../remote-cache.ts";
import { Backoff } from "./backoff.ts";

/** What execution needs of a cache. */
export type ExecutionCache = Pick<
  RemoteCache,
  "getResult" | "missing" | "name" | "read" | "readAll" | "write" | "writeAll"
>;

/**
 * The same cache, with more patience. Only look-ups of results are made once: without one, the service is asked to execute.
 * Whoever has the cache disposes of it.
 */
export function persistent(cache: RemoteCache, clock: Clock = systemClock): ExecutionCache {
  const again = async <T>({ signal }: CallContext, call: () => Promise<T>): Promise<T> => {
    const backoff = new Backoff(clock, signal);
    for (;;) {
      try {
        return await call();
      } catch (error) {
        signal.throwIfAborted();
        const mayPass = error instanceof BuildError && error.code === "REMOTE_UNAVAILABLE";
        if (!mayPass || !(await backoff.wait())) throw error;
      }
    }
  };
  return {
    name: cache.name,
    missing: async (digests, context) =>
      await again(context, async () => await cache.missing(digests, context)),
    readAll: async (digests, context) =>
      await again(context, async () => await cache.readAll(digests, context)),
    read: async (digest, offset, context) =>
      await again(context, async () => await cache.read(digest, offset, context)),
    writeAll: async (blobs, context) =>
      await again(context, async () => await cache.writeAll(blobs, context)),
    write: async (digest, open, context) =>
      await again(context, async () => await cache.write(digest, open, context)),
    getResult: async (key, context) => await cache.getResult(key, context),
  };
}
