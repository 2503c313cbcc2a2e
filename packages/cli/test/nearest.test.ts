import { expect, test } from "vitest";

import { listed, nearest } from "../src/nearest.ts";

const names = ["app", "checks", "checks.clippy", "checks.test", "docs"];

test.each([
  ["checks.clipy", ["checks.clippy"]],
  ["chekcs", ["checks"]],
  ["clippy", ["checks.clippy"]],
  ["APP", ["app"]],
  ["release", []],
])("%s may have been meant to be %j", (typed, meant) => {
  expect(nearest(typed, names).slice(0, 1)).toEqual(meant);
});

test("a name that contains another goes behind one that is hardly different", () => {
  expect(nearest("checks.tset", names)).toEqual(["checks.test", "checks"]);
});

test("a long list is cut short, and says so", () => {
  const many = Array.from({ length: 15 }, (_, at) => `t${at}`);
  expect(listed(many)).toMatch(/^t0, .*t11, and 3 more$/);
  expect(listed([])).toBe("none");
});
