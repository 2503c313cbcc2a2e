import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { canonicalJson, NotJson } from "../../src/base/canonical-json.ts";

describe("canonicalJson", () => {
  test("says what JSON says", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON knows no negative zero.
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("does not depend on the order in which an object was put together", () => {
    const names = fc.uniqueArray(fc.string(), { maxLength: 8 });
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat()), (each, random) => {
        const shuffled = each
          .map((name) => ({ name, at: random.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ name }) => name);
        const make = (order: readonly string[]): object => {
          const made = Object.create(null) as Record<string, unknown>;
          for (const name of order) made[name] = { name };
          return made;
        };
        expect(canonicalJson(make(shuffled))).toBe(canonicalJson(make(each)));
      }),
    );
  });

  test.each([
    [{ a: [1, undefined] }, "$.a[1]", "undefined"],
    [Number.NaN, "$", "the number NaN"],
    [{ b: () => 1 }, "$.b", "the function b"],
    [new Date(0), "$", "a Date"],
    [{ c: new Map() }, "$.c", "a Map"],
    [10n, "$", "the bigint 10n"],
    [{ d: { [Symbol("s")]: 1 } }, "$.d", "a handle, a secret, or another object with symbols"],
  ])("refuses %o", (value, place, found) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ place, found }));
    expect(() => canonicalJson(value)).toThrow(NotJson);
  });
});
