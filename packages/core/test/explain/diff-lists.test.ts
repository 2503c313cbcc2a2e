/**
 * Differences of lists and texts.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { diffLists, diffTexts } from "../../src/explain/diff-lists.ts";

const word = fc.constantFrom("a", "b", "c", "");
const words = fc.array(word, { maxLength: 12 });

describe("edits", () => {
  test("lead from one list to the other", () => {
    fc.assert(
      fc.property(words, words, (before, after) => {
        const edits = diffLists(before, after);
        const without = (type: string): string[] =>
          edits.filter((edit) => edit.type !== type).map((edit) => edit.text);
        expect(without("added")).toEqual(before);
        expect(without("removed")).toEqual(after);
      }),
    );
  });

  test("are few: what was only put in is all that is new", () => {
    fc.assert(
      fc.property(words, fc.array(fc.tuple(fc.nat(), word), { maxLength: 3 }), (before, added) => {
        const after = [...before];
        for (const [at, each] of added) after.splice(at % (after.length + 1), 0, each);
        const edits = diffLists(before, after);
        expect(edits.filter(({ type }) => type === "removed")).toEqual([]);
        expect(edits.filter(({ type }) => type === "added")).toHaveLength(added.length);
      }),
    );
  });

  test("of long lists that have nothing in common are quick, and still right", () => {
    const list = (letter: string): string[] => Array.from({ length: 5000 }, (_, at) => letter + at);
    const edits = diffLists(list("a"), list("b"));
    expect(edits).toHaveLength(10_000);
  });
});

describe("texts", () => {
  test.each([
    ["one line of many", "a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n", "  b\n- c\n+ X\n  d"],
    ["two places", "a\nb\nc\nd\ne\nf", "A\nb\nc\nd\ne\nF", "- a\n+ A\n  b\n...\n  e\n- f\n+ F"],
    ["nothing before", "", "a\n", "+ a"],
    ["a line end", "a", "a\n", "  a\n+"],
    ["an empty line", "a\nb", "a\n\nb", "  a\n+\n  b"],
    ["nothing", "a", "a", ""],
  ])("%s", (_, before, after, expected) => {
    expect(diffTexts(before, after).join("\n")).toBe(expected);
  });

  test("are cut after twenty lines", () => {
    const lines = (letter: string): string => `${letter}\n`.repeat(30);
    const shown = diffTexts(lines("a"), lines("b"));
    expect(shown).toHaveLength(21);
    expect(shown.at(-1)).toBe("... and 40 more lines");
  });
});
