/**
 * Holders are told apart from those who have their pid now.
 *
 * @module
 */
import { expect, test } from "vitest";

import { holderIn, ownHolder, stateOf } from "../../src/store/holder.ts";
import { deadHolder } from "./care-bench.ts";

test("a holder is alive as long as its process is", () => {
  expect(stateOf(ownHolder())).toBe("alive");
  expect(stateOf(deadHolder())).toBe("dead");
});

test.runIf(process.platform === "linux")(
  "one of another birth is dead (Linux tells births)",
  () => {
    expect(stateOf(ownHolder().replace(/-\d+-/, "-1-"))).toBe("dead");
  },
);

test("where births are not told, the pid decides", () => {
  expect(stateOf(ownHolder().replace(/-\d+-/, "-0-"))).toBe("alive");
  expect(stateOf(deadHolder().replace(/-\d+-/, "-0-"))).toBe("dead");
});

test("one of another place is elsewhere", () => {
  expect(stateOf(ownHolder().replace(/[0-9a-f]{8}$/, "00000000"))).toBe("elsewhere");
});

test.each([
  ["1-2-3fa9c1d2-0f6d9b1e-x", "1-2-3fa9c1d2"],
  ["1-2-3fa9c1d2", "1-2-3fa9c1d2"],
  ["0f6d9b1e-1c2d-4e5f-8a9b-0c1d2e3f4a5b", undefined],
  ["1-2-3fa9c1d2f", undefined],
  [".nfs0001", undefined],
  ["", undefined],
])("the holder in `%s` is %s", (name, holder) => {
  expect(holderIn(name)).toBe(holder);
});
