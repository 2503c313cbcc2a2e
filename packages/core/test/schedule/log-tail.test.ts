/**
 * The end of a log.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { LogTail } from "../../src/schedule/log-tail.ts";

test("the last lines of what was printed, however it was cut", () => {
  const line = fc.string({
    unit: fc.constantFrom("a", "b", "ä", "🪨"),
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 60, size: "max" }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      fc.boolean(),
      (lines, cuts, ends) => {
        const tail = new LogTail();
        const text = lines.join("\n") + (ends ? "\n" : "");
        for (let at = 0, n = 0; at < text.length; n++) {
          const size = cuts[n % cuts.length]!;
          tail.add(text.slice(at, at + size));
          at += size;
        }
        expect(tail.lines(20)).toEqual(lines.slice(-20));
      },
    ),
  );
});

test("nothing is no line", () => {
  const tail = new LogTail();
  expect(tail.lines(5)).toEqual([]);
  tail.add("\n \n");
  expect(tail.lines(5)).toEqual([]);
});

test("empty lines between others stay, those at the end do not", () => {
  const tail = new LogTail();
  tail.add("a\n\nb\n\n\n");
  expect(tail.lines(5)).toEqual(["a", "", "b"]);
});

test("a log without end keeps its end, and stays small", () => {
  const tail = new LogTail();
  for (let n = 0; n < 20_000; n++) tail.add(`line ${n}\n`);
  expect(tail.lines(2)).toEqual(["line 19998", "line 19999"]);
  tail.add("x".repeat(100_000));
  expect(tail.lines(20).join("").length).toBeLessThan(20_000);
});
