/**
 * Event streams: every event once and in order, whoever is ahead of whom.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { eventStream } from "../../src/events/event-stream.ts";
import type { BuildEvent } from "../../src/events/event.ts";

const numbered = (atMs: number): BuildEvent => ({
  ...{ type: "build-settled", outcome: "succeeded", atMs, durationMs: 1 },
});

test("in any order of telling and reading, every event comes once, in order, then the end", async () => {
  const steps = fc.array(fc.constantFrom("tell", "read"), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, async (order) => {
      const { onEvent, events, end } = eventStream();
      const reader = events[Symbol.asyncIterator]();
      const reads: Promise<IteratorResult<BuildEvent>>[] = [];
      let told = 0;
      for (const step of order) {
        if (step === "tell") onEvent(numbered(told++));
        else reads.push(reader.next());
      }
      end();
      while (reads.length <= told) reads.push(reader.next());
      const results = await Promise.all(reads);
      const seen = results.flatMap(({ done, value }) => (done ? [] : [value.atMs]));
      expect(seen).toEqual(Array.from({ length: told }, (_, n) => n));
      expect(results.slice(told).every(({ done }) => done)).toBe(true);
    }),
  );
});

test("a long queue is read in order", async () => {
  const { onEvent, events, end } = eventStream();
  for (let n = 0; n < 100_000; n++) onEvent(numbered(n));
  end();
  let next = 0;
  for await (const { atMs } of events) expect(atMs === next++).toBe(true);
  expect(next).toBe(100_000);
});

test("leaving early is told once, drops the rest and ends every loop", async () => {
  let left = 0;
  const { onEvent, events, end } = eventStream({ onLeave: () => left++ });
  const [one, two] = [numbered(1), numbered(2)];
  onEvent(one);
  onEvent(two);
  for await (const event of events) {
    expect(event).toBe(one);
    break;
  }
  onEvent(one);
  for await (const _ of events) expect.unreachable();
  end();
  expect(left).toBe(1);
});

test("leaving after the end is no leaving", async () => {
  let left = 0;
  const { onEvent, events, end } = eventStream({ onLeave: () => left++ });
  onEvent(numbered(1));
  end();
  onEvent(numbered(2));
  const seen: number[] = [];
  for await (const { atMs } of events) {
    seen.push(atMs);
    break;
  }
  expect([seen, left]).toEqual([[1], 0]);
});

test("two loops share the events", async () => {
  const { onEvent, events, end } = eventStream();
  const seen: number[] = [];
  const read = async (): Promise<void> => {
    for await (const { atMs } of events) seen.push(atMs);
  };
  const reading = [read(), read()];
  for (let n = 0; n < 5; n++) onEvent(numbered(n));
  end();
  await Promise.all(reading);
  expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
});
