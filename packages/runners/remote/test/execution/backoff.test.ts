/**
 * How long is waited before the same is tried again.
 *
 * @module
 */
import type { Clock } from "@ashlar/core";
import { expect, test } from "vitest";

import { Backoff } from "../../src/execution/backoff.ts";

/** How long each wait takes, until there is no further one. */
async function waits(random: number, wishMs?: number): Promise<number[]> {
  const all: number[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    after: (ms, callback) => {
      all.push(Math.round(ms));
      now += ms;
      queueMicrotask(callback);
      return () => {};
    },
  };
  const backoff = new Backoff(clock, new AbortController().signal, () => random);
  while (await backoff.wait(wishMs)) continue;
  return all;
}

test("waits grow, and then no more, and end", async () => {
  expect(await waits(0.5)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test("not all who have failed come back at once", async () => {
  expect((await waits(0)).slice(0, 3)).toEqual([90, 180, 360]);
  expect((await waits(0.999)).slice(0, 3)).toEqual([110, 220, 440]);
});

test("a service is asked when it wants that, if that is later", async () => {
  expect((await waits(0.5, 300)).slice(0, 4)).toEqual([300, 300, 400, 800]);
});
