/**
 * Looking a result up before an action is executed: what is no answer holds nobody up.
 *
 * @module
 */
import { digestBytes } from "@ashlar/core";
import { expect, test } from "vitest";

import { LookUps } from "../../src/execution/look-ups.ts";
import { HandClock } from "../hand-clock.ts";
import { MemoryCache, refused, silent } from "../memory-cache.ts";

const key = digestBytes(Buffer.from("an action"));

function setUp() {
  const clock = new HandClock();
  const cache = new MemoryCache();
  cache.results.set(key, Buffer.from("a result"));
  const { signal } = new AbortController();
  return { clock, cache, signal, lookUps: new LookUps(cache, clock) };
}

test("a result that is there is found", async () => {
  const { clock, cache, signal, lookUps } = setUp();
  expect(await lookUps.find(key, signal)).toEqual(Buffer.from("a result"));
  cache.results.clear();
  expect(await lookUps.find(key, signal)).toBe(undefined);
  expect(clock.pending).toBe(0);
});

test("one that cannot be asked has none", async () => {
  const { cache, signal, lookUps } = setUp();
  cache.fault = refused;
  expect(await lookUps.find(key, signal)).toBe(undefined);
  cache.fault = undefined;
  expect(await lookUps.find(key, signal)).not.toBe(undefined);
});

test("one that does not answer costs five seconds, and is not asked for half a minute", async () => {
  const { clock, cache, signal, lookUps } = setUp();
  cache.fault = silent;
  let isOver = false;
  const both = Promise.all([lookUps.find(key, signal), lookUps.find(key, signal)]);
  void both.finally(() => (isOver = true));
  await clock.advance(4999);
  expect(isOver).toBe(false);
  await clock.advance(1);
  expect(await both).toEqual([undefined, undefined]);
  cache.fault = undefined;
  await clock.advance(29_999);
  expect(await lookUps.find(key, signal)).toBe(undefined);
  expect(cache.calls).toHaveLength(2);
  await clock.advance(1);
  expect(await lookUps.find(key, signal)).not.toBe(undefined);
});

test("who is called off hears of that", async () => {
  const { clock, cache, lookUps } = setUp();
  cache.fault = silent;
  const stop = new AbortController();
  const looking = lookUps.find(key, stop.signal);
  stop.abort(new Error("enough"));
  await expect(looking).rejects.toThrow("enough");
  expect(clock.pending).toBe(0);
});
