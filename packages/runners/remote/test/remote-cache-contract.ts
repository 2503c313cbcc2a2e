/**
 * The contract suite of remote caches: the guarantees of `RemoteCache`, each tested under its number.
 *
 * What only the author of a cache can do, to reach it a second time, to drop a blob behind its back, to take its
 * service away, he hands in; without that, the tests that need it are skipped by name.
 *
 * @module
 */
import { setMaxListeners } from "node:events";

import { BuildError, digestBytes, type Digest } from "@ashlar/core";
import { describe, expect, test, type TestContext } from "vitest";

import type { CallContext, RemoteCache } from "../src/remote-cache.ts";

/** One test's cache, empty at first, and the means of its author. */
export interface CacheBench extends AsyncDisposable {
  readonly cache: RemoteCache;
  /** Reaches the same service once more, as another machine would. */
  readonly reach?: (() => RemoteCache | Promise<RemoteCache>) | undefined;
  /** Drops a blob, or the result under a key, behind the cache's back. */
  readonly dropBlob?: ((digest: Digest) => void | Promise<void>) | undefined;
  readonly dropResult?: ((key: Digest) => void | Promise<void>) | undefined;
  /** Takes the service away: from now on it does not answer, or only by saying so. */
  readonly takeAway?: (() => void | Promise<void>) | undefined;
}

/** What the suite is run on. */
export interface CacheContractOptions {
  readonly makeBench: () => Promise<CacheBench> | CacheBench;
  /** Values of the options, of which none may be in a message. */
  readonly secrets?: readonly string[];
  /** Size of the largest blob to try, in bytes. @defaultValue 9,000,000 */
  readonly maxBytes?: number;
  /** Whether a result has to be of an action that is there, and name what is there. @defaultValue true */
  readonly areResultsChecked?: boolean;
  /** Guarantees that this cache does not give, by number, with the reason. */
  readonly exceptions?: Readonly<Record<number, string>>;
}

/** Nobody ends the call. */
export const unhurried: CallContext = { signal: new AbortController().signal };
setMaxListeners(0, unhurried.signal);

/** Sizes around which caches change their ways: batches of 4 MiB, chunks of 1 MiB. */
const sizes = [1, 1000, 65_537, 1024 * 1024, 1024 * 1024 + 1, 4_190_000, 4_200_000, 9_000_000];

/** Bytes that have nothing to do with each other. */
export function someBytes(size: number, seed = 0): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = size * 31 + seed + 1;
  for (let at = 0; at < words.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[at] = state;
  }
  return Buffer.from(words.buffer, 0, size);
}

/** Gives bytes in pieces, from an offset on. */
export function opener(
  bytes: Buffer,
  pieceBytes = 100_000,
): (offset: number) => AsyncIterable<Buffer> {
  return async function* pieces(offset) {
    for (let at = offset; at < bytes.byteLength; at += pieceBytes) {
      await Promise.resolve();
      yield bytes.subarray(at, Math.min(at + pieceBytes, bytes.byteLength));
    }
  };
}

/** All that a cache has of a blob from an offset on; `undefined` when it is not there. */
export async function readFrom(
  cache: RemoteCache,
  digest: Digest,
  offset: number,
): Promise<Buffer | undefined> {
  const pieces = await cache.read(digest, offset, unhurried);
  if (pieces === undefined) return undefined;
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}

type Check = (guarantee: number, name: string, body: (bench: CacheBench) => Promise<void>) => void;

/** Declares the suite. */
export function remoteCacheContract(options: CacheContractOptions): void {
  const { exceptions = {}, secrets = [], maxBytes = 9_000_000 } = options;
  const fitting = sizes.filter((size) => size <= maxBytes);
  const check: Check = (guarantee, name, body) => {
    const run = async (context: TestContext): Promise<void> => {
      const why = exceptions[guarantee];
      if (why !== undefined) context.skip(`not here: ${why}`);
      await using bench = await options.makeBench();
      try {
        await body(bench);
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
        context.skip(error.message);
      }
    };
    // oxlint-disable-next-line vitest/expect-expect -- The bodies do.
    test(`${guarantee}: ${name}`, run);
  };

  describe("the contract of remote caches", () => {
    checkBlobs(check, fitting);
    checkResults(check, options.areResultsChecked ?? true);
    checkFaults(check, secrets);
  });
}

