import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { findAnnotations } from "../../src/annotations/find-annotations.ts";

/** As one line each: `level file:line:column code message`. */
function found(text: string): string[] {
  return findAnnotations(text).map(({ level, file, line, column = "", code = "", message }) => {
    return `${level} ${file}:${line}:${column} ${code} ${message}`;
  });
}

describe("annotations are found in what is printed by", () => {
  test("rustc and clippy", () => {
    const text = `   Compiling tally v0.1.0
error[E0308]: mismatched types
 --> src/main.rs:4:18
  |
4 |     let x: u32 = "a";
  |            ---   ^^^ expected \`u32\`, found \`&str\`

warning: this loop could be written as a \`for\` loop
   --> crates/tally/src/lib.rs:21:5
    |
    = help: for further information visit https://rust-lang.github.io/rust-clippy
    = note: \`#[warn(clippy::while_let_on_iterator)]\` on by default

error: could not compile \`tally\` due to 1 previous error; 1 warning emitted
`;
    expect(found(text)).toEqual([
      "error src/main.rs:4:18 E0308 mismatched types",
      "warning crates/tally/src/lib.rs:21:5  this loop could be written as a `for` loop",
    ]);
  });

  test("tsc, for people and for programs", () => {
    const text = `src/a.ts(4,7): error TS2322: Type 'string' is not assignable to type 'number'.
\u001b[96msrc/b.ts\u001b[0m:\u001b[93m1\u001b[0m:\u001b[93m9\u001b[0m - \u001b[91merror\u001b[0m\u001b[90m TS2305: \u001b[0mModule has no exported member 'x'.

Found 2 errors.
`;
    expect(found(text)).toEqual([
      "error src/a.ts:4:7 TS2322 Type 'string' is not assignable to type 'number'.",
      "error src/b.ts:1:9 TS2305 Module has no exported member 'x'.",
    ]);
  });

  test("gcc and clang", () => {
    const text = `In file included from in/src/main.c:1:
in/src/main.c: In function 'main':
in/src/main.c:4:18: error: expected ';' before '}' token
in/src/main.c:9:7: warning: unused variable 'x' [-Wunused-variable]
in/src/util.h:2:10: fatal error: none.h: No such file or directory
in/src/main.c:9:7: note: declared here
compilation terminated.
`;
    expect(found(text)).toEqual([
      "error in/src/main.c:4:18  expected ';' before '}' token",
      "warning in/src/main.c:9:7 -Wunused-variable unused variable 'x'",
      "error in/src/util.h:2:10  none.h: No such file or directory",
    ]);
  });

  test("eslint", () => {
    const text = `
/work/src/a.js
   4:7   error    'x' is not defined            no-undef
  10:12  warning  Unexpected console statement  no-console

src/b.ts
  1:1  error  Parsing error: Unexpected token

✖ 3 problems (2 errors, 1 warning)
`;
    expect(found(text)).toEqual([
      "error /work/src/a.js:4:7 no-undef 'x' is not defined",
      "warning /work/src/a.js:10:12 no-console Unexpected console statement",
      "error src/b.ts:1:1  Parsing error: Unexpected token",
    ]);
  });

  test("node --test, in both forms", () => {
    const spec = `▶ tally
  ✖ adds (1.2ms)
✖ failing tests:

test at test/tally.test.js:4:1
✖ adds (1.2ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
`;
    const tap = `not ok 1 - subtracts
  ---
  duration_ms: 0.9
  location: '/work/test/tally.test.js:9:1'
  failureType: 'testCodeFailure'
  error: 'no minus'
  ...
# Subtest: more
not ok 2 - more
  ---
  location: '/work/test/tally.test.js:1:1'
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
`;
    expect(found(spec + tap)).toEqual([
      "error test/tally.test.js:4:1  adds: AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:",
      "error /work/test/tally.test.js:9:1  subtracts: no minus",
    ]);
  });
});

test("what no tool has written is no annotation", () => {
  const text = `12:30:01 error: the clock\nhttp://host:80: error\n  1:1  error  no file above\nok\n`;
  expect(found(text)).toEqual([]);
});

test("any text is read to its end, and lines are whole numbers", () => {
  const piece = fc.constantFrom(
    "error",
    "warning: ",
    "a.c",
    ":4:1",
    "[E1]",
    " --> ",
    "\n",
    "  ",
    "(1,2)",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
      for (const { line } of findAnnotations(pieces.join("")))
        expect(line).toBeGreaterThanOrEqual(0);
    }),
  );
});

test("a long line without a place takes no long time", () => {
  // Would not come to its end if a pattern tried every way to divide it.
  expect(findAnnotations(`${"a:1".repeat(50_000)}\n${" ".repeat(100_000)}x`)).toEqual([]);
});
