/** A store with a remote cache behind it keeps what stores promise; so does the cache of the tests. */
import { MemoryStore, DiskStore } from "@ashlar/core";
import { storeContract } from "@ashlar/core/testing";
import { describe, expect, test } from "vitest";

import { withRemote } from "../src/remote-store.ts";
import { refused } from "./memory-cache.ts";
import { MemoryCache } from "./memory-cache.ts";
import { remoteCacheContract } from "./remote-cache-contract.ts";

describe("a store in memory, with a cache", () => {
  const stores = new WeakMap<object, MemoryStore>();
  storeContract(
    { describe, expect, test },
    {
      makeStore: () => {
        const local = new MemoryStore();
        const store = withRemote(local, new MemoryCache(), { write: true });
        stores.set(store, local);
        return store;
      },
      damages: ["gone"],
      damageBlob: (store, digest) => stores.get(store)?.evict(digest),
    },
  );
});

describe("a store on a disk, with a cache", () => {
  storeContract(
    { describe, expect, test },
    {
      makeStore: (folder) => withRemote(folder, new MemoryCache(), { write: true }),
      reopen: (folder) => withRemote(new DiskStore(folder), new MemoryCache()),
    },
  );
});

describe("a store with a cache that is dead", () => {
  const cache = new MemoryCache();
  cache.fault = refused;
  storeContract(
    { describe, expect, test },
    { makeStore: () => withRemote(new MemoryStore(), cache, { lookUpMs: 50 }) },
  );
});

describe("the cache of the tests", () => {
  remoteCacheContract({
    makeBench: () => {
      const cache = new MemoryCache();
      return {
        cache,
        dropBlob: (digest) => void cache.blobs.delete(digest),
        dropResult: (key) => void cache.results.delete(key),
        takeAway: () => {
          cache.fault = refused;
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  });
});
