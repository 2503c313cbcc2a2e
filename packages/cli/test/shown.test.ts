import { describe, expect, test } from "vitest";

import { bytesOf, countOf, spanOf } from "../src/options.ts";
import { shownBytes, shownCount, shownNumber, shownTime } from "../src/shown.ts";

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [999.6, "1.0 s"],
  [59_940, "59.9 s"],
  [59_960, "1 m 00 s"],
  [125_000, "2 m 05 s"],
  [3_600_000, "1 h 00 m"],
  [86_399_999, "24 h 00 m"],
])("%d milliseconds are %s", (ms, text) => {
  expect(shownTime(ms)).toBe(text);
});

test("sizes and counts", () => {
  expect([1, 1023, 1024, 1_572_864].map(shownBytes)).toEqual([
    "1 byte",
    "1023 bytes",
    "1.0 KiB",
    "1.5 MiB",
  ]);
  expect(shownNumber(1234567)).toBe("1,234,567");
  expect([shownCount(1, "stage"), shownCount(2, "stage")]).toEqual(["1 stage", "2 stages"]);
});

describe("options", () => {
  test("sizes and spans are read", () => {
    expect(["20G", "1.5 MiB", "7", "3kb"].map((text) => bytesOf("--x", text))).toEqual([
      20 * 2 ** 30,
      1.5 * 2 ** 20,
      7,
      3 * 2 ** 10,
    ]);
    expect(["90m", "12h", "30d", "2w"].map((text) => spanOf("--x", text))).toEqual([
      5_400_000, 43_200_000, 2_592_000_000, 1_209_600_000,
    ]);
  });

  test.each(["", "0", "-1", "1.5", "many", "1e3"])("`%s` is no count", (text) => {
    expect(() => countOf("--slots", text)).toThrow(
      expect.objectContaining({ code: "COMMAND_LINE" }) as Error,
    );
  });

  test.each(["", "20X", "G", "-1"])("`%s` is no size, and no span", (text) => {
    expect(() => bytesOf("--max-bytes", text)).toThrow(/is no size/);
    expect(() => spanOf("--max-age", text)).toThrow(/is no span/);
  });
});
