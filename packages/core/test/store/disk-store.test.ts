/**
 * The store on disk keeps the contract, and stands what happens to disks.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { digestBytes, emptyDigest, sizeOf, type Digest } from "../../src/digest/digest.ts";
import type { ActionResult } from "../../src/graph/action-result.ts";
import type { ActionKey } from "../../src/graph/action.ts";
import { DiskStore, packedBytes } from "../../src/store/disk-store.ts";
import { resultPacks } from "../../src/store/pack-kinds.ts";
import { recordBytes } from "../../src/store/pack-record.ts";
import { storeContract, type Damage } from "../../src/testing/store-contract.ts";
import { flipByte, packedPlace, unpackBlob, unpackResult } from "./unpack.ts";

storeContract(
  { describe, expect, test },
  {
    makeStore: (folder) => new DiskStore(folder),
    reopen: (folder) => new DiskStore(folder),
    damageBlob: (store, digest, kind) => damage(pathIn(store as DiskStore, "cas", digest), kind),
    damageResult: (store, key, kind) => damage(pathIn(store as DiskStore, "ac", key), kind),
  },
);

describe("with small blobs and results in packs,", () => {
  storeContract(
    { describe, expect, test },
    {
      makeStore: (folder) => new DiskStore(folder),
      reopen: (folder) => new DiskStore(folder),
      damageBlob: (store, digest, kind) => damageWhereItIs(store as DiskStore, digest, kind),
      damageResult: (store, key, kind) => damageResult(store as DiskStore, key, kind),
    },
  );
});

const result: ActionResult = {
  files: [{ path: "out/app", digest: digestBytes(Buffer.from("app")), isExecutable: true }],
  directories: [],
  exitCode: 0,
  stdout: emptyDigest,
  stderr: emptyDigest,
  worker: "test/mock",
  startedAt: 1,
  finishedAt: 2,
};
const key = digestBytes(Buffer.from("action"));
const large = Buffer.alloc(2_000_000, "large");

test("nothing is made before something is written", () => {
  const folder = join(temporary(), "store");
  const store = new DiskStore(folder);
  expect(store.directory).toBe(folder);
  expect(fs.existsSync(folder)).toBe(false);
});

test("the layout of larger blobs is that of other tools' disk caches", async () => {
  const store = new DiskStore(temporary());
  const digest = await store.write(large);
  expect(fs.readFileSync(pathIn(store, "cas", digest)).equals(large)).toBe(true);
  // Whoever else may read it, by the umask, nobody may write to it.
  expect(fs.statSync(pathIn(store, "cas", digest)).mode & 0o733).toBe(0o400);
  expect(fs.readdirSync(join(store.directory, "tmp"))).toEqual([]);
});

describe("a store of the layout in which results were files", () => {
  const old = async (): Promise<DiskStore> => {
    const store = new DiskStore(temporary());
    await store.put(key, result);
    store.releasePack();
    pathIn(store, "ac", key);
    fs.rmSync(join(store.directory, "results"), { recursive: true });
    fs.writeFileSync(join(store.directory, "version"), "2\n");
    return new DiskStore(store.directory);
  };

  test("is read", async () => {
    const store = await old();
    expect(await store.get(key)).toEqual(result);
    expect(fs.readFileSync(join(store.directory, "version"), "utf8")).toBe("2\n");
  });

  test("is left alone by those who know that layout only, as soon as it is written to", async () => {
    const store = await old();
    await store.put(key, { ...result, exitCode: 1 });
    expect(fs.readFileSync(join(store.directory, "version"), "utf8")).toBe("3\n");
    expect(await store.get(key)).toMatchObject({ exitCode: 1 });
    expect(await new DiskStore(store.directory).get(key)).toMatchObject({ exitCode: 1 });
  });
});

test("nothing is left on the way, whatever happens", async () => {
  const store = new DiskStore(temporary());
  const files = temporary();
  fs.writeFileSync(join(files, "large"), large);
  await store.writeFile(join(files, "large"));
  await store.writeFile(join(files, "large"));
  await expect(store.writeFile(files)).rejects.toThrow("EISDIR");
  // The place of a blob is taken by a directory: it cannot be published.
  const other = Buffer.alloc(200_000, "other");
  fs.mkdirSync(pathIn(store, "cas", digestBytes(other)), { recursive: true });
  await expect(store.write(other)).rejects.toMatchObject({
    code: "STORE_UNWRITABLE",
  });
  expect(fs.readdirSync(join(store.directory, "tmp"))).toEqual([]);
});

test("a damaged entry of the action cache is absent, whichever byte it is", async () => {
  const store = new DiskStore(temporary());
  await store.put(key, result);
  const { size } = fs.statSync(packedPlace(store.directory, key, resultPacks).dataPath);
  for (let at = 0; at < size; at++) {
    const { dataPath, offset } = packedPlace(store.directory, key, resultPacks);
    flipByte(dataPath, offset + at);
    expect(await store.get(key), `byte ${at}`).toBeUndefined();
    await store.put(key, result);
    expect(await store.get(key)).toEqual(result);
  }
});

test("a damaged entry that is a file is absent, whichever byte it is", async () => {
  const store = new DiskStore(temporary());
  await store.put(key, result);
  const path = pathIn(store, "ac", key);
  const bytes = fs.readFileSync(path);
  fs.chmodSync(path, 0o600);
  for (let at = 0; at < bytes.byteLength; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= flip;
      fs.writeFileSync(path, flipped);
      expect(await store.get(key), `byte ${at} flipped by ${flip}`).toBeUndefined();
    }
    fs.writeFileSync(path, bytes.subarray(0, at));
    expect(await store.get(key), `cut after ${at} bytes`).toBeUndefined();
  }
  fs.writeFileSync(path, bytes);
  expect(await store.get(key)).toEqual(result);
});

test("an entry that lies under another key is absent", async () => {
  const store = new DiskStore(temporary());
  await store.put(key, result);
  const other = digestBytes(Buffer.from("other"));
  await store.put(other, { ...result, exitCode: 1 });
  fs.rmSync(pathIn(store, "ac", other));
  fs.copyFileSync(pathIn(store, "ac", key), pathIn(store, "ac", other));
  expect(await store.get(other)).toBeUndefined();
});

describe("a store that is removed while it is in use", () => {
  const used = async (): Promise<DiskStore> => {
    const store = new DiskStore(join(temporary(), "store"));
    await store.write(Buffer.from("before"));
    await store.put(key, result);
    fs.rmSync(store.directory, { recursive: true });
    return store;
  };

  test("has lost everything", async () => {
    const store = await used();
    const digest = digestBytes(Buffer.from("before"));
    expect(await store.missing([digest])).toEqual([digest]);
    await expect(store.read(digest)).rejects.toMatchObject({ code: "BLOB_LOST" });
    expect(await store.get(key)).toBeUndefined();
  });

  test("is made again by a blob", async () => {
    const store = await used();
    const digest = await store.write(Buffer.from("after"));
    expect((await store.read(digest)).toString()).toBe("after");
  });

  test("is made again by a large file", async () => {
    const store = await used();
    const path = join(temporary(), "large");
    fs.writeFileSync(path, large);
    const digest = await store.writeFile(path);
    expect((await store.read(digest)).equals(large)).toBe(true);
  });

  test("is made again by a result", async () => {
    const store = await used();
    await store.put(key, result);
    expect(await store.get(key)).toEqual(result);
  });
});

describe("a file in the place of the store", () => {
  const blocked = (): DiskStore => {
    const folder = join(temporary(), "store");
    fs.writeFileSync(folder, "");
    return new DiskStore(folder);
  };
  const unwritable = { code: "STORE_UNWRITABLE" };

  test("is STORE_UNWRITABLE to all that write", async () => {
    const store = blocked();
    const path = join(temporary(), "file");
    fs.writeFileSync(path, large);
    await expect(store.write(Buffer.from("bytes"))).rejects.toMatchObject(unwritable);
    await expect(store.writeFile(path)).rejects.toMatchObject(unwritable);
    await expect(store.put(key, result)).rejects.toMatchObject(unwritable);
  });

  test("holds nothing to all that read", async () => {
    const store = blocked();
    const digest = digestBytes(Buffer.from("bytes"));
    expect(await store.missing([digest])).toEqual([digest]);
    await expect(store.read(digest)).rejects.toMatchObject({ code: "BLOB_LOST" });
    expect(await store.get(key)).toBeUndefined();
  });
});

test.skipIf(process.getuid?.() === 0)(
  "a store without permission to write is STORE_UNWRITABLE (skipped for root, who may)",
  async () => {
    const folder = temporary();
    await new DiskStore(folder).write(Buffer.from("before"));
    // Another one: the first has a file open, and who has a file open may write to it.
    const store = new DiskStore(folder);
    const allow = (mode: number): void => {
      for (const name of ["packs", "tmp"]) fs.chmodSync(join(folder, name), mode);
    };
    allow(0o500);
    onTestFinished(() => allow(0o700));
    await expect(store.write(Buffer.from("after"))).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
    });
    const path = join(temporary(), "large");
    fs.writeFileSync(path, large);
    await expect(store.writeFile(path)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
  },
);

test("two stores on one directory write the same at once", async () => {
  const folder = temporary();
  const [one, two] = [new DiskStore(folder), new DiskStore(folder)];
  const blobs = Array.from({ length: 100 }, (_, n) => Buffer.from(`blob ${n}`));
  await Promise.all(
    blobs.flatMap((blob) => [
      one.write(blob),
      two.write(blob),
      one.put(digestBytes(blob), result),
      two.put(digestBytes(blob), result),
    ]),
  );
  for (const blob of blobs) {
    expect((await one.read(digestBytes(blob))).equals(blob)).toBe(true);
    expect(await two.get(digestBytes(blob))).toEqual(result);
  }
  expect(fs.readdirSync(join(folder, "tmp"))).toEqual([]);
});

function temporary(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-disk-store-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function pathIn(store: DiskStore, half: "ac" | "cas", digest: Digest): string {
  const unpack = half === "cas" ? unpackBlob : unpackResult;
  return unpack(store.directory, digest);
}

/** Damages a result in its pack. */
function damageResult(store: DiskStore, at: ActionKey, kind: Damage): void {
  const { dataPath, indexPath, offset, at: record } = packedPlace(store.directory, at, resultPacks);
  if (kind === "gone") flipByte(indexPath, record * recordBytes);
  if (kind === "longer") flipByte(indexPath, record * recordBytes + 40);
  if (kind === "cut short") fs.truncateSync(dataPath, offset + 1);
  if (kind === "altered") flipByte(dataPath, offset);
}

