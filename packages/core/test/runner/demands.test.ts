import { expect, test } from "vitest";

import { meetsDemand } from "../../src/runner/demands.ts";

test.each([
  ["local/sandbox", true],
  ["local/sandbox+cache", true],
  ["container/container", true],
  ["local/declared", false],
  ["mock/mock", false],
  ["local/none", false],
  // Whatever other tools write.
  ["worker-7", false],
  ["", false],
  ["a/b/sandbox", false],
  ["x/constructor", false],
])("a result of `%s` meets the demand for a sandbox: %j", (worker, isGood) => {
  expect(meetsDemand(worker, "sandbox")).toBe(isGood);
  expect(meetsDemand(worker, undefined)).toBe(true);
});
