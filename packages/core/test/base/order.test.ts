/**
 * The one order of names is that of their UTF-8 bytes.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { compareCodePoints, sortedBy } from "../../src/base/order.ts";

/** Strings that exist as UTF-8, with the code points where UTF-16 sorts otherwise. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom("\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}", "\u{D7FF}", "a", "🪨"),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""))
  .filter((joined) => !/\p{Surrogate}/u.test(joined));

test("names compare as their UTF-8 bytes do", () => {
  fc.assert(
    fc.property(text, text, text, (prefix, a, b) => {
      const [x, y] = [prefix + a, prefix + b];
      const bytes = Buffer.compare(Buffer.from(x), Buffer.from(y));
      expect(Math.sign(compareCodePoints(x, y))).toBe(bytes);
      expect(Math.sign(compareCodePoints(y, x)) + bytes).toBe(0);
    }),
    { numRuns: 1000, examples: [["", "\u{FFFF}", "\u{10000}"]] },
  );
});

test("sorting leaves the original alone, and equals where they are", () => {
  const items = [
    { name: "b", n: 1 },
    { name: "a", n: 2 },
    { name: "b", n: 3 },
  ];
  expect(sortedBy(items, ({ name }) => name).map(({ n }) => n)).toEqual([2, 1, 3]);
  expect(items.map(({ n }) => n)).toEqual([1, 2, 3]);
});
