/**
 * Packs: many small blobs in a file, whoever writes, dies or loses power meanwhile.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { digestBytes, type Digest } from "../../src/digest/digest.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { ownHolder } from "../../src/store/holder.ts";
import { recordBytes } from "../../src/store/pack-record.ts";
import { Packs } from "../../src/store/packs.ts";
import { storeUsage } from "../../src/store/store-usage.ts";
import type { Intake } from "../../src/store/store.ts";
import { verifyStore } from "../../src/store/verify-store.ts";
import { deadHolder, freshStore, namesIn, temporaryFolder } from "./care-bench.ts";
import { flipByte, packedPlace } from "./unpack.ts";

const blob = (n: number): Buffer => Buffer.from(`blob ${n} `.repeat(1 + (n % 50)));
/** Twelve of them are more than an intake holds in memory. */
const fatBlob = (n: number): Buffer => Buffer.alloc(100_000, `fat blob ${n} `);
const takeIn = (intake: Intake, bytes: Buffer): Digest => {
  intake.room(bytes.byteLength).set(bytes);
  return intake.keep(bytes.byteLength);
};
const write = async (store: DiskStore, count: number, first = 0): Promise<Digest[]> =>
  await Promise.all(
    Array.from({ length: count }, async (_, n) => await store.write(blob(first + n))),
  );
const indexNames = (store: DiskStore): string[] =>
  namesIn(store, "packs").filter((name) => name.endsWith(".idx"));

/** As if the process had died that writes to the packs of a store. */
function kill({ directory }: DiskStore): DiskStore {
  for (const name of fs.readdirSync(join(directory, "packs"))) {
    const path = join(directory, "packs", name);
    fs.renameSync(path, path.replace(ownHolder(), deadHolder()));
  }
  return new DiskStore(directory);
}

test("10,000 blobs are two files, and found again", async () => {
  const store = freshStore();
  const digests = await write(store, 10_000);
  expect(namesIn(store, "packs")).toHaveLength(2);
  expect(namesIn(store, "cas")).toEqual([]);
  for (const each of [store, new DiskStore(store.directory)]) {
    expect(await each.missing(digests)).toEqual([]);
    expect((await each.read(digests[777]!)).equals(blob(777))).toBe(true);
  }
});

test("what another process adds is seen, and what it takes away", async () => {
  const one = freshStore();
  const two = new DiskStore(one.directory);
  for (let n = 0; n < 300; n++) {
    const [writer, reader] = n % 2 === 0 ? [one, two] : [two, one];
    const digest = await writer.write(blob(n));
    expect(await reader.missing([digest])).toEqual([]);
    if (n % 3 !== 0) continue;
    const { dataPath, offset } = packedPlace(one.directory, digest);
    flipByte(dataPath, offset);
    await expect(writer.read(digest)).rejects.toMatchObject({ code: "BLOB_LOST" });
    expect(await reader.missing([digest])).toEqual([digest]);
    expect(await writer.missing([digest])).toEqual([digest]);
  }
});

test("many blobs taken in at once are there at the end, each once", async () => {
  const store = freshStore();
  const intake = store.intake();
  const digests: Digest[] = [];
  for (let n = 0; n < 3000; n++) {
    // More than its memory holds, and some twice.
    const bytes = Buffer.alloc(1000, `${n % 2500} `);
    digests.push(takeIn(intake, bytes));
  }
  await intake.end();
  expect(new Set(digests).size).toBe(2500);
  expect(await new DiskStore(store.directory).missing(digests)).toEqual([]);
  expect((await storeUsage(store)).blobs).toEqual({ count: 2500, bytes: 2_500_000 });
});