function checkBlobs(check: Check, fitting: readonly number[]): void {
  check(1, "small blobs that were written together are read together", async ({ cache }) => {
    const blobs = blobsOf(Array.from({ length: 300 }, (_, n) => someBytes(n * 7 + 1)));
    await cache.writeAll(blobs, unhurried);
    expect(await cache.missing([...blobs.keys()], unhurried)).toEqual([]);
    expectSame(await cache.readAll([...blobs.keys()], unhurried), blobs);
  });

  check(1, "batches may be larger than one message can be", async ({ cache }) => {
    const blobs = blobsOf(Array.from({ length: 12 }, (_, n) => someBytes(1_000_000 + n)));
    await cache.writeAll(blobs, unhurried);
    expectSame(await cache.readAll([...blobs.keys()], unhurried), blobs);
  });

  check(1, "a blob of any size is written and read in pieces", async ({ cache }) => {
    for (const size of fitting) {
      const bytes = someBytes(size);
      const digest = digestBytes(bytes);
      await cache.write(digest, opener(bytes), unhurried);
      expect(await cache.missing([digest], unhurried)).toEqual([]);
      expectBytes(await readFrom(cache, digest, 0), bytes);
    }
  });

  check(1, "it does not matter which way a blob was written or is read", async ({ cache }) => {
    const [one, other] = [someBytes(50_000, 1), someBytes(50_000, 2)];
    await cache.writeAll(blobsOf([one]), unhurried);
    await cache.write(digestBytes(other), opener(other), unhurried);
    expectBytes(await readFrom(cache, digestBytes(one), 0), one);
    expectSame(await cache.readAll([digestBytes(other)], unhurried), blobsOf([other]));
  });

  check(1, "reading begins where it is to begin", async ({ cache }) => {
    const bytes = someBytes(3_000_001);
    const digest = digestBytes(bytes);
    await cache.write(digest, opener(bytes), unhurried);
    for (const offset of [1, 1024 * 1024, 2_999_999, 3_000_001]) {
      expectBytes(await readFrom(cache, digest, offset), bytes.subarray(offset));
    }
  });

  check(1, "others who reach the service get it", async (bench) => {
    const other = await had(bench.reach, "it cannot be reached twice")();
    const large = someBytes(5_000_000);
    const small = blobsOf([someBytes(10)]);
    await bench.cache.writeAll(small, unhurried);
    await bench.cache.write(digestBytes(large), opener(large), unhurried);
    expectSame(await other.readAll([...small.keys()], unhurried), small);
    expectBytes(await readFrom(other, digestBytes(large), 0), large);
    await other[Symbol.asyncDispose]();
  });

  check(2, "of many digests, those that are not there are missing", async ({ cache }) => {
    const blobs = blobsOf(Array.from({ length: 20 }, (_, n) => someBytes(n + 10)));
    const absent = Array.from({ length: 2000 }, (_, n) => digestBytes(Buffer.from(`absent ${n}`)));
    await cache.writeAll(blobs, unhurried);
    const asked = [...absent.slice(0, 1000), ...blobs.keys(), ...absent.slice(1000)];
    expect((await cache.missing(asked, unhurried)).toSorted()).toEqual(absent.toSorted());
    expect(await cache.missing([], unhurried)).toEqual([]);
  });

  check(2, "what is not there is left out, or undefined", async ({ cache }) => {
    const there = blobsOf([someBytes(100)]);
    const absent = digestBytes(Buffer.from("absent"));
    await cache.writeAll(there, unhurried);
    expectSame(await cache.readAll([absent, ...there.keys()], unhurried), there);
    expect((await cache.readAll([], unhurried)).size).toBe(0);
    expect(await readFrom(cache, absent, 0)).toBe(undefined);
    expect(await readFrom(cache, digestBytes(someBytes(2_000_000)), 1000)).toBe(undefined);
    await cache.writeAll(new Map(), unhurried);
  });

  check(2, "a blob that was dropped is missing, and can be written again", async (bench) => {
    const drop = had(bench.dropBlob, "nobody can drop a blob");
    const { cache } = bench;
    for (const bytes of [someBytes(1000), someBytes(2_000_000)]) {
      const digest = digestBytes(bytes);
      await cache.write(digest, opener(bytes), unhurried);
      await drop(digest);
      expect(await cache.missing([digest], unhurried)).toEqual([digest]);
      expect((await cache.readAll([digest], unhurried)).size).toBe(0);
      expect(await readFrom(cache, digest, 0)).toBe(undefined);
      await cache.write(digest, opener(bytes), unhurried);
      expectBytes(await readFrom(cache, digest, 0), bytes);
    }
  });

  check(4, "the same blob may be written again, and at once", async (bench) => {
    const caches = [bench.cache, bench.cache];
    if (bench.reach !== undefined) caches.push(await bench.reach());
    for (const bytes of [someBytes(2000), someBytes(1_500_000)]) {
      const digest = digestBytes(bytes);
      await Promise.all(
        caches.flatMap((cache) => [
          cache.write(digest, opener(bytes), unhurried),
          cache.writeAll(new Map([[digest, bytes]]), unhurried),
        ]),
      );
      await bench.cache.write(digest, opener(bytes), unhurried);
      expectBytes(await readFrom(bench.cache, digest, 0), bytes);
    }
  });

  check(5, "hundreds of calls may be made at once", async ({ cache }) => {
    const blobs = Array.from({ length: 300 }, (_, n) => someBytes(n + 1));
    await Promise.all(blobs.map((bytes) => cache.writeAll(blobsOf([bytes]), unhurried)));
    const digests = blobs.map((bytes) => digestBytes(bytes));
    const [missing, read, results] = await Promise.all([
      Promise.all(digests.map((digest) => cache.missing([digest], unhurried))),
      Promise.all(digests.map((digest) => readFrom(cache, digest, 0))),
      Promise.all(digests.map((digest) => cache.getResult(digest, unhurried))),
    ]);
    expect(missing.flat()).toEqual([]);
    for (const [at, bytes] of blobs.entries()) expectBytes(read[at], bytes);
    expect(results.filter((result) => result !== undefined)).toEqual([]);
  });

  check(8, "who reads while others write gets all of a small blob, or none", async (bench) => {
    const reader = (await bench.reach?.()) ?? bench.cache;
    for (let round = 0; round < 5; round++) {
      const bytes = someBytes(900_000 + round);
      const digest = digestBytes(bytes);
      const progress = { isOver: false };
      const writing = bench.cache
        .write(digest, opener(bytes, 10_000), unhurried)
        .finally(() => (progress.isOver = true));
      for (let isLast = false; !isLast;) {
        isLast = progress.isOver;
        const seen = (await reader.readAll([digest], unhurried)).get(digest);
        if (seen !== undefined) expectBytes(Buffer.from(seen), bytes);
        else expect(isLast).toBe(false);
      }
      await writing;
    }
  });
}

