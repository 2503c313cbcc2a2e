/**
 * The heap gives back its smallest element, always.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { Heap } from "../../src/base/heap.ts";

test("it behaves as a sorted list, over any pushes and pops", () => {
  const step = fc.oneof(
    { arbitrary: fc.integer({ min: -50, max: 50 }), weight: 3 },
    { arbitrary: fc.constant("pop" as const), weight: 2 },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const heap = new Heap<number>((a, b) => a - b);
      let model: number[] = [];
      for (const each of steps) {
        if (each === "pop") expect(heap.pop()).toBe(model.shift());
        else {
          heap.push(each);
          model = [...model, each].toSorted((a, b) => a - b);
        }
        expect(heap.size).toBe(model.length);
      }
    }),
    { numRuns: 500 },
  );
});

test("an empty heap gives back nothing", () => {
  expect(new Heap<number>((a, b) => a - b).pop()).toBeUndefined();
});
