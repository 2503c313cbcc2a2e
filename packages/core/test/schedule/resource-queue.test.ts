/**
 * The resource queue: a pure model, driven through any history.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Amounts } from "../../src/graph/amounts.ts";
import { patience, ResourceQueue, type Waiter } from "../../src/schedule/resource-queue.ts";

const capacities: Amounts = { cpu: 4, db: 1, memory: 10 };
const resources = Object.keys(capacities);
const makeQueue = (): ResourceQueue<Waiter> =>
  new ResourceQueue((resource) => capacities[resource] ?? 0);

const requests = fc
  .record({
    cpu: fc.nat({ max: 4 }),
    db: fc.nat({ max: 1 }),
    memory: fc.constantFrom(0, 0, 1, 5, 10),
  })
  .map((amounts): Amounts =>
    Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0)),
  );

/** Somebody comes, or the n-th of those who run ends. */
const steps = fc.array(
  fc.oneof(
    fc.record({ request: requests, priority: fc.nat({ max: 3 }) }),
    fc.record({ ends: fc.nat() }),
  ),
  { maxLength: 40, size: "max" },
);

function needs(request: Amounts, resource: string): number {
  return request[resource] ?? 0;
}

test("never more than there is, nobody is forgotten, and the most urgent of those who want the same goes first", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const queue = makeQueue();
      const waiting = new Set<Waiter>();
      const running: Waiter[] = [];
      let order = 0;
      const startAll = (): void => {
        for (let next = queue.next(); next !== undefined; next = queue.next()) {
          expect(waiting.delete(next)).toBe(true);
          const { priority, order: at } = next;
          for (const other of waiting) {
            const wantsTheSame = JSON.stringify(other.request) === JSON.stringify(next.request);
            const isMoreUrgent =
              other.priority > priority || (other.priority === priority && other.order < at);
            expect(wantsTheSame && isMoreUrgent).toBe(false);
          }
          running.push(next);
        }
        for (const resource of resources) {
          const used = running.reduce((sum, { request }) => sum + needs(request, resource), 0);
          expect(used).toBeLessThanOrEqual(capacities[resource]!);
          expect(queue.freeOf(resource)).toBe(capacities[resource]! - used);
        }
        // The most urgent one of all is kept waiting by nothing but what runs.
        const [first] = [...waiting].toSorted(
          (a, b) => b.priority - a.priority || a.order - b.order,
        );
        const lacks = resources.some(
          (each) => needs(first?.request ?? {}, each) > queue.freeOf(each),
        );
        expect(first === undefined || lacks).toBe(true);
      };
      for (const step of history) {
        if ("request" in step) {
          const waiter = { ...step, order: order++ };
          waiting.add(waiter);
          queue.add(waiter);
        } else {
          const [ended] = running.splice(step.ends % Math.max(1, running.length), 1);
          if (ended !== undefined) queue.giveBack(ended.request);
        }
        startAll();
      }
      while (running.length > 0) {
        queue.giveBack(running.pop()!.request);
        startAll();
      }
      expect(waiting.size).toBe(0);
      expect(queue.isWaitedFor).toBe(false);
    }),
  );
});

test("one who waits is passed `patience` times at most, however many come that are as urgent", () => {
  fc.assert(
    fc.property(
      requests.filter((request) => Object.keys(request).length > 0),
      fc.array(fc.record({ request: requests, ends: fc.nat() }), {
        minLength: 150,
        maxLength: 150,
        size: "max",
      }),
      fc.array(requests, { maxLength: 6 }),
      (wanted, stream, before) => {
        const queue = makeQueue();
        const running: Waiter[] = [];
        let order = 0;
        let passed = 0;
        const patient: Waiter = { request: wanted, priority: 1, order: before.length };
        const startAll = (): boolean => {
          for (let next = queue.next(); next !== undefined; next = queue.next()) {
            running.push(next);
            if (next === patient) return true;
            const sharesWith = Object.keys(wanted).some((each) => needs(next.request, each) > 0);
            if (isThere && sharesWith) passed++;
          }
          return false;
        };
        let isThere = false;
        for (const request of before) queue.add({ request, priority: 2, order: order++ });
        startAll();
        // The more urgent ones that wait still are before it, not passing it.
        while (queue.isWaitedFor) {
          queue.giveBack(running.shift()!.request);
          startAll();
        }
        isThere = true;
        queue.add(patient);
        let hasStarted = startAll();
        for (const { request, ends } of stream) {
          if (hasStarted) break;
          queue.add({ request, priority: 1, order: (order += 1) });
          const [ended] = running.splice(ends % Math.max(1, running.length), 1);
          if (ended !== undefined) queue.giveBack(ended.request);
          hasStarted = startAll();
        }
        expect(hasStarted || running.length > 0).toBe(true);
        expect(passed).toBeLessThanOrEqual(patience);
        // With nobody new, it has its turn as soon as those who run now have ended.
        const now = [...running];
        for (const each of now)
          if (!hasStarted) {
            running.splice(running.indexOf(each), 1);
            queue.giveBack(each.request);
            hasStarted = startAll();
          }
        for (let round = 0; !hasStarted && round < patience; round++) {
          queue.giveBack(running.shift()!.request);
          hasStarted = startAll();
        }
        expect(passed).toBeLessThanOrEqual(patience);
      },
    ),
  );
});

test("a large request is not overtaken by small ones that take of what it lacks", () => {
  const queue = makeQueue();
  const small = (order: number): Waiter => ({ request: { cpu: 1 }, priority: 0, order });
  const large: Waiter = { request: { cpu: 4 }, priority: 0, order: 5 };
  for (let n = 0; n < 5; n++) queue.add(small(n));
  const first = [queue.next(), queue.next(), queue.next(), queue.next()];
  expect(first.map((each) => each?.order)).toEqual([0, 1, 2, 3]);
  queue.add(large);
  for (let n = 6; n < 20; n++) queue.add(small(n));
  const started: (number | undefined)[] = [];
  for (let n = 0; n < 5; n++) {
    queue.giveBack({ cpu: 1 });
    started.push(queue.next()?.order);
  }
  expect(started).toEqual([4, undefined, undefined, undefined, 5]);
});

test("what waits for one resource does not keep others idle", () => {
  const queue = makeQueue();
  const users = [0, 1, 2].map((order): Waiter => ({
    request: { cpu: 1, db: 1 },
    priority: 9,
    order,
  }));
  for (const user of users) queue.add(user);
  for (let order = 3; order < 6; order++) queue.add({ request: { cpu: 1 }, priority: 0, order });
  const started = [queue.next(), queue.next(), queue.next(), queue.next(), queue.next()];
  expect(started.map((each) => each?.order)).toEqual([0, 3, 4, 5, undefined]);
});
