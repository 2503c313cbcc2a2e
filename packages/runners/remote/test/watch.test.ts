/**
 * Watches: when a call is given up, and that the fault is not our own.
 *
 * @module
 */
import type { Clock } from "@ashlar/core";
import { expect, test } from "vitest";

import { Watch } from "../src/watch.ts";

/** Time in the hand of the test. What is due is done when it says so, and may be late. */
class HandClock implements Pick<Clock, "after" | "now"> {
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Goes to a moment, and does then what was due by it: nobody was there before. */
  sleepUntil(moment: number): void {
    this.#now = moment;
    const due = this.#timers.filter(({ at }) => at <= moment);
    this.#timers = this.#timers.filter(({ at }) => at > moment);
    for (const { run } of due) run();
  }
}

function watching(clock: HandClock, heardAt: () => number = () => 0): Watch {
  return new Watch({
    clock,
    signal: new AbortController().signal,
    limit: { totalMs: 2000 },
    heardAt,
    canBeLate: true,
    tooLate: (ms) => new Error(`nothing within ${ms}`),
  });
}

test("a call is given up when its time is over", () => {
  const clock = new HandClock();
  const { signal } = watching(clock);
  clock.sleepUntil(1999);
  expect(signal.aborted).toBe(false);
  clock.sleepUntil(2001);
  expect(signal.reason).toEqual(new Error("nothing within 2000"));
});

test("who was held up himself reads first what was answered meanwhile", () => {
  const clock = new HandClock();
  using watch = watching(clock);
  // A loop that was busy for ten seconds: the timer is the first to be heard, not the answer.
  clock.sleepUntil(10_000);
  expect(watch.signal.aborted).toBe(false);
  clock.sleepUntil(10_250);
  expect(watch.signal.aborted).toBe(true);
});

test("one that is always held up gives up some day", () => {
  const clock = new HandClock();
  using watch = watching(clock);
  let looks = 0;
  for (let moment = 10_000; !watch.signal.aborted; moment += 10_000) {
    clock.sleepUntil(moment);
    looks++;
  }
  expect(looks).toBe(5);
});
