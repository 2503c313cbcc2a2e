/**
 * Downloads of what was executed: what breaks off on the way, and what cannot be taken here.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import { digestBytes } from "@ashlar/core";
import { expect, test } from "vitest";

import { Downloads, LostRemotely } from "../../src/execution/download.ts";
import { persistent } from "../../src/execution/persistent-cache.ts";
import { MemoryCache } from "../memory-cache.ts";
import { someBytes } from "../remote-cache-contract.ts";

const bytes = someBytes(2_000_000);
const digest = digestBytes(bytes);
const { signal } = new AbortController();
setMaxListeners(0, signal);

function setUp() {
  const cache = new MemoryCache();
  cache.blobs.set(digest, bytes);
  return { cache, downloads: new Downloads(persistent(cache)) };
}

test("what cannot be kept here is no break of the line: nothing of it is left out", async () => {
  const { cache, downloads } = setUp();
  let pieces = 0;
  const full = new Error("ENOSPC");
  const taken = downloads.stream(digest, 0, signal, () => {
    if (++pieces === 3) throw full;
  });
  await expect(taken).rejects.toBe(full);
  expect([pieces, cache.calls]).toEqual([3, ["read"]]);
});

test("a blob is taken up where it broke off, as long as it comes further", async () => {
  const { cache, downloads } = setUp();
  cache.breaks = { afterBytes: 65_536, times: 25 };
  expect((await downloads.bytesOf(digest, signal)).equals(bytes)).toBe(true);
  expect(cache.calls).toHaveLength(26);
});

test("a blob that ends before its end, and always there, is lost", async () => {
  const { cache, downloads } = setUp();
  cache.blobs.set(digest, bytes.subarray(0, 1_000_000));
  await expect(downloads.bytesOf(digest, signal)).rejects.toBeInstanceOf(LostRemotely);
  expect(cache.calls).toHaveLength(7);
});
