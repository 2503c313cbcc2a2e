import * as fc from "fast-check";
import { expect, test } from "vitest";

import { BadPacking, Packer, Unpacker } from "../../src/base/packing.ts";

const items = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true })));

test("what is written is read back, in order", () => {
  fc.assert(
    fc.property(items, (written) => {
      const packer = new Packer();
      for (const item of written) {
        if (typeof item === "string") packer.string(item);
        else packer.number(item);
      }
      const unpacker = new Unpacker(packer.finish());
      for (const item of written) {
        if (typeof item === "string") expect(unpacker.string()).toBe(item);
        else expect(unpacker.number()).toBe(item);
      }
      expect(() => unpacker.string()).toThrow(BadPacking);
      expect(() => unpacker.number()).toThrow(BadPacking);
    }),
  );
});

test("what is cut short is refused", () => {
  const packed = new Packer().string("a").number(1).finish();
  for (let length = 0; length < packed.length - 1; length++) {
    expect(() => new Unpacker(packed.subarray(0, length))).toThrow(BadPacking);
  }
});
