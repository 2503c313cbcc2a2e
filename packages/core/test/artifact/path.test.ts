/**
 * Paths inside trees.
 *
 * @module
 */
import { posix } from "node:path";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  baseName,
  isWithin,
  joinPath,
  parentOf,
  parseName,
  parsePath,
  relativeTo,
  segmentsOf,
  type ArtifactPath,
} from "../../src/artifact/path.ts";

const malformed: unknown = expect.objectContaining({ code: "MALFORMED_PATH" });
const segment = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 5 })
  .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");
const path = fc.array(segment, { maxLength: 5 }).map((all) => parsePath(all.join("/")));

test("every text is refused, or becomes a path that stays in the tree and is its own normal form", () => {
  const pieces = fc.array(fc.oneof(segment, fc.constantFrom(".", "..", "", "/")), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, (all) => {
      const text = all.join("/");
      let parsed: ArtifactPath;
      try {
        parsed = parsePath(text);
      } catch (error) {
        expect(error).toMatchObject({ code: "MALFORMED_PATH" });
        expect(text.startsWith("/") || text.split("/").includes("..")).toBe(true);
        return;
      }
      expect(parsePath(parsed)).toBe(parsed);
      const inside = posix.join("/root", text).replace(/\/$/, "");
      expect(posix.join("/root", parsed).replace(/\/$/, "")).toBe(inside);
      for (const each of segmentsOf(parsed)) expect(["", ".", ".."]).not.toContain(each);
    }),
  );
});

test.each([
  ["./a//b/", "a/b"],
  [".", ""],
  ["", ""],
  ["a/./b", "a/b"],
  ["...", "..."],
  ["a\\b", "a\\b"],
  [" a ", " a "],
  ["..a/b..", "..a/b.."],
])("%j is %j", (text, expected) => {
  expect(parsePath(text)).toBe(expected);
});

test.each(["/", "/a", "..", "a/..", "../a", "a/../b", "a\0b"])("%j is refused", (text) => {
  expect(() => parsePath(text)).toThrow(malformed);
});

test("what is no string is refused as well", () => {
  expect(() => parsePath(undefined as unknown as string)).toThrow(malformed);
  expect(() => parsePath({} as string)).toThrow(malformed);
});

test.each(["", ".", "a/b", "./a", "a/", "..", "/a"])("%j is not a single name", (text) => {
  expect(() => parseName(text)).toThrow(malformed);
});

test("a path is its parent and its last segment", () => {
  fc.assert(
    fc.property(path, segment, (base, name) => {
      const joined = joinPath(base, name);
      expect(parsePath(joined)).toBe(joined);
      expect(baseName(joined)).toBe(name);
      expect(parentOf(joined)).toBe(base);
      expect(parseName(name)).toBe(name);
      expect(isWithin(joined, base)).toBe(true);
      expect(isWithin(base, joined)).toBe(false);
      expect(isWithin(base, base)).toBe(true);
    }),
  );
});

test("a folder whose name goes on is no folder around", () => {
  expect(isWithin(parsePath("ab"), parsePath("a"))).toBe(false);
});

test("a relative way leads there", () => {
  fc.assert(
    fc.property(path, path, (target, from) => {
      const way = relativeTo(target, from);
      expect(posix.join("/root", from, way)).toBe(posix.join("/root", target));
      if (target === from) expect(way).toBe(".");
    }),
  );
  expect(relativeTo(parsePath("target"), parsePath("ws"))).toBe("../target");
  expect(relativeTo(parsePath("a/b"), parsePath("a"))).toBe("b");
});
