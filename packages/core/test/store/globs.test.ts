/**
 * Globs over paths in a tree.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compileGlobs } from "../../src/store/globs.ts";

describe("matches", () => {
  test.each<[glob: string, matching: string[], others: string[]]>([
    ["*.c", ["main.c", ".c"], ["sub/main.c", "main.cc", "c"]],
    ["**/*.c", ["main.c", "a/main.c", "a/b/.c"], ["main.h"]],
    ["src", ["src", "src/a", "src/a/b"], ["srcs", "lib/src"]],
    ["./src/", ["src", "src/a"], ["lib/src"]],
    ["src/**", ["src/a", "src/a/b"], ["lib/a"]],
    ["src/*", ["src/a", "src/a/b"], ["src", "lib/a"]],
    ["src/*/x", ["src/a/x", "src/a/x/y"], ["src/x", "src/a/b/x"]],
    ["**", ["a", "a/b", ".hidden"], []],
    ["*", ["a", "a/b", ".hidden"], []],
    ["{a,b}/*.js", ["a/x.js", "b/x.js"], ["c/x.js", "a/b/x.js"]],
    ["[ab].txt", ["a.txt", "b.txt"], ["c.txt", "ab.txt"]],
    ["?.txt", ["a.txt"], ["ab.txt", "/.txt"]],
    [".*", [".env", ".git/config"], ["env"]],
    ["**/test/**", ["test/a", "a/test/b"], ["tests/a"]],
    ["two words", ["two words"], ["two"]],
    ["\\*", ["*"], ["a", "\\*"]],
    ["\\[a\\]", ["[a]"], ["a"]],
    ['"*".txt', ['"a".txt'], ["*.txt", "a.txt"]],
    ['a"{b,c}', ['a"b', 'a"c'], ["ab", 'a"{b,c}']],
    ['["a]', ['"', "a"], ["b"]],
    ['\\"\\(', ['"('], ["("]],
    ["\\\\ ", ["\\ "], [" ", "\\\\ "]],
    ["a\\\\\\*", ["a\\*"], ["a*", "a\\b"]],
    ["\\\\*", ["\\", "\\a"], ["a", "*"]],
    ["[a\\\\]b", ["ab", "\\b"], ["b"]],
    ["\\\\", ["\\", "\\/a"], ["\\\\"]],
  ])("%s", async (glob, matching, others) => {
    const globs = await compileGlobs([glob]);
    for (const path of matching) expect(globs.matches(path), path).toBe(true);
    for (const path of others) expect(globs.matches(path), path).toBe(false);
  });

  test("plain globs match as those do that look like patterns", async () => {
    const segment = fc.stringMatching(/^\.?[abAB1_][ab.A1_-]{0,2}$/);
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => all.join("/"));
    const glob = fc.tuple(fc.constantFrom("", "**/"), path).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(glob, path, fc.nat(3), async (plain, other, cut) => {
        // A set of one letter is that letter.
        const pattern = plain.replace(/\w/, "[$&]");
        const [one, two] = await Promise.all([compileGlobs([plain]), compileGlobs([pattern])]);
        const tail = plain.replace("**/", "");
        const tried = [other, tail, `${other}/${tail}`, `${other}${tail}`, `${tail.slice(cut)}x`];
        const [plainly, otherwise] = [one, two].map((set) =>
          tried.map((each) => set.matches(each)),
        );
        expect(plainly).toEqual(otherwise);
      }),
      { numRuns: 1000 },
    );
  });

  test("of several globs are those of any", async () => {
    const globs = await compileGlobs(["a", "*.c"]);
    expect(["a/x", "b.c", "c"].map((path) => globs.matches(path))).toEqual([true, true, false]);
    expect((await compileGlobs([])).matches("a")).toBe(false);
  });
});

test("a name whose signs are escaped matches that name alone", async () => {
  const letter = fc.constantFrom(
    "\\",
    "*",
    "?",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "!",
    "+",
    "@",
    "|",
    '"',
    "^",
    "$",
    ".",
    ",",
    "#",
    "-",
    "~",
    "'",
    " ",
    "a",
    "b",
  );
  const name = fc.array(letter, { minLength: 1, maxLength: 5 }).map((letters) => letters.join(""));
  const literal = (each: string): string => each.replaceAll(/[\\*?[\](){}!+@|"]/g, String.raw`\$&`);
  await fc.assert(
    fc.asyncProperty(name, name, async (one, other) => {
      fc.pre(!/^\.*$/.test(one));
      const globs = await compileGlobs([literal(one)]);
      expect(globs.matches(one)).toBe(true);
      expect(globs.matches(other)).toBe(other === one);
    }),
    { numRuns: 1000 },
  );
});

test("what is above a match may match below", async () => {
  const segment = fc.constantFrom("a", "b", "ab", ".c", "d.e");
  const part = fc.constantFrom("a", "b", "*", "**", "?", "{a,b}", "[ab]", "a*", "{a,b/ab}", "*.e");
  const path = fc.array(segment, { minLength: 1, maxLength: 5 });
  const glob = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(glob, { minLength: 1, maxLength: 3 }),
      path,
      async (globs, segments) => {
        const set = await compileGlobs(globs);
        if (!set.matches(segments.join("/"))) return;
        for (let depth = 1; depth < segments.length; depth++) {
          const above = segments.slice(0, depth).join("/");
          expect(set.matches(above) || set.mayMatchBelow(above), above).toBe(true);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("folders that cannot hold a match are not looked into", async () => {
  const may = async (glob: string, folder: string): Promise<boolean> =>
    (await compileGlobs([glob])).mayMatchBelow(folder);
  expect(await may("*.c", "src")).toBe(false);
  expect(await may("src/*.c", "src")).toBe(true);
  expect(await may("src/*.c", "lib")).toBe(false);
  expect(await may("src/*.c", "src/deep")).toBe(false);
  expect(await may("a/b/c", "a/b")).toBe(true);
  expect(await may("a/b/c", "a/x")).toBe(false);
  expect(await may("**/x", "any/where")).toBe(true);
});

test.each(["", "/etc/*", "!a", "../a", "a/../b", "a/..", "[a", "{a", "(a", "[z-a]"])(
  "%j has no meaning",
  async (glob) => {
    await expect(compileGlobs(["fine", glob])).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_GLOB" }),
    );
  },
);

test("what is no string has no meaning either", async () => {
  for (const glob of [undefined, null, 1, {}] as unknown as string[]) {
    await expect(compileGlobs([glob])).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_GLOB" }),
    );
  }
});