function checkResults(check: Check, areChecked: boolean): void {
  check(1, "a result that was put can be got, byte by byte", async (bench) => {
    const { cache } = bench;
    const { key, message } = await prepareResult(cache, "one", areChecked);
    expect(await cache.getResult(key, unhurried)).toBe(undefined);
    await cache.putResult(key, message, unhurried);
    expectBytes(Buffer.from((await cache.getResult(key, unhurried))!), message);
    expect(await cache.getResult(digestBytes(Buffer.from("other")), unhurried)).toBe(undefined);
    const other = await bench.reach?.();
    if (other === undefined) return;
    expectBytes(Buffer.from((await other.getResult(key, unhurried))!), message);
    await other[Symbol.asyncDispose]();
  });

  check(2, "a result that was dropped is absent", async (bench) => {
    const drop = had(bench.dropResult, "nobody can drop a result");
    const { key, message } = await prepareResult(bench.cache, "dropped", areChecked);
    await bench.cache.putResult(key, message, unhurried);
    await drop(key);
    expect(await bench.cache.getResult(key, unhurried)).toBe(undefined);
  });

  check(4, "the last result that was put stands", async ({ cache }) => {
    const first = await prepareResult(cache, "again", areChecked, 1);
    const second = await prepareResult(cache, "again", areChecked, 2);
    await cache.putResult(first.key, first.message, unhurried);
    await cache.putResult(second.key, second.message, unhurried);
    expectBytes(Buffer.from((await cache.getResult(first.key, unhurried))!), second.message);
  });
}

