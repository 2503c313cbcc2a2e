/**
 * Seals.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { MessageWriter, readFields } from "../../src/digest/wire.ts";
import { sealBytes, unsealBytes } from "../../src/store/seal.ts";

test("what was sealed comes back, in its place only", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.string(), (message, place, other) => {
      const sealed = sealBytes(message, place);
      expect(unsealBytes(sealed, place)).toEqual(Buffer.from(message));
      if (other !== place) expect(unsealBytes(sealed, other)).toBeUndefined();
    }),
  );
});

test("any change breaks the seal", () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (message, at, flip) => {
        const sealed = sealBytes(message, "here");
        const changed = Buffer.from(sealed);
        changed[at % changed.byteLength]! ^= flip;
        expect(unsealBytes(changed, "here")).toBeUndefined();
        expect(unsealBytes(sealed.subarray(0, at % sealed.byteLength), "here")).toBeUndefined();
        expect(unsealBytes(Buffer.concat([sealed, Buffer.from([flip])]), "here")).toBeUndefined();
      },
    ),
  );
});

test("a sealed message is still a message, with one more field", () => {
  const message = new MessageWriter().string(1, "one").integer(4, 2).finish();
  const numbers = [...readFields(sealBytes(message, "here"))].map(({ number }) => number);
  expect(numbers.slice(0, 2)).toEqual([1, 4]);
  expect(numbers).toHaveLength(3);
});
