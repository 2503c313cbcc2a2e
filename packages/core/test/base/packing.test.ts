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

test("what is copied reads as it did, beside what is new", () => {
  const first = new Packer();
  for (const text of ["ä", "b", "c", "d"]) first.string(text).number(text.length).count(7);
  const read = new Unpacker(first.finish());
  const second = new Packer(read);
  expect(second.copies(read.fork())).toBe(true);
  expect(second.copies(new Unpacker(first.finish()))).toBe(false);
  second.copy([0, 2], [0, 1]).string("new").number(3).count(8).copy([6, 8], [3, 4]);

  const again = new Unpacker(second.finish());
  const found = Array.from({ length: 3 }, () => [again.string(), again.number(), again.count()]);
  expect(found).toEqual([
    ["ä", 1, 7],
    ["new", 3, 8],
    ["d", 1, 7],
  ]);
  expect(() => again.count()).toThrow(BadPacking);
});

test("once too many strings stay behind, everything is written anew", () => {
  const strings = Array.from({ length: 40 }, (_, at) => `string ${at}`);
  const first = new Packer();
  for (const text of strings) first.string(text);
  let read = new Unpacker(first.finish());
  let copies = 0;
  for (; new Packer(read).copies(read); copies++) {
    expect(copies).toBeLessThan(11);
    read = new Unpacker(new Packer(read).string(`more ${copies}`).finish());
  }
  expect(copies).toBeGreaterThan(5);
});
