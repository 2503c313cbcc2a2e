import { readFile } from "node:fs/promises";

import { virtualClock, type VirtualClock } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

/** Waits for time as one who works: it is clear that it waits. */
async function sleep(clock: VirtualClock, ms: number): Promise<void> {
  using _ = clock.activity.rest();
  await new Promise<void>((resolve) => void clock.after(ms, resolve));
}

/** Works, from now on until it is over. */
async function work<T>(clock: VirtualClock, body: () => Promise<T>): Promise<T> {
  using _ = clock.activity.begin();
  return await body();
}

describe("a clock that moves by itself", () => {
  test("goes on to the next callback, in the order of their times and then of their making", async () => {
    const clock = virtualClock({ startsAt: 1000 });
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(`${name} at ${clock.now()}`);
    clock.after(7_200_000, note("late"));
    clock.after(5, note("early"));
    clock.after(5, note("beside it"));
    clock.after(0, note("at once"));
    clock.after(-3, note("in the past"));
    const off = clock.after(6, note("called off"));
    expect(clock.pending).toBe(6);
    off();
    off();
    await new Promise<void>((resolve) => void clock.after(7_200_001, resolve));
    expect(seen).toEqual([
      ...["at once at 1000", "in the past at 1000", "early at 1005", "beside it at 1005"],
      "late at 7201000",
    ]);
    expect(clock.now()).toBe(7_201_001);
    expect(clock.pending).toBe(0);
  });

  test("stands still while somebody works, however long that really takes", async () => {
    const clock = virtualClock();
    let isPast = false;
    clock.after(1, () => (isPast = true));
    await work(clock, async () => {
      for (let round = 0; round < 20; round++) {
        await readFile(import.meta.filename);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(isPast).toBe(false);
      await sleep(clock, 2);
      expect(isPast).toBe(true);
      expect(clock.now()).toBe(2);
    });
  });

  test("moves on only when all wait, and waits again for each who goes on", async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    await Promise.all([
      work(clock, async () => {
        await sleep(clock, 10);
        await readFile(import.meta.filename);
        seen.push(`read by ${clock.now()}`);
        await sleep(clock, 5);
        seen.push(`over at ${clock.now()}`);
      }),
      work(clock, async () => {
        await sleep(clock, 11);
        seen.push(`beside at ${clock.now()}`);
      }),
    ]);
    expect(seen).toEqual(["read by 10", "beside at 11", "over at 15"]);
  });

  test("does not take long steps of promises for the end of all work", async () => {
    const clock = virtualClock();
    let now = -1;
    clock.after(1, () => {});
    await work(clock, async () => {
      let done = (): void => {};
      const other = new Promise<void>((resolve) => (done = resolve));
      const chain = work(clock, async () => {
        for (let step = 0; step < 1000; step++) await Promise.resolve();
        now = clock.now();
        done();
      });
      const waiting = clock.activity.rest();
      await other;
      waiting[Symbol.dispose]();
      await chain;
    });
    expect(now).toBe(0);
  });

  test("tells those who watch that nobody can go on, and who waits for whom", async () => {
    const clock = virtualClock();
    const told: (readonly string[])[] = [];
    using watch = clock.activity.onStuck((waits) => told.push(waits));
    const one = clock.activity.begin();
    const other = clock.activity.begin();
    const first = clock.activity.rest(() => "`a` waits for `b`");
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    const second = clock.activity.rest(() => "`b` waits for `a`");
    clock.after(60_000, () => {});
    clock.after(Infinity, () => {});
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(60_000);
    expect(told).toEqual([["`a` waits for `b`", "`b` waits for `a`"]]);
    for (const each of [first, second, second]) each[Symbol.dispose]();
    watch[Symbol.dispose]();
    for (const each of [one, other]) each[Symbol.dispose]();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toHaveLength(1);
  });

  test("moves for those who wait without having begun, too", async () => {
    const clock = virtualClock();
    await sleep(clock, 100);
    expect(clock.now()).toBe(100);
    await work(clock, async () => await sleep(clock, 5));
    expect(clock.now()).toBe(105);
  });

  test("gives every work the time that it takes, whoever waits for whom", async () => {
    // A task sleeps, reads a file or not, and waits for tasks before it, in any order.
    const step = fc.oneof(
      fc.record({ sleep: fc.nat({ max: 1000 }) }),
      fc.constant({ read: true as const }),
      fc.record({ waitFor: fc.nat() }),
    );
    const tasks = fc.array(fc.array(step, { maxLength: 5 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(tasks, async (programs) => {
        const expected: number[] = [];
        for (const [id, program] of programs.entries()) {
          let at = 0;
          for (const each of program) {
            if ("sleep" in each) at += each.sleep;
            if ("waitFor" in each && id > 0) at = Math.max(at, expected[each.waitFor % id]!);
          }
          expected.push(at);
        }
        const clock = virtualClock();
        const under: Promise<number>[] = [];
        for (const [id, program] of programs.entries()) {
          const task = work(clock, async () => {
            for (const each of program) {
              if ("sleep" in each) await sleep(clock, each.sleep);
              else if ("read" in each) await readFile(import.meta.filename);
              else if (id > 0) {
                using _ = clock.activity.rest();
                await under[each.waitFor % id];
              }
            }
            return clock.now();
          });
          under.push(task);
        }
        expect(await Promise.all(under)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a clock in the hand of a test", () => {
  test("moves when it is told, and calls back what is due by then", async () => {
    const clock = virtualClock({ movesByItself: false });
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now());
      clock.after(40, again);
    };
    clock.after(40, again);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(0);
    clock.advance(39);
    expect(seen).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual([40]);
    clock.advance(100);
    expect(seen).toEqual([40, 80, 120]);
    expect(clock.now()).toBe(140);
    expect(clock.pending).toBe(1);
  });

  test.each([-1, NaN, Infinity])("cannot go by %d", (ms) => {
    expect(() => virtualClock().advance(ms)).toThrow(/advance/);
    expect(() => virtualClock({ startsAt: ms < 0 ? NaN : ms })).toThrow(/startsAt/);
  });
});
