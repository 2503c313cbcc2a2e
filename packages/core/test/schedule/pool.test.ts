/**
 * The pool.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Pool } from "../../src/schedule/pool.ts";

test(
  "never more work than slots, all of it done, and the most urgent of those that wait goes first",
  { timeout: 60_000 },
  async () => {
    const jobs = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 20, size: "max" });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        jobs,
        fc.integer({ min: 1, max: 4 }),
        async (s, all, slots) => {
          const pool = new Pool(slots);
          let running = 0;
          const waiting = new Map<number, number>(all.map((priority, at) => [at, priority]));
          const started: number[] = [];
          const work = all.map((priority, at) =>
            pool.use(priority, async () => {
              running++;
              expect(running).toBeLessThanOrEqual(slots);
              waiting.delete(at);
              // The first ones find free slots; of the others, none that waits is more urgent.
              if (started.length >= slots) {
                for (const [other, urgency] of waiting) {
                  expect(urgency < priority || (urgency === priority && other > at)).toBe(true);
                }
              }
              started.push(at);
              await s.schedule(Promise.resolve(), `job ${at}`);
              running--;
              return at;
            }),
          );
          expect(await s.waitFor(Promise.all(work))).toEqual(all.map((_, at) => at));
          expect(started).toHaveLength(all.length);
        },
      ),
    );
  },
);

test("work that fails gives its slot back", async () => {
  const pool = new Pool(1);
  await expect(pool.use(0, () => Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  await expect(
    pool.use(0, () => {
      throw new Error("at once");
    }),
  ).rejects.toThrow("at once");
  expect(await pool.use(0, () => Promise.resolve(1))).toBe(1);
});
