import { expect, test } from "vitest";

import { codeFrame } from "../../src/targets/code-frame.ts";

const text = Array.from({ length: 12 }, (_, at) => `line ${at + 1}`).join("\n");

test("a frame shows two lines on either side, and marks a column", () => {
  expect(`\n${codeFrame(text, { line: 9, column: 6 })}\n`).toBe(`
   7 │ line 7
   8 │ line 8
>  9 │ line 9
     │      ^
  10 │ line 10
  11 │ line 11
`);
});

test("a frame at the edge has fewer lines, and one without column no mark", () => {
  expect(codeFrame("only", { line: 1 })).toBe("> 1 │ only");
});

test("tabs before the mark stay tabs", () => {
  expect(codeFrame("\tx = ;", { line: 1, column: 6 })).toBe("> 1 │ \tx = ;\n    │ \t    ^");
});

test("there is no frame of a line that is not there", () => {
  expect(codeFrame("only", { line: 2 })).toBeUndefined();
});

test("of a line that is very long, the beginning is shown", () => {
  expect(codeFrame("x".repeat(10_000), { line: 1, column: 9000 })?.length).toBeLessThan(150);
});
