/** Byte patterns: found wherever they are, and covered up whatever the chunks of a stream are. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { BytePatterns, Veil } from "../../src/base/byte-patterns.ts";

const patternsOf = (...texts: readonly (string | Buffer)[]): BytePatterns =>
  new BytePatterns(texts.map((text) => ({ name: String(text), bytes: Buffer.from(text) })));

/** Covers a stream up that comes in the given chunks. */
function covered(patterns: BytePatterns, chunks: readonly Uint8Array[]): Buffer {
  const veil = new Veil(patterns);
  return Buffer.concat([...chunks.map((chunk) => veil.add(chunk)), veil.end()]);
}

/** What covering means, without streams: byte by byte. */
function oracle(patterns: readonly Buffer[], stream: Buffer): Buffer {
  const isCovered = Array.from(stream, () => false);
  for (const pattern of patterns) {
    for (let at = 0; at + pattern.byteLength <= stream.byteLength; at++) {
      if (!stream.subarray(at, at + pattern.byteLength).equals(pattern)) continue;
      isCovered.fill(true, at, at + pattern.byteLength);
    }
  }
  const shown: Buffer[] = [];
  for (const [at, hides] of isCovered.entries()) {
    if (!hides) shown.push(stream.subarray(at, at + 1));
    else if (isCovered[at - 1] !== true) shown.push(Buffer.from("***"));
  }
  return Buffer.concat(shown);
}

/** Few letters, so that patterns occur, overlap, repeat and are cut off often. */
const letters = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.constantFrom("a", "b", "c", "\n"), { minLength, maxLength })
    .map((list) => Buffer.from(list.join("")));

/** A stream of pieces, patterns among them, cut into chunks anywhere. */
const streams = fc
  .tuple(fc.array(letters(1, 6), { minLength: 1, maxLength: 4 }), fc.array(letters(0, 8)))
  .chain(([patterns, fillings]) =>
    fc.record({
      patterns: fc.constant(patterns),
      stream: fc
        .array(fc.constantFrom(...patterns, ...fillings), { maxLength: 20 })
        .map((pieces) => Buffer.concat(pieces)),
      cuts: fc.array(fc.nat({ max: 60 }), { maxLength: 20 }),
    }),
  );

function cutAt(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => Math.min(cut, stream.byteLength)).toSorted((a, b) => a - b);
  return [...places, stream.byteLength].map((end, at) => stream.subarray(places[at - 1] ?? 0, end));
}

describe("a veil", () => {
  test("covers every occurrence in any split of any stream, and nothing else", () => {
    fc.assert(
      fc.property(streams, ({ patterns, stream, cuts }) => {
        const veiled = covered(patternsOf(...patterns), cutAt(stream, cuts));
        expect(veiled.toString()).toBe(oracle(patterns, stream).toString());
        for (const pattern of patterns) expect(veiled.includes(pattern)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test("passes on at once what cannot be part of an occurrence", () => {
    const veil = new Veil(patternsOf("secret"));
    expect(veil.add(Buffer.from("a line\n")).toString()).toBe("a line\n");
    expect(veil.add(Buffer.from("it is se")).toString()).toBe("it is ");
    expect(veil.add(Buffer.from("nt")).toString()).toBe("sent");
    expect(veil.add(Buffer.from("secret!")).toString()).toBe("***!");
    expect(veil.add(Buffer.from("sec")).toString()).toBe("");
    expect(veil.end().toString()).toBe("sec");
  });

  test("leaves bytes alone that are no text", () => {
    const bytes = Buffer.from([0, 255, 254, 10, 13, 0xc3]);
    expect(covered(patternsOf("secret"), [bytes])).toEqual(bytes);
  });

  test("leaves everything alone when there is nothing to cover", () => {
    expect(covered(new BytePatterns([]), [Buffer.from("a"), Buffer.from("b")]).toString()).toBe(
      "ab",
    );
  });

  test("does not hand on the memory of a chunk that may be written to again", () => {
    const veil = new Veil(patternsOf("secret"));
    const chunk = Buffer.from("sec");
    veil.add(chunk);
    chunk.fill("x");
    expect(veil.add(Buffer.from("ret")).toString() + veil.end().toString()).toBe("***");
  });
});

test("patterns say which of them occurs", () => {
  const patterns = patternsOf("one", "two");
  expect(patterns.find(Buffer.from("a two and a one"))).toBe("one");
  expect(patterns.find(new Uint8Array(Buffer.from("a two")))).toBe("two");
  expect(patterns.find(Buffer.from("on e tw o"))).toBeUndefined();
  expect(patterns.coverText("one, two, ö")).toBe("***, ***, ö");
});
