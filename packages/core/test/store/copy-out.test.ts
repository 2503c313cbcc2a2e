/**
 * Copying many blobs out at once: the same files as one by one, and the same errors.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { digestBytes, emptyDigest, type Digest } from "../../src/digest/digest.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { LayeredContent } from "../../src/store/layered-content.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import type { ContentStore, Copy } from "../../src/store/store.ts";
import { freshStore, temporaryFolder } from "./care-bench.ts";
import { flipByte, packedPlace, unpackBlob } from "./unpack.ts";

const contents = ["", "a", "b".repeat(4000), "c".repeat(131_072), "d".repeat(200_000), "e"];

async function copyAll(content: ContentStore, copies: readonly Copy[]): Promise<void> {
  await content.copyAll!(copies);
}

test("any files come out as they are asked for, in any order, from wherever their blobs lie", async () => {
  const asked = fc.array(
    fc.record({
      content: fc.nat(contents.length - 1),
      mode: fc.constantFrom(0o444, 0o644, 0o755),
      mtime: fc.option(fc.integer({ min: 1, max: 2_000_000_000 }), { nil: undefined }),
    }),
    { maxLength: 20 },
  );
  const places = fc.array(fc.constantFrom("pack", "another pack", "file", "in front"), {
    minLength: contents.length,
    maxLength: contents.length,
  });
  await fc.assert(
    fc.asyncProperty(asked, places, async (wanted, where) => {
      const folder = temporaryFolder();
      const [store, other] = [1, 2].map(() => new DiskStore(join(folder, "store")));
      const front = new Map<Digest, Buffer>();
      const digests: Digest[] = [];
      for (const [at, text] of contents.entries()) {
        const digest = digestBytes(Buffer.from(text));
        digests.push(digest);
        if (where[at] === "in front") front.set(digest, Buffer.from(text));
        else await (where[at] === "another pack" ? other! : store!).write(Buffer.from(text));
        if (where[at] === "file" && digest !== emptyDigest) unpackBlob(store!.directory, digest);
      }
      const copies = wanted.map(({ content, mode, mtime }, n) => {
        return { digest: digests[content]!, path: join(folder, `${n}`), mode, mtime };
      });
      await copyAll(new LayeredContent(front, new DiskStore(store!.directory)), copies);
      for (const [n, { content, mode, mtime }] of wanted.entries()) {
        const path = join(folder, `${n}`);
        expect(fs.readFileSync(path, "utf8") === contents[content]).toBe(true);
        expect(fs.statSync(path).mode & 0o700).toBe(mode & 0o700);
        if (mtime !== undefined) expect(fs.statSync(path).mtimeMs).toBe(mtime * 1000);
      }
    }),
    { numRuns: 25 },
  );
});

test("a blob that is damaged is BLOB_LOST, and missing from then on; others come out", async () => {
  const store = freshStore();
  const digests = await Promise.all(["a", "b", "c"].map((text) => store.write(Buffer.from(text))));
  const { dataPath, offset } = packedPlace(store.directory, digests[1]!);
  flipByte(dataPath, offset);
  const folder = temporaryFolder();
  const copies = digests.map((digest, n) => ({ digest, path: join(folder, `${n}`), mode: 0o644 }));
  await expect(copyAll(store, copies)).rejects.toMatchObject({
    code: "BLOB_LOST",
    facts: { digest: digests[1] },
  });
  expect(fs.readdirSync(folder).toSorted()).toEqual(["0", "2"]);
  expect(await new DiskStore(store.directory).missing(digests)).toEqual([digests[1]]);
});

test("a file that is there already is left alone", async () => {
  const store = freshStore();
  const digest = await store.write(Buffer.from("new"));
  const path = join(temporaryFolder(), "there");
  fs.writeFileSync(path, "mine");
  const copying = copyAll(store, [{ digest, path, mode: 0o644 }]);
  await expect(copying).rejects.toMatchObject({ code: "EEXIST" });
  expect(fs.readFileSync(path, "utf8")).toBe("mine");
});

test("a copy can be broken off", async () => {
  const store = freshStore();
  const digest = await store.write(Buffer.from("a"));
  const folder = temporaryFolder();
  const copies = Array.from({ length: 5000 }, (_, n) => {
    return { digest, path: join(folder, `${n}`), mode: 0o644 };
  });
  const controller = new AbortController();
  const copying = store.copyAll(copies, controller.signal);
  setImmediate(() => controller.abort(new Error("enough")));
  await expect(copying).rejects.toThrow("enough");
  expect(fs.readdirSync(folder).length).toBeLessThan(5000);
});

test("what is taken in through a layer goes to the store behind", async () => {
  const behind = freshStore();
  const intake = new LayeredContent(new Map(), behind).intake!();
  intake.room(1).write("a");
  const digest = intake.keep(1);
  await intake.end();
  expect((await behind.read(digest)).toString()).toBe("a");
  expect(new LayeredContent(new Map(), new MemoryStore()).intake).toBeUndefined();
});
