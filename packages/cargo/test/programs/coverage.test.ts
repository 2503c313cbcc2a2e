import { describe, expect, test } from "vitest";

import { renderSummary, scopeLcov, summarize } from "../../src/programs/lcov.ts";
import { llvmMajor } from "../../src/programs/llvm.ts";
import { parseRustcVersion } from "../../src/programs/rustc-version.ts";

const scope = { tree: "/ws", ignore: [/^tests\//] };

test("an LCOV report keeps the files of the tree, under their own paths", () => {
  const record = (path: string): string => `SF:${path}\nDA:1,2\nLF:1\nLH:1\nend_of_record\n`;
  const report = ["/ws/src/lib.rs", "/ws/tests/it.rs", "/target/out/gen.rs"].map(record).join("");

  expect(scopeLcov(report, scope)).toBe(record("src/lib.rs"));
});

describe("a summary", () => {
  const file = (filename: string, count: number, covered: number): object => {
    const part = { count, covered };
    return { filename, summary: { lines: part, functions: part, regions: part } };
  };
  const summary = summarize(
    JSON.stringify({
      data: [{ files: [file("/ws/b.rs", 3, 1), file("/ws/a.rs", 0, 0), file("/std/x.rs", 9, 0)] }],
    }),
    scope,
  );

  test("counts what is in scope, in the order of paths", () => {
    expect(Object.keys(summary.files)).toEqual(["a.rs", "b.rs"]);
    expect(summary.totals.lines).toEqual({ count: 3, covered: 1, percent: 33.33 });
    expect(summary.files["a.rs"]?.lines.percent).toBe(100);
  });

  test("reads as a table", () => {
    expect(renderSummary(summary)).toBe(
      [
        "           lines  functions    regions",
        "a.rs     100.00%    100.00%    100.00%",
        "b.rs      33.33%     33.33%     33.33%",
        "total     33.33%     33.33%     33.33%",
      ].join("\n"),
    );
  });
});

test("versions of LLVM are read from both sides", () => {
  expect(llvmMajor("Debian LLVM version 22.1.8\n")).toBe(22);
  expect(llvmMajor("something else")).toBeUndefined();
  expect(parseRustcVersion("rustc 1.95.0\nLLVM version: 22.1.2\n").llvmMajor).toBe(22);
  expect(parseRustcVersion("rustc 1.95.0 (gcc)").llvmMajor).toBeUndefined();
});
