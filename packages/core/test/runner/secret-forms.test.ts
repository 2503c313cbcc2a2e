/** The forms of a secret: where its value is recognised, whatever stands around it. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { BytePatterns } from "../../src/base/byte-patterns.ts";
import { formsOf } from "../../src/runner/secret-forms.ts";

const isFound = (value: string, text: string | Buffer): boolean =>
  new BytePatterns(formsOf(value).map((bytes) => ({ name: "it", bytes }))).find(
    Buffer.from(text),
  ) !== undefined;

/** Values long enough for every form. */
const values = fc
  .string({ unit: "grapheme", minLength: 12, maxLength: 60 })
  .filter((value) => Buffer.byteLength(value.trim()) >= 12);
const around = fc.string({ unit: "grapheme", maxLength: 12 });
const bytesAround = fc.uint8Array({ maxLength: 12 });

describe("a value is found", () => {
  test("as it is", () => {
    fc.assert(
      fc.property(values, around, around, (value, before, after) => {
        expect(isFound(value, before + value + after)).toBe(true);
      }),
    );
  });

  test("in JSON", () => {
    fc.assert(
      fc.property(values, around, around, (value, before, after) => {
        expect(isFound(value, JSON.stringify({ a: before + value + after }))).toBe(true);
      }),
    );
  });

  test("in a URL", () => {
    fc.assert(
      fc.property(values, around, (value, before) => {
        const url = `https://${encodeURIComponent(before)}:${encodeURIComponent(value)}@host/`;
        expect(isFound(value, url)).toBe(true);
      }),
    );
  });

  test.each(["base64", "base64url"] as const)("in %s, whatever stands before and after", (form) => {
    fc.assert(
      fc.property(values, bytesAround, bytesAround, (value, before, after) => {
        const bytes = Buffer.concat([before, Buffer.from(value.trim()), after]);
        expect(isFound(value, bytes.toString(form))).toBe(true);
      }),
    );
  });

  test("alone in base 64, to its last character", () => {
    const [, ...forms] = formsOf("a longer secret!").map(String);
    expect(forms).toContain(Buffer.from("a longer secret!").toString("base64").replaceAll("=", ""));
  });

  test("without the white space at its ends, and with other ends of lines", () => {
    expect(isFound("token-1234\n", "it is token-1234.")).toBe(true);
    expect(isFound("first\nsecond\n", "> first\r\nsecond <")).toBe(true);
    expect(isFound("first\r\nsecond", "> first\nsecond <")).toBe(true);
  });
});

test("a short value has no forms that would be found by chance", () => {
  expect(formsOf("abcd").map(String)).toEqual(["abcd"]);
});

test("what is not recognised: parts, other case, hexadecimal, lines of a key one by one", () => {
  const key = "-----BEGIN-----\nAAAABBBBCCCC\n-----END-----";
  expect(isFound(key, "AAAABBBBCCCC")).toBe(false);
  expect(isFound("token-1234", "TOKEN-1234")).toBe(false);
  expect(isFound("token-1234", Buffer.from("token-1234").toString("hex"))).toBe(false);
});