/** Damages a blob in its pack, if it is in one. */
function damageWhereItIs(store: DiskStore, digest: Digest, kind: Damage): void {
  const { directory } = store;
  if (sizeOf(digest) > packedBytes) return damage(pathIn(store, "cas", digest), kind);
  const { dataPath, indexPath, at, offset } = packedPlace(directory, digest);
  if (kind === "gone") unpackBlob(directory, digest);
  if (kind === "gone") fs.rmSync(pathIn(store, "cas", digest));
  if (kind === "cut short") fs.truncateSync(dataPath, offset + 1);
  if (kind === "altered") flipByte(dataPath, offset);
  // Its size in the record.
  if (kind === "longer") flipByte(indexPath, at * recordBytes + 40);
}

function damage(path: string, kind: Damage): void {
  if (kind === "gone") return fs.rmSync(path);
  const bytes = fs.readFileSync(path);
  fs.chmodSync(path, 0o600);
  if (kind === "cut short") fs.writeFileSync(path, bytes.subarray(0, bytes.byteLength / 2));
  if (kind === "longer") fs.writeFileSync(path, Buffer.concat([bytes, Buffer.from("!")]));
  if (kind === "altered") {
    bytes[bytes.byteLength >> 1]! ^= 1;
    fs.writeFileSync(path, bytes);
  }
}
