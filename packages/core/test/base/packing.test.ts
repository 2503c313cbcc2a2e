import * as fc from "fast-check";
import { expect, test } from "vitest";

import { BadPacking, Packer, Unpacker } from "../../src/base/packing.ts";

const items = fc.array(
  fc.oneof(
    fc.record({ string: fc.string({ unit: "binary" }), isUncommon: fc.boolean() }),
    fc.record({ string: fc.constantFrom("", "a", "ab"), isUncommon: fc.boolean() }),
    fc.record({ count: fc.nat() }),
    fc.double({ noNaN: true }),
  ),
);

test("what is written is read back, in order", () => {
  fc.assert(
    fc.property(items, (written) => {
      const packer = new Packer();
      for (const item of written) {
        if (typeof item === "number") packer.number(item);
        else if ("count" in item) packer.count(item.count);
        else if (item.isUncommon) packer.uncommon(item.string);
        else packer.string(item.string);
      }
      const unpacker = new Unpacker(packer.finish());
      for (const item of written) {
        if (typeof item === "number") expect(unpacker.number()).toBe(item);
        else if ("count" in item) expect(unpacker.count()).toBe(item.count);
        else expect(unpacker.string()).toBe(item.string);
      }
      expect(() => unpacker.string()).toThrow(BadPacking);
      expect(() => unpacker.number()).toThrow(BadPacking);
    }),
  );
});

test("a reader goes back, ahead, and on from where another one is", () => {
  const packer = new Packer().string("a").count(7).number(1).string("a").number(2);
  packer.replace(1, 8);
  const unpacker = new Unpacker(packer.finish());
  expect(unpacker.skip(1, 1).count()).toBe(8);
  const other = unpacker.fork();
  expect([other.string(), other.number()]).toEqual(["a", 2]);
  expect([unpacker.at, unpacker.numberAt]).toEqual([2, 1]);
  expect([unpacker.seek(0, 0).string(), unpacker.number()]).toEqual(["a", 1]);
  expect(() => unpacker.skip(9)).toThrow(BadPacking);
});

test("strings that end and begin with halves of a character stay two", () => {
  const unpacker = new Unpacker(
    new Packer().string("\ud83d").string("\ude00").string("x").finish(),
  );
  expect([unpacker.string(), unpacker.string(), unpacker.string()]).toEqual([
    "\ufffd",
    "\ufffd",
    "x",
  ]);
});

test("what is cut short is refused", () => {
  const packed = new Packer().string("a").number(1).finish();
  for (let length = 0; length < packed.length - 1; length++) {
    expect(() => new Unpacker(packed.subarray(0, length))).toThrow(BadPacking);
  }
});
