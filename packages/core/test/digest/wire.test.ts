/**
 * The wire form: what is written can be read, and what is damaged is found out.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { digestBytes, makeDigest } from "../../src/digest/digest.ts";
import { MessageWriter, readDigest, readFields } from "../../src/digest/wire.ts";

type Entry =
  | { readonly type: "string" | "element"; readonly value: string }
  | { readonly type: "bytes" | "message"; readonly value: Uint8Array }
  | { readonly type: "integer"; readonly value: number }
  | { readonly type: "bool"; readonly value: boolean };

const text = fc.string({ unit: "grapheme", maxLength: 200 });
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ type: fc.constantFrom("string" as const, "element" as const), value: text }),
  fc.record({
    type: fc.constantFrom("bytes" as const, "message" as const),
    value: fc.uint8Array({ maxLength: 300 }),
  }),
  fc.record({
    type: fc.constant("integer" as const),
    value: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -200, max: 200 })),
  }),
  fc.record({ type: fc.constant("bool" as const), value: fc.boolean() }),
);

test("fields come back as they were written, but for defaults", () => {
  const fields = fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), entry), { maxLength: 12 });
  fc.assert(
    fc.property(fields, (written) => {
      const writer = new MessageWriter();
      const expected: unknown[] = [];
      for (const [number, each] of written) {
        if (each.type === "bool") {
          writer.bool(number, each.value);
          if (each.value) expected.push([number, 1]);
        } else if (each.type === "integer") {
          writer.integer(number, each.value);
          // Not `-0`, which is zero as well.
          if (each.value !== 0) expected.push([number, each.value]);
        } else if (typeof each.value === "string") {
          writer[each.type](number, each.value);
          if (each.type === "element" || each.value !== "") expected.push([number, each.value]);
        } else {
          writer[each.type](number, each.value);
          const isThere = each.type === "message" || each.value.byteLength > 0;
          if (isThere) expected.push([number, Buffer.from(each.value).toString("latin1"), "bytes"]);
        }
      }
      const read = [...readFields(writer.finish())].map(({ number, integer, bytes }, at) => {
        const [, sample, kind] = (expected[at] ?? []) as [number, unknown, string | undefined];
        if (typeof sample === "number") return [number, integer];
        return kind === "bytes"
          ? [number, bytes.toString("latin1"), "bytes"]
          : [number, bytes.toString("utf8")];
      });
      expect(read).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("a finished message is the reader's own", () => {
  const writer = new MessageWriter().string(1, "one");
  const first = writer.finish();
  writer.string(2, "two");
  expect(first).toEqual(new MessageWriter().string(1, "one").finish());
});

test("digests come back, of any size", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat({ max: 2 ** 53 - 1 }), (bytes, size) => {
      const digest = makeDigest(digestBytes(bytes).slice(0, 64), size);
      const [field] = readFields(new MessageWriter().digest(3, digest).finish());
      expect(field?.number).toBe(3);
      expect(readDigest(field!.bytes)).toBe(digest);
    }),
  );
  expect(new MessageWriter().digest(3, undefined).finish().byteLength).toBe(0);
});

test("a message that is cut off is found out, or lacks fields", () => {
  const whole = new MessageWriter()
    .string(1, "a string")
    .integer(2, 300)
    .message(3, Buffer.alloc(200))
    .finish();
  const fields = (bytes: Buffer): number[] => [...readFields(bytes)].map(({ number }) => number);
  const ends = [0, 10, 13];
  for (let end = 0; end < whole.byteLength; end++) {
    const cut = whole.subarray(0, end);
    if (ends.includes(end)) expect(fields(cut)).toEqual([1, 2].slice(0, ends.indexOf(end)));
    else expect(() => fields(cut)).toThrow(expect.objectContaining({ code: "MALFORMED_MESSAGE" }));
  }
});

test("random bytes are read or refused, and never anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        for (const { number } of readFields(bytes)) expect(number).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toMatchObject({ code: "MALFORMED_MESSAGE" });
      }
    }),
    { numRuns: 2000 },
  );
});

test("fields of kinds that are not written here are passed over whole", () => {
  // fixed64, fixed32, then a string.
  const bytes = Buffer.from([0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4, 0x1a, 1, 0x61]);
  expect([...readFields(bytes)].map(({ number }) => number)).toEqual([1, 2, 3]);
});

test.each([
  ["a group", [0x0b]],
  ["a number without an end", [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
  ["a length beyond the end", [0x0a, 0x05, 0x61]],
  ["a length beyond all ends", [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
])("%s is refused", (_, bytes) => {
  expect(() => [...readFields(Buffer.from(bytes))]).toThrow(
    expect.objectContaining({ code: "MALFORMED_MESSAGE" }),
  );
});
