/**
 * Batches and pieces: nothing is lost, nothing is too large.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { batchesAtOnce, batchLimit, fitsBatch, inBatches } from "../../src/reapi/batches.ts";
import { inPieces } from "../../src/reapi/pieces.ts";

const size = (item: number): number => item;

test("batches hold all items in their order, and none is above the limit", () => {
  const limits = fc.oneof(fc.constant(0), fc.integer({ min: 1000, max: 10_000_000 }));
  const items = fc.array(fc.nat({ max: 5_000_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(limits, items, (advertised, sizes) => {
      const limit = batchLimit(advertised);
      const fitting = sizes.filter((each) => fitsBatch(each, limit));
      const batches = [...inBatches(fitting, size, limit)];
      expect(batches.flat()).toEqual(fitting);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        const sum = batch.reduce((total, each) => total + each, 0);
        expect(sum).toBeLessThan(4 * 2 ** 20);
        if (advertised > 0) expect(sum).toBeLessThanOrEqual(advertised);
      }
    }),
  );
});

test("ten thousand small blobs are as many batches as are worked on at once", () => {
  const items = Array.from({ length: 10_000 }, () => 1024);
  expect([...inBatches(items, size, batchLimit(0))]).toHaveLength(batchesAtOnce);
  const few = items.slice(0, 100);
  expect([...inBatches(few, size, batchLimit(0))]).toHaveLength(1);
});

test("pieces are the same bytes, and all of one size but the last", async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 50 }));
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 1, max: 20 }), async (given, length) => {
      const source = (async function* each(): AsyncGenerator<Uint8Array, void> {
        yield* given;
      })();
      const pieces: Uint8Array[] = [];
      for await (const piece of inPieces(source, length)) pieces.push(Uint8Array.from(piece));
      expect(Buffer.concat(pieces)).toEqual(Buffer.concat(given));
      const [last, ...others] = pieces.toReversed();
      for (const other of others) expect(other).toHaveLength(length);
      if (last !== undefined) expect(last.length).toBeGreaterThan(0);
    }),
  );
});
