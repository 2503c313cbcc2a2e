/** Turns: one at a time, in the order of arrival, whoever gives up. */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Turns } from "../../src/base/turns.ts";

const { signal: never } = new AbortController();

test("one name has one turn at a time, another name has its own", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const end = await turns.take("a", never);
  const second = turns.take("a", never).then((leave) => (order.push("second"), leave()));
  const other = await turns.take("b", never);
  order.push("other");
  other();
  order.push("first ends");
  end();
  await second;
  expect(order).toEqual(["other", "first ends", "second"]);
});

test("who gives up lets nobody pass, and holds nobody up", async () => {
  const turns = new Turns();
  const cancel = new AbortController();
  const end = await turns.take("a", never);
  const given = turns.take("a", cancel.signal);
  let isThere = false;
  const third = turns.take("a", never).then((leave) => ((isThere = true), leave));
  cancel.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  expect(isThere).toBe(false);
  end();
  (await third)();
  await expect(turns.take("a", cancel.signal)).rejects.toThrow("enough");
  (await turns.take("a", never))();
});

test("never are two at it, in any order of arrivals, ends and cancellations", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.record({ name: fc.constantFrom("a", "b"), isCancelled: fc.boolean() }), {
        minLength: 1,
        maxLength: 8,
      }),
      async (scheduler, comers) => {
        const turns = new Turns();
        const inside = { a: 0, b: 0 };
        const served: number[] = [];
        const all = comers.map(async ({ name, isCancelled }, at) => {
          const cancel = new AbortController();
          if (isCancelled) void scheduler.schedule(Promise.resolve()).then(() => cancel.abort());
          try {
            const end = await turns.take(name, cancel.signal);
            expect(++inside[name]).toBe(1);
            await scheduler.schedule(Promise.resolve());
            inside[name]--;
            end();
            served.push(at);
          } catch (error) {
            if (!cancel.signal.aborted) throw error;
          }
        });
        await scheduler.waitIdle();
        await Promise.all(all);
        for (const [at, { isCancelled }] of comers.entries()) {
          if (!isCancelled) expect(served).toContain(at);
        }
      },
    ),
  );
});
