/**
 * Values, as errors name them.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { describe } from "../../src/base/describe.ts";

test.each([
  [undefined, "undefined"],
  [null, "null"],
  ["a b", 'the string "a b"'],
  [1.5, "the number 1.5"],
  [10n, "the bigint 10n"],
  [Symbol("s"), "the symbol Symbol(s)"],
  [[1, 2], "an array of 2"],
  [Promise.resolve(), "a promise (await it first)"],
  [{}, "an empty object"],
  [{ a: 1, b: 2 }, "an object with keys a, b"],
  [Object.create(null), "an empty object"],
  [new Map(), "a Map"],
  [Math.max, "the function max"],
  [() => {}, "the function (anonymous)"],
])("%o", (value, expected) => {
  expect(describe(value)).toBe(expected);
});

test("nothing makes it throw", () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
      expect(describe(value)).not.toBe("");
    }),
  );
});