describe("while blobs are on their way,", () => {
  /** Blobs that are taken in, with pauses or without. Those of the last memory are not on their way yet. */
  const takeMany = async (intake: Intake, count: number, isPatient: boolean): Promise<Digest[]> => {
    const digests: Digest[] = [];
    for (let n = 0; n < count; n++) {
      if (isPatient) await intake.pause?.();
      digests.push(takeIn(intake, fatBlob(n)));
    }
    return digests;
  };

  test.each([true, false])("each is written once, with pauses: %s", async (isPatient) => {
    const store = freshStore();
    const intake = store.intake();
    const digests = await takeMany(intake, 100, isPatient);
    // Some of these are there, others on their way.
    expect(await takeMany(intake, 100, false)).toEqual(digests);
    await intake.end();
    const other = new DiskStore(store.directory);
    for (const digest of digests) expect(digestBytes(await other.read(digest))).toBe(digest);
    expect((await storeUsage(store)).blobs).toEqual({ count: 100, bytes: 10_000_000 });
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  test("none is found before it is there", async () => {
    const store = freshStore();
    const intake = store.intake();
    const digests = await takeMany(intake, 30, false);
    for (const each of [store, new DiskStore(store.directory)]) {
      expect(await each.missing(digests)).toEqual(digests);
    }
    await intake.end();
    expect(await store.missing(digests)).toEqual([]);
  });

  test("their pack is not free, even when this process gives it up", async () => {
    const store = freshStore();
    const intake = store.intake();
    const digests = await takeMany(intake, 30, false);
    store.releasePack();
    expect(indexNames(store)).toEqual([expect.stringContaining(ownHolder())]);
    const other = new DiskStore(store.directory);
    digests.push(...(await write(other, 20)));
    await intake.end();
    digests.push(...(await write(store, 20, 20)));
    for (const each of [store, other]) each.releasePack();
    expect(indexNames(store).join()).not.toContain(ownHolder());
    for (const each of [store, other, new DiskStore(store.directory)]) {
      for (const digest of digests) expect(digestBytes(await each.read(digest))).toBe(digest);
    }
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  test("the store is removed: they are written to a new one", async () => {
    const store = freshStore();
    const intake = store.intake();
    const digests = await takeMany(intake, 30, false);
    fs.rmSync(store.directory, { recursive: true });
    await intake.end();
    expect(await new DiskStore(store.directory).missing(digests)).toEqual([]);
  });
});

describe("a pack", () => {
  test("goes from build to build", async () => {
    const store = freshStore();
    for (let n = 0; n < 5; n++) {
      const next = new DiskStore(store.directory);
      using _ = next.hold();
      await next.write(blob(n));
    }
    expect(namesIn(store, "packs")).toHaveLength(2);
    expect(await store.missing([0, 1, 2, 3, 4].map((n) => digestBytes(blob(n))))).toEqual([]);
  });

  test("is not shared: of two who write at once, each has its own", async () => {
    const one = freshStore();
    const two = new DiskStore(one.directory);
    await Promise.all([write(one, 100), write(two, 100, 50)]);
    expect(indexNames(one)).toHaveLength(2);
    expect((await verifyStore(one)).problems).toEqual([]);
  });

  test("of the dead is taken over, with what they had not finished", async () => {
    const store = freshStore();
    const digests = await write(store, 3);
    const { dataPath, indexPath } = packedPlace(store.directory, digests[0]!);
    fs.appendFileSync(dataPath, "half a bl");
    fs.appendFileSync(indexPath, Buffer.alloc(recordBytes - 1, 7));
    const next = kill(store);
    const more = await write(next, 3, 10);
    expect(namesIn(store, "packs")).toHaveLength(2);
    expect(await new DiskStore(store.directory).missing([...digests, ...more])).toEqual([]);
    expect((await verifyStore(next)).problems).toEqual([]);
  });

  test("that was removed is no more, also to who was writing to it", async () => {
    const store = freshStore();
    const digests = await write(store, 3);
    fs.rmSync(join(store.directory, "packs"), { recursive: true });
    expect(await store.missing(digests)).toEqual(digests);
    await write(store, 3);
    expect(await new DiskStore(store.directory).missing(digests)).toEqual([]);
  });

  test("is removed when nothing is left in it", async () => {
    const store = freshStore();
    await write(store, 100);
    await collectGarbage(store, { maxBytes: 0 });
    expect(namesIn(store, "packs")).toEqual([]);
    await write(store, 1);
    expect((await storeUsage(store)).blobs.count).toBe(1);
  });

  test("gives back the room of what is gone, and readers find the rest elsewhere", async () => {
    const store = freshStore();
    const reader = new DiskStore(store.directory);
    const digests = await write(store, 100);
    expect(await reader.missing(digests)).toEqual([]);
    const packs = new Packs(store.directory);
    expect(packs.missing(digests)).toEqual([]);
    const [going, staying] = [digests.slice(0, 70), digests.slice(70)];
    for (const digest of going) packs.drop(digest);
    const before = sizeOfPacks(store);
    await collectGarbage(store);
    expect(sizeOfPacks(store)).toBeLessThan(before / 2);
    expect(namesIn(store, "packs")).toHaveLength(2);
    for (const digest of staying) expect(digestBytes(await reader.read(digest))).toBe(digest);
    expect(await reader.missing(digests)).toEqual(going);
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  test("that somebody writes to is left alone", async () => {
    const store = freshStore();
    const digests = await write(store, 10);
    using _ = store.hold();
    const packs = new Packs(store.directory);
    packs.missing(digests);
    for (const digest of digests) packs.drop(digest);
    const names = namesIn(store, "packs");
    await collectGarbage(store);
    expect(namesIn(store, "packs")).toEqual(names);
  });
});

describe("after a power cut,", () => {
  /** Blobs in the packs of one boot, seen from the next. */
  const cut = async (
    damage: (dataPath: string, indexPath: string) => void,
  ): Promise<{ digests: Digest[]; next: Packs; directory: string }> => {
    const directory = join(temporaryFolder(), "store");
    const before = new Packs(directory, 1);
    fs.mkdirSync(directory);
    const digests = Array.from({ length: 20 }, (_, n) => digestBytes(blob(n)));
    for (const [n, digest] of digests.entries()) before.add(blob(n), [{ digest }]);
    const { dataPath, indexPath } = packedPlace(directory, digests[0]!);
    damage(dataPath, indexPath);
    return { digests, next: new Packs(directory, 2), directory };
  };
  const sizes = (digests: readonly Digest[]): number =>
    digests.reduce((sum, digest) => sum + Number(digest.slice(65)), 0);

  test("blobs whose bytes never reached the disk are missing", async () => {
    const whole = Array.from({ length: 12 }, (_, n) => digestBytes(blob(n)));
    const { digests, next, directory } = await cut((dataPath) => {
      const bytes = fs.readFileSync(dataPath);
      fs.writeFileSync(dataPath, bytes.fill(0, sizes(whole)));
    });
    expect(next.missing(digests)).toEqual(digests.slice(12));
    // And stay so, for all.
    expect(new Packs(directory, 1).missing(digests)).toEqual(digests.slice(12));
  });

  test("so are those behind the end of a pack that is short, or empty", async () => {
    const half = await cut((dataPath) => fs.truncateSync(dataPath, sizes([digestBytes(blob(0))])));
    expect(half.next.missing(half.digests)).toEqual(half.digests.slice(1));
    const none = await cut((dataPath) => fs.truncateSync(dataPath, 0));
    expect(none.next.missing(none.digests)).toEqual(none.digests);
  });

  test("and those whose records did not, or only in part", async () => {
    const zeros = await cut((_, indexPath) => {
      fs.writeFileSync(indexPath, fs.readFileSync(indexPath).fill(0, 5 * recordBytes));
    });
    expect(zeros.next.missing(zeros.digests)).toEqual(zeros.digests.slice(5));
    const short = await cut((_, indexPath) => fs.truncateSync(indexPath, 5.5 * recordBytes));
    expect(short.next.missing(short.digests)).toEqual(short.digests.slice(5));
  });

  test("a blob that is whole is looked at once", async () => {
    const { digests, next, directory } = await cut(() => undefined);
    expect(next.missing(digests)).toEqual([]);
    const { dataPath } = packedPlace(directory, digests[0]!);
    fs.truncateSync(dataPath, 0);
    // Nobody asks for the bytes again in this boot, until somebody reads them.
    expect(new Packs(directory, 2).missing(digests)).toEqual([]);
    expect(next.read(digests[0]!)).toBeUndefined();
    expect(new Packs(directory, 2).missing(digests)).toEqual([digests[0]]);
  });
});

test("a store of a later version is STORE_TOO_NEW, and not touched", async () => {
  const { directory } = freshStore();
  fs.mkdirSync(directory);
  fs.writeFileSync(join(directory, "version"), "4\n");
  const store = new DiskStore(directory);
  const digest = digestBytes(blob(1));
  const tooNew = { code: "STORE_TOO_NEW", message: expect.stringMatching(/layout 4.*up to 3/) };
  for (const use of [
    async () => await store.missing([digest]),
    async () => await store.read(digest),
    async () => await store.write(blob(1)),
    async () => await store.writeFile(import.meta.filename),
    async () => await store.copyTo(digest, join(directory, "copy"), 0o644),
    async () => await store.copyAll([]),
    async () => store.intake(),
    async () => await store.get(digest),
    async () => store.hold(),
    async () => store.markUsed([digest]),
    async () => store.notes.read("note"),
    async () => store.notes.write("note", blob(1)),
    async () => await collectGarbage(store, { maxBytes: 0 }),
    async () => await verifyStore(store),
    async () => await storeUsage(store),
  ]) {
    await expect(use()).rejects.toMatchObject(tooNew);
  }
  expect(fs.readdirSync(directory)).toEqual(["version"]);
});

test("a store says its version once something was written", async () => {
  const store = freshStore();
  await store.write(blob(1));
  expect(fs.readFileSync(join(store.directory, "version"), "utf8")).toBe("3\n");
});

/** What happens to a store. */
const happenings = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("write"), n: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("take in"), n: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take in much"), n: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("read"), n: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("damage"), n: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tear"), n: fc.nat(62) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut"), n: fc.nat(5000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tidy"), n: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("collect"), n: fc.constant(0) }) },
);

