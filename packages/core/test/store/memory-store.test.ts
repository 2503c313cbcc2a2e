/**
 * The store in memory keeps the contract.
 *
 * @module
 */
import { describe, expect, test } from "vitest";

import { digestBytes } from "../../src/digest/digest.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { storeContract } from "../../src/testing/store-contract.ts";

storeContract(
  { describe, expect, test },
  {
    makeStore: () => new MemoryStore(),
    damages: ["gone"],
    damageBlob: (store, digest) => (store as MemoryStore).evict(digest),
  },
);

test("an evicted blob is lost", async () => {
  const store = new MemoryStore();
  const digest = await store.write(Buffer.from("bytes"));
  store.evict(digest);
  expect(await store.missing([digest])).toEqual([digest]);
  await expect(store.read(digest)).rejects.toMatchObject({ code: "BLOB_LOST", facts: { digest } });
  expect(await store.write(Buffer.from("bytes"))).toBe(digestBytes(Buffer.from("bytes")));
  expect((await store.read(digest)).toString()).toBe("bytes");
});
