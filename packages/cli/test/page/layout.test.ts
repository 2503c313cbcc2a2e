import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { placeInOrder } from "../../page/layout/isotonic.ts";
import type { Shape } from "../../page/layout/layers.ts";
import { layOut } from "../../page/layout/layout.ts";

function shapeOf(needs: readonly (readonly number[])[]): Shape {
  const before = needs.map((each) => [...each]);
  const after = needs.map((): number[] => []);
  for (const [to, each] of needs.entries()) for (const from of each) after[from]?.push(to);
  return { size: needs.length, before, after };
}

/** Any graph without a circle: a node needs only those before it. */
const shapes = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 60 })
  .map((rows) =>
    shapeOf(
      rows.map((picks, at) => (at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))])),
    ),
  );

const screens = fc.record({
  width: fc.integer({ min: 50, max: 3000 }),
  height: fc.integer({ min: 50, max: 3000 }),
});
const isStage = (): boolean => true;

describe("a layout", () => {
  test("lets time flow in one direction, on the screen, and lays no two nodes in one place", () => {
    fc.assert(
      fc.property(shapes, screens, (shape, screen) => {
        const { x, y, isUpright } = layOut(shape, { isStage, ...screen });
        const along = isUpright ? y : x;
        const places = new Set<string>();
        for (let at = 0; at < shape.size; at++) {
          for (const from of shape.before[at] ?? [])
            expect(along[at]).toBeGreaterThan(along[from]!);
          expect(x[at]).toBeGreaterThanOrEqual(-1e-6);
          expect(y[at]).toBeGreaterThanOrEqual(-1e-6);
          expect(x[at]).toBeLessThanOrEqual(screen.width + 1e-6);
          expect(y[at]).toBeLessThanOrEqual(screen.height + 1e-6);
          places.add(`${x[at]?.toFixed(4)} ${y[at]?.toFixed(4)}`);
        }
        expect(places.size).toBe(shape.size);
      }),
    );
  });

  test("leads a long connection around what lies between", () => {
    // 0 ─▶ 1 ─▶ 2 ─▶ 3, and 0 ─▶ 3, which is connection 0 * 4 + 3.
    const shape = shapeOf([[], [0], [1], [2, 0]]);
    const { bows } = layOut(shape, { isStage, width: 900, height: 400 });
    expect([...bows.keys()]).toEqual([3]);
    expect(Math.abs(bows.get(3)!)).toBeGreaterThan(10);
  });

  test("folds a layer that is much too wide", () => {
    const shape = shapeOf(Array.from({ length: 10_000 }, () => []));
    const { x, y, step } = layOut(shape, { isStage, width: 1000, height: 500 });
    expect(new Set(x).size).toBeGreaterThan(20);
    expect(new Set(y).size).toBeGreaterThan(20);
    expect(Math.min(step.along, step.across)).toBeGreaterThan(3);
  });

  test("stands upright where there is more room that way, and lays sources beside what needs them", () => {
    // A source of the last of three stages.
    const shape = shapeOf([[], [0], [1, 3], []]);
    const { y, isUpright } = layOut(shape, { isStage: (at) => at !== 3, width: 300, height: 900 });
    expect(isUpright).toBe(true);
    expect(y[3]).toBe(y[1]);
  });
});

test("things in a row keep their order and their gaps, and move no more than they must", () => {
  const row = fc.array(
    fc.tuple(
      fc.double({ min: -50, max: 50, noNaN: true }),
      fc.double({ min: 0, max: 5, noNaN: true }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(
      row,
      fc.nat(19),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (things, which, nudge) => {
        const wanted = Float64Array.from(things, ([want]) => want);
        const gaps = Float64Array.from(things, ([, gap]) => gap);
        const places = placeInOrder(wanted, gaps);
        const cost = (some: Float64Array): number =>
          some.reduce((sum, place, at) => sum + (place - wanted[at]!) ** 2, 0);
        const fits = (some: Float64Array): boolean =>
          some.every((place, at) => at === 0 || place - some[at - 1]! >= gaps[at]! - 1e-9);
        expect(fits(places)).toBe(true);
        const other = Float64Array.from(places);
        other[which % other.length]! += nudge;
        if (fits(other)) expect(cost(other)).toBeGreaterThanOrEqual(cost(places) - 1e-6);
      },
    ),
  );
});