test("two stores on one directory are one, whatever happens in between", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(1), happenings), { maxLength: 40 }),
      async (steps) => {
        const directory = fs.mkdtempSync(join(temporaryFolder(), "each-"));
        const stores = [new DiskStore(directory), new DiskStore(directory)];
        /** What must be there; and what may be, and is right if it is. */
        const kept = new Set<number>();
        const unsure = new Set<number>();
        let wasCut = false;
        /** Writing does not look at the bytes of what is there already. */
        const keep = (n: number): void => {
          if (!unsure.has(n)) kept.add(n);
        };
        for (const [who, { do: what, n }] of steps) {
          const store = stores[who]!;
          const files = (end: string): string[] =>
            namesIn(store, "packs")
              .filter((name) => name.endsWith(end))
              .map((name) => join(directory, "packs", name));
          const killAll = (): void => {
            if (files(".idx").length === 0) return;
            for (const at of stores.keys()) stores[at] = kill(store);
          };
          if (what === "write") {
            await store.write(blob(n));
            keep(n);
          }
          if (what === "take in") {
            const intake = store.intake();
            for (let each = n; each < n + 10; each++) {
              takeIn(intake, blob(each));
              keep(each);
            }
            await intake.end();
          }
          if (what === "take in much") {
            const intake = store.intake();
            takeIn(intake, blob(n));
            for (let each = n; each < n + 13; each++) takeIn(intake, fatBlob(each));
            // Now it is on its way, and each of them goes on.
            if (n % 3 === 0) store.releasePack();
            for (const each of stores) await each.write(blob(n + 1));
            if (n % 2 === 0) await collectGarbage(stores[1 - who]!);
            await intake.end();
            keep(n);
            keep(n + 1);
            const fat = Array.from({ length: 13 }, (_, at) => digestBytes(fatBlob(n + at)));
            for (const each of stores) expect(await each.missing(fat)).toEqual([]);
            for (const digest of wasCut ? [] : fat) {
              expect(digestBytes(await stores[1 - who]!.read(digest))).toBe(digest);
            }
          }
          if (what === "damage" && kept.has(n)) {
            const { dataPath, offset } = packedPlace(directory, digestBytes(blob(n)));
            flipByte(dataPath, offset);
            kept.delete(n);
            unsure.add(n);
          }
          if (what === "tear") {
            killAll();
            for (const path of files(".pack")) fs.appendFileSync(path, Buffer.alloc(n, 1));
            for (const path of files(".idx")) fs.appendFileSync(path, Buffer.alloc(n, 1));
          }
          if (what === "cut") {
            wasCut = true;
            killAll();
            for (const path of files("")) {
              const { size } = fs.statSync(path);
              if (n < size) fs.truncateSync(path, n);
            }
            for (const each of kept) unsure.add(each);
            kept.clear();
          }
          if (what === "tidy") await collectGarbage(store);
          if (what === "collect") {
            await collectGarbage(store, { maxBytes: 0 });
            kept.clear();
            unsure.clear();
          }
          if (what === "read" && !kept.has(n)) {
            const digest = digestBytes(blob(n));
            const read = await store.read(digest).catch((error: unknown) => error);
            if (Buffer.isBuffer(read)) expect(read.equals(blob(n)) && unsure.has(n)).toBe(true);
            else {
              expect(read).toMatchObject({ code: "BLOB_LOST" });
              unsure.delete(n);
              for (const each of stores) expect(await each.missing([digest])).toEqual([digest]);
            }
          }
          const digests = [...kept].map((each) => digestBytes(blob(each)));
          for (const each of stores) expect(await each.missing(digests)).toEqual([]);
          if (kept.has(n)) {
            const other = stores[1 - who]!;
            expect((await other.read(digestBytes(blob(n)))).equals(blob(n))).toBe(true);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

function sizeOfPacks(store: DiskStore): number {
  const folder = join(store.directory, "packs");
  return fs
    .readdirSync(folder)
    .reduce((sum, name) => sum + fs.statSync(join(folder, name)).size, 0);
}
