/**
 * The guarantees of `ContentStore`.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { digestBytes, emptyDigest, hashOf, type Digest } from "../../digest/digest.ts";
import { BuildError } from "../../errors/build-error.ts";
import type { TestKit } from "../runner-contract/bench.ts";
import {
  allDamages,
  rejection,
  someBytes,
  type Check,
  type StoreContractOptions,
} from "./bench.ts";

/** Sizes around which stores change their ways. */
const sizes = [1, 1000, 65_536, 1024 * 1024, 1024 * 1024 + 1, 3_000_000];

/** Declares the tests. */
export function checkContent(
  { expect }: TestKit,
  check: Check,
  options: StoreContractOptions,
): void {
  const alone = options.reopen === undefined && "it cannot be opened twice";
  const unharmed = options.damageBlob === undefined && "nobody can damage it";

  check("content 1", "what was written can be read, whatever its size", async ({ store }) => {
    for (const size of sizes) {
      const bytes = someBytes(size);
      const digest = await store.content.write(bytes);
      expect(digest).toBe(digestBytes(bytes));
      expect(bytes.equals(await store.content.read(digest))).toBe(true);
      expect(await store.content.missing([digest])).toEqual([]);
    }
  });

  check("content 1", "a file's content is kept as written bytes are", async ({ store, folder }) => {
    for (const size of [0, ...sizes]) {
      const bytes = someBytes(size);
      const path = join(folder, `f${size}`);
      fs.writeFileSync(path, bytes);
      const digest = await store.content.writeFile(path);
      expect(digest).toBe(digestBytes(bytes));
      fs.writeFileSync(path, "changed since");
      expect(bytes.equals(await store.content.read(digest))).toBe(true);
    }
  });

  check("content 1", "a copy has the bytes, and the mode asked for", async ({ store, folder }) => {
    for (const size of [0, ...sizes]) {
      const bytes = someBytes(size);
      const digest = await store.content.write(bytes);
      for (const [name, mode] of [
        ["plain", 0o444],
        ["executable", 0o755],
      ] as const) {
        const path = join(folder, `${name}-${size}`);
        await store.content.copyTo(digest, path, mode);
        expect(bytes.equals(fs.readFileSync(path))).toBe(true);
        expect(fs.statSync(path).mode & 0o700).toBe(mode & 0o700);
      }
      fs.writeFileSync(join(folder, `executable-${size}`), "what happens to a copy");
      expect(bytes.equals(await store.content.read(digest))).toBe(true);
    }
  });

  check("content 1", "what was read or written is the caller's own", async ({ store }) => {
    const bytes = Buffer.from("some bytes");
    const digest = await store.content.write(bytes);
    bytes.fill(0);
    const first = await store.content.read(digest);
    expect(first.toString()).toBe("some bytes");
    first.fill(0);
    expect((await store.content.read(digest)).toString()).toBe("some bytes");
  });

  const others = "others on the same store read it";
  check(
    "content 1",
    others,
    async ({ store, reopen, folder }) => {
      const other = await reopen();
      const digest = await store.content.write(someBytes(10));
      const large = await other.content.write(someBytes(2_000_000));
      expect(await other.content.missing([digest, large])).toEqual([]);
      expect(await store.content.missing([digest, large])).toEqual([]);
      expect((await other.content.read(digest)).equals(someBytes(10))).toBe(true);
      await store.content.copyTo(large, join(folder, "large"), 0o644);
      expect(fs.readFileSync(join(folder, "large")).equals(someBytes(2_000_000))).toBe(true);
    },
    alone,
  );

  check("content 2", "a blob that was never written is lost", async ({ store, folder }) => {
    for (const size of [10, 2_000_000]) {
      const digest = digestBytes(someBytes(size));
      const there = await store.content.write(someBytes(3));
      expect(await store.content.missing([digest, there, emptyDigest])).toEqual([digest]);
      await expectLost(expect, digest, store.content.read(digest));
      const path = join(folder, `lost-${size}`);
      await expectLost(expect, digest, store.content.copyTo(digest, path, 0o644));
      expect(fs.existsSync(path)).toBe(false);
    }
  });

  for (const damage of options.damages ?? allDamages) {
    const name = `a blob that is ${damage} is lost, missing from then on, and can be written again`;
    check(
      "content 2",
      name,
      async ({ store, folder }) => {
        for (const size of [10, 2_000_000]) {
          for (const way of ["read", "copyTo"] as const) {
            const bytes = someBytes(size);
            const digest = await store.content.write(bytes);
            await options.damageBlob?.(store, digest, damage);
            const path = join(folder, `${way}-${size}`);
            const reading =
              way === "read"
                ? store.content.read(digest)
                : store.content.copyTo(digest, path, 0o644);
            await expectLost(expect, digest, reading);
            expect(fs.existsSync(path)).toBe(false);
            expect(await store.content.missing([digest])).toEqual([digest]);
            expect(await store.content.write(bytes)).toBe(digest);
            expect((await store.content.read(digest)).equals(bytes)).toBe(true);
          }
        }
      },
      unharmed,
    );
  }

  check(
    "content 3",
    "the same bytes may be written again and at once",
    async ({ store, reopen, folder }) => {
      const bytes = someBytes(1_500_000);
      const path = join(folder, "same");
      fs.writeFileSync(path, bytes);
      const stores = options.reopen === undefined ? [store] : [store, await reopen()];
      const digests = await Promise.all(
        stores.flatMap(({ content }) =>
          Array.from({ length: 8 }, (_, n) =>
            n % 2 === 0 ? content.write(bytes) : content.writeFile(path),
          ),
        ),
      );
      expect([...new Set(digests)]).toEqual([digestBytes(bytes)]);
      for (const { content } of stores) {
        expect((await content.read(digestBytes(bytes))).equals(bytes)).toBe(true);
      }
    },
  );

  check("content 3", "many blobs may be written at once", async ({ store }) => {
    const blobs = Array.from({ length: 300 }, (_, n) => Buffer.from(`blob ${n}`));
    const digests = await Promise.all(blobs.map((blob) => store.content.write(blob)));
    expect(digests).toEqual(blobs.map((blob) => digestBytes(blob)));
    expect(await store.content.missing(digests)).toEqual([]);
  });

  check(
    "content 4",
    "who reads while others write sees all of a blob, or none",
    async ({ store, reopen, folder }) => {
      const reader = options.reopen === undefined ? store : await reopen();
      for (let round = 0; round < 5; round++) {
        const bytes = someBytes(2_000_000 + round);
        const path = join(folder, `w${round}`);
        fs.writeFileSync(path, bytes);
        const digest = digestBytes(bytes);
        const writing = store.content.writeFile(path);
        const progress = { isOver: false };
        const written = writing.then(() => {
          progress.isOver = true;
        });
        for (let isLast = false; !isLast; await new Promise((resolve) => setImmediate(resolve))) {
          const { isOver } = progress;
          const seen = await reader.content.read(digest).catch((error: unknown) => error);
          const isWhole = Buffer.isBuffer(seen) && seen.equals(bytes);
          expect(isWhole || (!isOver && isLost(seen))).toBe(true);
          isLast = isOver;
        }
        await written;
      }
    },
  );

  check("content 5", "the empty blob is always there", async ({ store, folder }) => {
    expect(await store.content.missing([emptyDigest])).toEqual([]);
    expect((await store.content.read(emptyDigest)).byteLength).toBe(0);
    expect(await store.content.write(new Uint8Array())).toBe(emptyDigest);
    await store.content.copyTo(emptyDigest, join(folder, "empty"), 0o644);
    expect(fs.readFileSync(join(folder, "empty")).byteLength).toBe(0);
  });

  check("content 6", "a blob is found by its hash alone, if it is whole", async ({ store }) => {
    const { content } = store;
    if (content.find === undefined) return;
    expect(await content.find(hashOf(emptyDigest))).toBe(emptyDigest);
    for (const size of sizes.filter((each) => each >= 1000)) {
      for (const damage of options.damages ?? allDamages) {
        // Another blob for each, for a store may have kept more than one copy of what it has lost before.
        const bytes = Buffer.alloc(size, `${size} bytes, ${damage}`);
        const hash = hashOf(digestBytes(bytes));
        expect(await content.find(hash)).toBe(undefined);
        const digest = await content.write(bytes);
        expect(await content.find(hash)).toBe(digest);
        if (options.damageBlob === undefined) continue;
        await options.damageBlob(store, digest, damage);
        expect(await content.find(hash), damage).toBe(undefined);
      }
    }
  });

  check("adopt", "a file on the store's own disk is taken in, and is gone", async ({ store }) => {
    const { content } = store;
    if (content.adopt === undefined || content.temporaryPath === undefined) return;
    for (const size of [0, ...sizes]) {
      const bytes = someBytes(size);
      const digest = digestBytes(bytes);
      // The second time it is there.
      for (let round = 0; round < 2; round++) {
        const path = content.temporaryPath();
        fs.writeFileSync(path, bytes);
        await content.adopt(path, digest);
        expect(fs.existsSync(path)).toBe(false);
        expect(await content.missing([digest])).toEqual([]);
        expect(bytes.equals(await content.read(digest))).toBe(true);
      }
    }
  });

  check("writeFile", "rejects with the error of reading the file", async ({ store, folder }) => {
    const error = await rejection(store.content.writeFile(join(folder, "nowhere")));
    expect((error as NodeJS.ErrnoException).code).toBe("ENOENT");
  });

  check(
    "copyTo",
    "makes a new file, and leaves one alone that is there",
    async ({ store, folder }) => {
      for (const size of [10, 2_000_000]) {
        const path = join(folder, `there-${size}`);
        fs.writeFileSync(path, "mine");
        const digest = await store.content.write(someBytes(size));
        const error = await rejection(store.content.copyTo(digest, path, 0o644));
        expect((error as NodeJS.ErrnoException).code).toBe("EEXIST");
        expect(fs.readFileSync(path, "utf8")).toBe("mine");
        expect(await store.content.missing([digest])).toEqual([]);
      }
    },
  );
}

function isLost(error: unknown): boolean {
  return error instanceof BuildError && error.code === "BLOB_LOST";
}

/** The engine finds out by the fact `digest` what has to be made again. */
async function expectLost(
  expect: TestKit["expect"],
  digest: Digest,
  promise: Promise<unknown>,
): Promise<void> {
  const error = await rejection(promise);
  expect(isLost(error), String(error)).toBe(true);
  expect((error as BuildError).facts["digest"]).toBe(digest);
}
