/**
 * The resource pool.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ResourcePool } from "../../src/schedule/resource-pool.ts";

const one = { cpu: 1 };

test("never more work than there is room for, all of it done, the most urgent of those that wait first", async () => {
  const jobs = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 20, size: "max" });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      jobs,
      fc.integer({ min: 1, max: 4 }),
      async (s, all, slots) => {
        const pool = new ResourcePool(() => slots, queueMicrotask);
        let running = 0;
        const waiting = new Map<number, number>(all.map((priority, at) => [at, priority]));
        const work = all.map((priority, at) =>
          pool.use(
            one,
            () => priority,
            async () => {
              running++;
              expect(running).toBeLessThanOrEqual(slots);
              waiting.delete(at);
              for (const [other, urgency] of waiting) {
                if (all.length <= slots) break;
                expect(urgency < priority || (urgency === priority && other > at)).toBe(true);
              }
              await s.schedule(Promise.resolve(), `job ${at}`);
              running--;
              return at;
            },
          ),
        );
        expect(await s.waitFor(Promise.all(work))).toEqual(all.map((_, at) => at));
      },
    ),
  );
});

test("how urgent something is, is asked once, and only when somebody has to wait", async () => {
  const pool = new ResourcePool(() => 2);
  const asked: number[] = [];
  const use = async (n: number): Promise<void> =>
    await pool.use(
      one,
      () => asked.push(n),
      () => Promise.resolve(),
    );
  await Promise.all([use(1), use(2)]);
  expect(asked).toEqual([]);
  await Promise.all([use(3), use(4), use(5)]);
  expect(asked).toEqual([3, 4, 5]);
});

test("a crowd does not wait for the end of a turn", async () => {
  let turns = 0;
  const pool = new ResourcePool(
    () => 1,
    () => void turns++,
  );
  let started = 0;
  for (let n = 0; n < 64; n++) {
    void pool.use(
      one,
      () => 0,
      async () => {
        started++;
        await new Promise(() => {});
      },
    );
  }
  await Promise.resolve();
  await Promise.resolve();
  expect([started, turns]).toEqual([1, 1]);
});

test("work that fails gives back what it had", async () => {
  const pool = new ResourcePool(() => 1);
  const fail = async (): Promise<never> => await Promise.reject(new Error("mine"));
  await expect(pool.use(one, () => 0, fail)).rejects.toThrow("mine");
  const throws = (): never => {
    throw new Error("at once");
  };
  await expect(pool.use(one, () => 0, throws)).rejects.toThrow("at once");
  expect(
    await pool.use(
      one,
      () => 0,
      () => Promise.resolve(1),
    ),
  ).toBe(1);
});

test("what is given back before the end of the work is free then, and once", async () => {
  const pool = new ResourcePool(() => 1);
  const told: string[] = [];
  let end = (): void => {};
  const first = pool.use(
    one,
    () => 0,
    async (giveBack) => {
      giveBack();
      giveBack();
      await new Promise<void>((resolve) => (end = resolve));
      told.push("first");
    },
  );
  const next = async (name: string): Promise<void> =>
    await pool.use(
      one,
      () => 0,
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        told.push(name);
      },
    );
  await Promise.all([next("second"), next("third")]);
  end();
  await first;
  expect(told).toEqual(["second", "third", "first"]);
  // No more than there was.
  let running = 0;
  let most = 0;
  const count = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
  };
  await Promise.all([1, 2, 3].map(async () => await pool.use(one, () => 0, count)));
  expect(most).toBe(1);
});

test("how urgent those are who wait can be asked", async () => {
  const pool = new ResourcePool(() => 1);
  const seen: (number | undefined)[] = [];
  const use = async (priority: number): Promise<void> =>
    await pool.use(
      one,
      () => priority,
      async () => void seen.push(pool.urgency),
    );
  await Promise.all([use(1), use(5), use(3)]);
  expect(seen).toEqual([3, 1, undefined]);
});
