/**
 * Templates of words.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { commandState, type Command } from "../../src/graph/command.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";

const argvOf = (command: Command): readonly string[] => command[commandState].argv;
const syntax: unknown = expect.objectContaining({ code: "TEMPLATE_SYNTAX" });

/** A template as JavaScript would make it from literal parts. */
function strings(...parts: string[]): TemplateStringsArray {
  return Object.assign([...parts], { raw: parts });
}

describe("an interpolation is one word, whatever it holds", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")),
    fc.constantFrom(
      "",
      " ",
      "a b",
      "'",
      '"',
      "$(rm -rf /)",
      "`x`",
      "|",
      ">",
      "\n",
      "-rf",
      "*",
      "\\",
    ),
  );

  test("alone", () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        expect(argvOf(sh`run ${a} ${b} end`)).toEqual(["run", a, b, "end"]);
      }),
    );
  });

  test("beside text", () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        expect(argvOf(sh`run -o${a}.o x${a}${b}`)).toEqual(["run", `-o${a}.o`, `x${a}${b}`]);
      }),
    );
  });

  test("inside quotes", () => {
    fc.assert(
      fc.property(anything, (a) => {
        expect(argvOf(sh`run "x ${a} y" '${a}'`)).toEqual(["run", `x ${a} y`, a]);
      }),
    );
  });

  test("a list is one word for each element", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, fc.integer())), (list) => {
        expect(argvOf(sh`run ${list} end`)).toEqual(["run", ...list.map(String), "end"]);
      }),
    );
  });

  test("as the program", () => {
    expect(argvOf(sh`${"my program"} x`)).toEqual(["my program", "x"]);
    expect(argvOf(sh`${["node", "--version"]}`)).toEqual(["node", "--version"]);
  });
});

describe("literal text", () => {
  const word = fc.stringMatching(/^[\w=:./+-]{1,8}$/);

  test("is split at white space", () => {
    const space = fc.constantFrom(" ", "  ", "\n", "\t", "\n    ");
    fc.assert(
      fc.property(fc.array(fc.tuple(word, space), { minLength: 1 }), space, (pairs, lead) => {
        const text = lead + pairs.map(([each, gap]) => each + gap).join("");
        expect(argvOf(sh(strings(text)))).toEqual(pairs.map(([each]) => each));
      }),
    );
  });

  test("is kept together by quotes, which do not stay", () => {
    const quoted = fc.tuple(fc.constantFrom("'", '"'), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, quoted)), (pairs) => {
        const usable = pairs.filter(([, [quote, text]]) => !text.includes(quote));
        const text = usable.map(([before, [quote, inner]]) => before + quote + inner + quote);
        expect(argvOf(sh(strings(["run", ...text].join(" "))))).toEqual([
          "run",
          ...usable.map(([before, [, inner]]) => before + inner),
        ]);
      }),
    );
  });

  test("may be empty, in quotes", () => {
    expect(argvOf(sh`run "" '' a""b`)).toEqual(["run", "", "", "ab"]);
  });

  test("may hold one kind of quotes in the other", () => {
    expect(argvOf(sh`echo "it's" 'say "hi"'`)).toEqual(["echo", "it's", 'say "hi"']);
  });

  test("has JavaScript's escapes, and no others", () => {
    expect(argvOf(sh`echo a\\b \u0041 "\n"`)).toEqual(["echo", "a\\b", "A", "\n"]);
  });
});

describe("refused:", () => {
  test.each([
    ["an open quote", () => sh`echo "a`],
    ["an open single quote", () => sh`echo it's`],
    ["a pipe", () => sh`a | b`],
    ["a list of commands", () => sh`a && b`],
    ["the end of a command", () => sh`a ; b`],
    ["the background", () => sh`a &`],
    ["output into a file", () => sh`a > b`],
    ["output onto a file", () => sh`a >> b`],
    ["errors into a file", () => sh`a 2> b`],
    ["errors into output", () => sh`a 2>&1`],
    ["output into a file, without a space", () => sh`a >b`],
    ["input from a file", () => sh`a < b`],
    ["both into a file", () => sh`a &>b`],
    ["output into an output, without a space", () => sh`a >${out.file("b")}`],
    ["input from a hole, without a space", () => sh`a <${"b"}`],
    ["errors into a hole, without a space", () => sh`a 2>>${"b"}`],
    ["a list beside text", () => sh`a x${["b", "c"]}`],
    ["a list beside a hole", () => sh`a ${"x"}${["b", "c"]}`],
    ["an escape that JavaScript does not know", () => sh`echo \u{zz}`],
  ])("%s", (_, make) => {
    expect(make).toThrow(syntax);
  });

  test("no program", () => {
    const none: unknown = expect.objectContaining({ code: "NO_COMMAND" });
    expect(() => sh``).toThrow(none);
    expect(() => sh`  `).toThrow(none);
    expect(() => sh`${[]}`).toThrow(none);
    expect(() => sh`${""} x`).toThrow(none);
    expect(() => sh`"" x`).toThrow(none);
  });

  test.each([undefined, null, true, {}, new Map(), Symbol("s"), () => {}, [[]], [undefined]])(
    "a hole that holds %o",
    (hole) => {
      expect(() => sh`run ${hole as never}`).toThrow(
        expect.objectContaining({ code: "NOT_INTERPOLABLE" }),
      );
      expect(() => sh.bash`run ${hole as never}`).toThrow(
        expect.objectContaining({ code: "NOT_INTERPOLABLE" }),
      );
    },
  );
});

test("a semicolon ends a word only where a shell would see it", () => {
  const make = [() => sh`echo a; echo b`, () => sh`echo ${"a"}; echo b`, () => sh`kill $$;`];
  for (const each of make) expect(each).toThrow(syntax);
  expect(argvOf(sh`find . -exec ls {} ";" -name 'a;' ${"b;"}`)).toEqual([
    "find",
    ".",
    "-exec",
    "ls",
    "{}",
    ";",
    "-name",
    "a;",
    "b;",
  ]);
});

test("operators in quotes, or in a hole, are words", () => {
  expect(argvOf(sh`echo "|" '>' ${"&&"} "2>&1"`)).toEqual(["echo", "|", ">", "&&", "2>&1"]);
  expect(argvOf(sh`echo a=>b x->y 3<4 "<"${"x"}`)).toEqual(["echo", "a=>b", "x->y", "3<4", "<x"]);
});