function checkFaults(check: Check, secrets: readonly string[]): void {
  const anyDigest = digestBytes(Buffer.from("any"));
  const calls: Readonly<
    Record<string, (cache: RemoteCache, context: CallContext) => Promise<unknown>>
  > = {
    missing: async (cache, context) => await cache.missing([anyDigest], context),
    readAll: async (cache, context) => await cache.readAll([anyDigest], context),
    read: async (cache, context) => {
      for await (const _ of (await cache.read(anyDigest, 0, context)) ?? []) continue;
    },
    getResult: async (cache, context) => await cache.getResult(anyDigest, context),
    writeAll: async (cache, context) => {
      await cache.writeAll(blobsOf([Buffer.from("any")]), context);
    },
    write: async (cache, context) => {
      await cache.write(anyDigest, opener(Buffer.from("any")), context);
    },
  };

  check(3, "a service that went away is unavailable, and nothing else", async (bench) => {
    const takeAway = had(bench.takeAway, "nobody can take it away");
    await bench.cache.abilities(unhurried);
    await takeAway();
    for (const [name, call] of Object.entries(calls)) {
      const error = await call(bench.cache, unhurried).catch((thrown: unknown) => thrown);
      expect(error, name).toBeInstanceOf(BuildError);
      expect((error as BuildError).code, name).toBe("REMOTE_UNAVAILABLE");
    }
  });

  check(6, "no message holds a secret of the options", async (bench) => {
    const said = [bench.cache.name];
    await bench.takeAway?.();
    for (const call of Object.values(calls)) {
      const error = await call(bench.cache, unhurried).catch((thrown: unknown) => thrown);
      said.push(...everythingOf(error));
    }
    for (const secret of secrets) for (const text of said) expect(text).not.toContain(secret);
  });

  check(7, "an aborted call rejects with the reason of its signal", async ({ cache }) => {
    const reason = new Error("no longer wanted");
    for (const [name, call] of Object.entries(calls)) {
      const controller = new AbortController();
      controller.abort(reason);
      const signal = controller.signal;
      expect(await call(cache, { signal }).catch((error: unknown) => error), name).toBe(reason);
    }
  });

  check(7, "an upload that is aborted leaves nothing, and others go on", async ({ cache }) => {
    const bytes = someBytes(5_000_000);
    const digest = digestBytes(bytes);
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const endless = async function* pieces(): AsyncGenerator<Buffer, void> {
      yield bytes.subarray(0, 1_000_000);
      controller.abort(reason);
      await new Promise(() => {});
    };
    const writing = cache.write(digest, endless, { signal: controller.signal });
    const other = someBytes(2_000_000, 3);
    const beside = cache.write(digestBytes(other), opener(other), unhurried);
    expect(await writing.catch((error: unknown) => error)).toBe(reason);
    await beside;
    expectBytes(await readFrom(cache, digestBytes(other), 0), other);
    expect(await cache.missing([digest], unhurried)).toEqual([digest]);
  });

  check(1, "it says what it can do, the same each time", async ({ cache }) => {
    const first = await cache.abilities(unhurried);
    expect(first.canWrite).toBe(true);
    expect(await cache.abilities(unhurried)).toEqual(first);
  });
}

/** Says that a test needs what the author has not handed in. */
class NotHere extends Error {}

function had<T>(means: T | undefined, why: string): T {
  if (means === undefined) throw new NotHere(why);
  return means;
}

/** A result, and whatever a service may want to see before it takes one. */
async function prepareResult(
  cache: RemoteCache,
  name: string,
  areChecked: boolean,
  exitCode = 0,
): Promise<{ readonly key: Digest; readonly message: Buffer }> {
  const command = field(1, Buffer.from(name));
  const action = Buffer.concat([
    field(1, digestMessage(digestBytes(command))),
    field(2, Buffer.from([])),
  ]);
  const log = Buffer.from(`${name} said this`);
  if (areChecked) await cache.writeAll(blobsOf([command, action, log]), unhurried);
  const metadata = field(1, Buffer.from("contract/declared"));
  const message = Buffer.concat([
    exitCode === 0 ? Buffer.alloc(0) : Buffer.from([4 << 3, exitCode]),
    field(6, digestMessage(digestBytes(log))),
    field(9, metadata),
  ]);
  return { key: digestBytes(action), message };
}

/** A field of a message, of fewer than 128 bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.byteLength]), bytes]);
}

function digestMessage(digest: Digest): Buffer {
  const [hash = "", size = "0"] = digest.split("/");
  return Buffer.concat([field(1, Buffer.from(hash)), Buffer.from([2 << 3, Number(size)])]);
}

function blobsOf(each: readonly Buffer[]): Map<Digest, Buffer> {
  return new Map(each.map((bytes) => [digestBytes(bytes), bytes]));
}

function expectSame(
  found: ReadonlyMap<Digest, Uint8Array>,
  expected: ReadonlyMap<Digest, Buffer>,
): void {
  expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [digest, bytes] of expected) expectBytes(Buffer.from(found.get(digest)!), bytes);
}

/** Not by `toEqual`, which prints megabytes. */
function expectBytes(found: Buffer | undefined, expected: Buffer): void {
  expect(found && digestBytes(found)).toBe(digestBytes(expected));
}

function everythingOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const facts = error instanceof BuildError ? JSON.stringify([error.facts, error.hint]) : "";
  return [error.message, facts, error.stack ?? "", ...everythingOf(error.cause ?? "")];
}
