/**
 * Slots, and what waits for them.
 *
 * @module
 */
import { getEventListeners } from "node:events";

import { expect, test } from "vitest";

import { CalledOff } from "../src/called-off.ts";
import { deferred } from "../src/reapi/deferred.ts";
import { Slots } from "../src/slots.ts";

test("only so many go on at once, in the order of arrival", async () => {
  const slots = new Slots(2);
  const { signal } = new AbortController();
  const work = Array.from({ length: 5 }, () => deferred<void>());
  const begun: number[] = [];
  const all = work.map(({ promise }, at) =>
    slots.use(signal, async () => {
      begun.push(at);
      await promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  work[1]!.resolve();
  await all[1];
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of work) resolve();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test("who waits can be called off, and takes no slot", async () => {
  const slots = new Slots(1);
  const first = deferred<void>();
  const running = slots.use(new AbortController().signal, async () => first.promise);
  const controller = new AbortController();
  const waiting = slots.use(controller.signal, async () => expect.unreachable());
  const last = slots.use(new AbortController().signal, async () => "last");
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  first.resolve();
  await running;
  expect(await last).toBe("last");
});

test("work that fails gives its slot back", async () => {
  const slots = new Slots(1);
  const { signal } = new AbortController();
  const fault = new Error("fault");
  await expect(slots.use(signal, async () => Promise.reject(fault))).rejects.toBe(fault);
  expect(await slots.use(signal, async () => "next")).toBe("next");
});

test("a signal has one listener, however many hang at it, and none when they have gone", () => {
  const calledOff = new CalledOff();
  const { signal } = new AbortController();
  const forget = Array.from({ length: 100 }, () => calledOff.add(signal, () => {}));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const each of forget) each();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("an aborted signal calls back all who have not gone, once", () => {
  const calledOff = new CalledOff();
  const controller = new AbortController();
  const called: string[] = [];
  const forget = calledOff.add(controller.signal, () => called.push("gone"));
  calledOff.add(controller.signal, () => called.push("here"));
  forget();
  controller.abort();
  controller.abort();
  expect(called).toEqual(["here"]);
});
