/**
 * Frames of Zstandard, and blobs in several of them.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { FrameSplitter } from "../../src/reapi/zstd-frames.ts";
import { zstd } from "../../src/reapi/zstd.ts";

/** "hello hello hello hello\n" with a checksum, and 1,000,000 zeros without one; by zstd 1.5.7. */
const hello = Buffer.from("28b52ffd24186d00003868656c6c6f200a0100994b11a87c2ea8", "hex");
const zeros = Buffer.from(
  "28b52ffda040420f005400001000000100fbff39c00202001000020010000200100002001000020010000200100003120a00",
  "hex",
);
const skippable = Buffer.from("5e2a4d1803000000ffffff", "hex");
const emptySkippable = Buffer.from("502a4d1800000000", "hex");

const sequence = Buffer.concat([skippable, hello, emptySkippable, zeros, hello, skippable]);

function framesOf(pieces: readonly Uint8Array[]): { frames: string[]; isBetween: boolean } {
  const splitter = new FrameSplitter();
  const frames = [""];
  for (const piece of pieces) {
    for (const { bytes, isEnd } of splitter.split(piece)) {
      frames[frames.length - 1] += bytes.toString("hex");
      if (isEnd) frames.push("");
    }
  }
  return { frames: frames.slice(0, -1), isBetween: splitter.isBetween };
}

test("frames are found in any pieces", () => {
  const expected = [hello, zeros, hello].map((frame) => frame.toString("hex"));
  fc.assert(
    fc.property(fc.array(fc.nat({ max: sequence.length })), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), sequence.length];
      const pieces = places.slice(1).map((end, at) => sequence.subarray(places[at], end));
      expect(framesOf(pieces)).toEqual({ frames: expected, isBetween: true });
    }),
  );
});

test("a part of a frame is known as one", () => {
  for (let length = 1; length < hello.length; length++) {
    expect(framesOf([hello.subarray(0, length)])).toEqual({ frames: [], isBetween: false });
  }
});

test("what is no Zstandard is none", () => {
  expect(() => framesOf([Buffer.from("hello, this is plain")])).toThrow("no Zstandard");
});

async function* inOnes(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}

describe.skipIf(zstd === undefined)("with the zstd of Node 22.15 and later", () => {
  const text = "hello hello hello hello\n";
  const whole = Buffer.concat([Buffer.from(text), Buffer.alloc(1_000_000), Buffer.from(text)]);

  test("all frames are decompressed", async () => {
    expect(zstd!.decompress(sequence).equals(whole)).toBe(true);
    const parts: Uint8Array[] = [];
    for await (const part of zstd!.decompressing(inOnes(sequence))) parts.push(part);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
  });

  test("no more comes out than may be", () => {
    expect(() => zstd!.decompress(zeros, 999_999)).toThrow("999999");
    expect(zstd!.decompress(zeros, 1_000_000)).toHaveLength(1_000_000);
  });

  test.each([3, 8, 20])("%i bytes less are noticed", async (missing) => {
    const cut = sequence.subarray(0, sequence.length - skippable.length - missing);
    expect(() => zstd!.decompress(cut)).toThrow("cut off");
    const read = async (): Promise<void> => {
      for await (const _ of zstd!.decompressing(inOnes(cut))) continue;
    };
    await expect(read()).rejects.toThrow(/cut off|unexpected end/);
  });
});
