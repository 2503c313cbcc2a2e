import * as fc from "fast-check";
import { expect, test } from "vitest";

import { sortDepInfo } from "../../src/programs/encoded-dep-info.ts";

const head = Buffer.from([1, 0, 0, 0, 255, 1]);
const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([word(bytes.length), bytes]);
};

/** A source, with a checksum or without. */
const sources = fc
  .tuple(fc.nat(1), fc.string(), fc.option(fc.string()))
  .map(([kind, path, checksum]) =>
    Buffer.concat([
      Buffer.from([kind]),
      text(path),
      checksum === null
        ? Buffer.from([0])
        : Buffer.concat([Buffer.from([1]), Buffer.alloc(8, 7), text(checksum)]),
    ]),
  );

const encode = (list: readonly Buffer[], rest: Uint8Array): Buffer =>
  Buffer.concat([head, word(list.length), ...list, rest]);

test("in whatever order sources stand, they come out in one, and nothing else changes", () => {
  fc.assert(
    fc.property(fc.array(sources), fc.uint8Array(), (list, rest) => {
      const sorted = list.toSorted((one, other) => Buffer.compare(one, other));
      expect(sortDepInfo(encode(list, rest))).toEqual(encode(sorted, rest));
      expect(sortDepInfo(encode(list.toReversed(), rest))).toEqual(encode(sorted, rest));
    }),
  );
});

test("what is of another form, or cut off, is left alone", () => {
  const whole = encode([Buffer.concat([Buffer.from([0]), text("src/lib.rs"), word(0)])], word(0));
  expect(sortDepInfo(whole)).toBeDefined();
  expect(sortDepInfo(whole.subarray(0, 20))).toBeUndefined();
  expect(sortDepInfo(Buffer.from([1, 0, 0, 0, 255, 2, 0, 0, 0, 0]))).toBeUndefined();
  expect(sortDepInfo(Buffer.alloc(0))).toBeUndefined();
});
