/**
 * The nearest name.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { closest } from "../../src/base/closest.ts";

test.each([
  ["comiple", ["compile", "link"], "compile"],
  ["app", ["app.exe", "map"], "app.exe"],
  ["main.c", ["src/main.c", "util.c"], "src/main.c"],
  ["dist", ["dist/index.js"], "dist/index.js"],
  ["main.c", ["main.cc", "main.c"], "main.c"],
  ["compile", ["link", "test"], undefined],
  ["compile", [], undefined],
])("%s among %j is %s", (name, candidates, expected) => {
  expect(closest(name, candidates)).toBe(expected);
});

test("a name that is there is its own nearest", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), (names, pick) => {
      const name = names[pick % names.length]!;
      expect(closest(name, names)).toBe(name);
    }),
  );
});

test("a name with one letter more, less or other is found among strangers", () => {
  const name = fc.stringMatching(/^[a-m]{5,10}$/);
  const strangers = fc.array(fc.stringMatching(/^[n-z]{5,10}$/));
  fc.assert(
    fc.property(name, strangers, fc.nat(), fc.nat(2), (right, others, at, kind) => {
      const place = at % right.length;
      const rest = right.slice(place + 1);
      const middle = ["", "x", right[place] + "x"][kind]!;
      const wrong = right.slice(0, place) + middle + rest;
      expect(closest(wrong, [...others, right])).toBe(right);
    }),
  );
});
