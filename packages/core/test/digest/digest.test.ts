/**
 * Digests.
 *
 * @module
 */
import { createHash } from "node:crypto";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import {
  digestBytes,
  emptyDigest,
  hashOf,
  makeDigest,
  parseDigest,
  sizeOf,
} from "../../src/digest/digest.ts";

test("a digest is the hash and the size", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const digest = digestBytes(bytes);
      expect(hashOf(digest)).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(sizeOf(digest)).toBe(bytes.byteLength);
      expect(parseDigest(digest)).toBe(digest);
      expect(makeDigest(hashOf(digest), sizeOf(digest))).toBe(digest);
    }),
  );
});

test("a view into a larger buffer is digested as what it shows", () => {
  const buffer = Buffer.from("..abc..");
  expect(digestBytes(buffer.subarray(2, 5))).toBe(digestBytes(Buffer.from("abc")));
});

test("the empty digest is that of no bytes", () => {
  expect(emptyDigest).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/0");
});

const hash = "ab".repeat(32);
test.each([
  "",
  "abc",
  hash,
  `${hash}/`,
  `${hash}/-1`,
  `${hash}/01`,
  `${hash}/1.5`,
  `${hash}/1e3`,
  `${hash}/1 `,
  `${hash}/1\n`,
  `${hash.toUpperCase()}/1`,
  `${hash.slice(1)}/1`,
  `${hash}0/1`,
  ` ${hash}/1`,
  `${hash}/99999999999999999999`,
])("%j is no digest", (text) => {
  expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: "MALFORMED_DIGEST" }));
});
