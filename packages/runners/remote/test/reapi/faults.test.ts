/**
 * What a service may do wrong, and what comes of it: a right result, or one clear message.
 *
 * @module
 */
import { digestBytes, renderError, type BuildError, type Digest } from "@ashlar/core";
import { describe, expect, onTestFinished, test } from "vitest";

import { remoteCache, type RemoteCacheOptions } from "../../src/reapi/reapi-cache.ts";
import { zstd } from "../../src/reapi/zstd.ts";
import type { RemoteCache } from "../../src/remote-cache.ts";
import { ReapiServer, type ReapiServerOptions } from "../../src/testing/index.ts";
import { opener, readFrom, someBytes, unhurried } from "../remote-cache-contract.ts";

const key = digestBytes(Buffer.from("an action"));
const result = Buffer.of(32, 3);
const mebibyte = 2 ** 20;

interface Rig {
  readonly server: ReapiServer;
  readonly cache: RemoteCache;
}

async function started(
  settings: ReapiServerOptions = {},
  options: RemoteCacheOptions = {},
): Promise<Rig> {
  const server = await ReapiServer.start(settings);
  const cache = remoteCache(server.address, options);
  onTestFinished(async () => {
    await cache[Symbol.asyncDispose]();
    await server.stop();
  });
  return { server, cache };
}

function blobsOf(each: readonly Buffer[]): Map<Digest, Buffer> {
  return new Map(each.map((bytes) => [digestBytes(bytes), bytes]));
}

async function fault(call: Promise<unknown>): Promise<BuildError> {
  return call.then(
    () => {
      throw new Error("it should have failed");
    },
    (error: unknown) => error as BuildError,
  );
}

describe("what it says of itself", () => {
  test("it does not know the instance", async () => {
    const { server } = await started({ behaviour: { instance: "main" } });
    const cache = remoteCache(`${server.address}/linux`);
    const error = await fault(cache.getResult(key, unhurried));
    expect(renderError(error)).toContain(`${server.address}/linux\` has no instance \`linux\``);
    expect(error.code).toBe("REMOTE_INSTANCE");
    const unnamed = remoteCache(server.address);
    const text = renderError(await fault(unnamed.getResult(key, unhurried)));
    expect(text).toContain("wants the name of an instance");
    expect(await remoteCache(`${server.address}/main`).getResult(key, unhurried)).toBeUndefined();
  });

  test("it names content by something else than SHA-256", async () => {
    const { cache } = await started({ behaviour: { digestFunctions: [9, 2, 77] } });
    const error = await fault(cache.missing([key], unhurried));
    expect(error).toMatchObject({ code: "REMOTE_UNFIT" });
    expect(renderError(error)).toContain("BLAKE3, SHA1, number 77");
  });

  test("an answer that came before that is none, and one that came before a good one is", async () => {
    for (const [digestFunctions, code] of [
      [[9], "REMOTE_UNFIT"],
      [[1], undefined],
    ] as const) {
      const { server, cache } = await started({ behaviour: { digestFunctions } });
      server.content.results.set(key, result);
      server.fail({ method: "getCapabilities", delayMs: 50 });
      const looking = cache.getResult(key, unhurried).catch((error: BuildError) => error.code);
      expect(await looking).toEqual(code ?? result);
      expect(server.calls.map(({ method }) => method).toSorted()).toEqual([
        "getActionResult",
        "getCapabilities",
      ]);
    }
  });

  test("it speaks another version", async () => {
    const { cache } = await started({ behaviour: { majorVersion: 3 } });
    const error = await fault(cache.missing([key], unhurried));
    expect(error).toMatchObject({ code: "REMOTE_UNFIT" });
    expect(renderError(error)).toContain("3.0");
  });

  test("it says nothing of itself, as older ones do", async () => {
    const { cache } = await started({ behaviour: { hasCapabilities: false } });
    await cache.putResult(key, result, unhurried);
    expect(await cache.getResult(key, unhurried)).toEqual(result);
  });

  test("it cannot be asked at first, and is asked again", async () => {
    const { server, cache } = await started();
    server.fail({
      method: "getCapabilities",
      times: 1,
      status: "UNAVAILABLE",
      message: "starting",
    });
    const both = await Promise.all([
      fault(cache.getResult(key, unhurried)),
      fault(cache.missing([key], unhurried)),
    ]);
    expect(both.map(({ code }) => code)).toEqual(["REMOTE_UNAVAILABLE", "REMOTE_UNAVAILABLE"]);
    expect(await cache.getResult(key, unhurried)).toBeUndefined();
    expect(server.count("getCapabilities")).toBe(2);
  });
});

describe("batches", () => {
  test.each([0, 65_536])("a limit of %i bytes is kept to", async (maxBatchBytes) => {
    const { server, cache } = await started({ behaviour: { maxBatchBytes } });
    const blobs = blobsOf(
      [10, 60_000, 60_001, 65_500, 65_536, 70_000, mebibyte, 5 * mebibyte].map((size) =>
        someBytes(size),
      ),
    );
    await cache.writeAll(blobs, unhurried);
    expect(new Set(server.content.blobs.keys())).toEqual(new Set(blobs.keys()));
    const read = await cache.readAll([...blobs.keys()], unhurried);
    expect(new Set(read.keys())).toEqual(new Set(blobs.keys()));
    expect(server.count("write")).toBe(maxBatchBytes === 0 ? 1 : 5);
    expect(server.count("read")).toBe(maxBatchBytes === 0 ? 1 : 5);
  });

  test("a question for many blobs is several, each of which fits a message", async () => {
    const { server, cache } = await started();
    const [first, ...others] = Array.from({ length: 25_000 }, (_, n) => {
      return digestBytes(Buffer.from(`blob ${n}`));
    });
    await cache.writeAll(blobsOf([Buffer.from("blob 0")]), unhurried);
    expect(await cache.missing([first!, ...others], unhurried)).toEqual(others);
    expect(server.count("findMissingBlobs")).toBe(3);
  });

  test("an upload of which not all was taken is not over", async () => {
    const { server, cache } = await started();
    const bytes = someBytes(3 * mebibyte);
    const digest = digestBytes(bytes);
    server.behaviour.committedLess = 1;
    const error = await fault(cache.write(digest, opener(bytes), unhurried));
    expect(error.code).toBe("REMOTE_UNAVAILABLE");
    expect(renderError(error)).toContain(`${bytes.byteLength - 1} of ${bytes.byteLength}`);
    server.behaviour.committedLess = 0;
    await cache.write(digest, opener(bytes), unhurried);
    expect((await readFrom(cache, digest, 0))?.equals(bytes)).toBe(true);
  });

  test("a batch that is refused for its size goes in parts", async () => {
    const { server, cache } = await started({ maxMessageBytes: 100_000 });
    const blobs = blobsOf([1, 2, 3, 4, 5].map((seed) => someBytes(40_000, seed)));
    await cache.writeAll(blobs, unhurried);
    expect(server.content.blobs.size).toBe(5);
  });

  test("a service without batches is served blob by blob", async () => {
    const { server, cache } = await started();
    server.fail({ method: "batchUpdateBlobs", status: "UNIMPLEMENTED" });
    server.fail({ method: "batchReadBlobs", status: "UNIMPLEMENTED" });
    const blobs = blobsOf([1, 2, 3].map((seed) => someBytes(100, seed)));
    await cache.writeAll(blobs, unhurried);
    const read = await cache.readAll([...blobs.keys()], unhurried);
    expect(read.size).toBe(3);
    expect(server.count("write")).toBe(3);
  });

  test("one of the blobs is not taken", async () => {
    const { cache } = await started();
    const wrong = digestBytes(Buffer.from("something else"));
    const error = await fault(cache.writeAll(new Map([[wrong, someBytes(10)]]), unhurried));
    expect(error.code).toBe("REMOTE_UNFIT");
    expect(renderError(error)).toContain("not the bytes of this digest");
  });

  test("the empty blob is everywhere, and goes nowhere", async () => {
    const { server, cache } = await started();
    const empty = Buffer.alloc(0);
    const digest = digestBytes(empty);
    await cache.writeAll(new Map([[digest, empty]]), unhurried);
    await cache.write(digest, opener(empty), unhurried);
    expect(await cache.missing([digest], unhurried)).toEqual([]);
    expect(await cache.readAll([digest], unhurried)).toEqual(new Map([[digest, empty]]));
    expect(await readFrom(cache, digest, 0)).toEqual(empty);
    expect(server.calls.map(({ method }) => method)).toEqual(["getCapabilities"]);
  });
});

describe("streams", () => {
  const large = someBytes(8 * mebibyte);
  const digest = digestBytes(large);

  test("an upload that broke off goes on where it stood", async () => {
    const { server, cache } = await started();
    server.fail({ method: "write", times: 1, afterBytes: 3 * mebibyte });
    const offsets: number[] = [];
    const open = (offset: number): AsyncIterable<Buffer> => {
      offsets.push(offset);
      return opener(large)(offset);
    };
    const error = await fault(cache.write(digest, open, unhurried));
    expect(error.code).toBe("REMOTE_UNAVAILABLE");
    await cache.write(digest, open, unhurried);
    expect(server.content.get(digest)?.equals(large)).toBe(true);
    expect(offsets).toEqual([0, 3 * mebibyte]);
  });

  test.each(["does not say", "has forgotten"])(
    "an upload begins anew where the service %s how far it got",
    async (why) => {
      const { server, cache } = await started({
        behaviour: { hasWriteStatus: why === "has forgotten" },
      });
      server.fail({ method: "write", times: 1, afterBytes: 3 * mebibyte });
      await fault(cache.write(digest, opener(large), unhurried));
      server.content.uploads.clear();
      await cache.write(digest, opener(large), unhurried);
      expect(server.content.get(digest)?.equals(large)).toBe(true);
    },
  );

  test("a blob that somebody else has uploaded is not sent to its end", async () => {
    const { server, cache } = await started();
    server.content.add(large);
    let taken = 0;
    const many = async function* pieces(): AsyncGenerator<Buffer> {
      for (let at = 0; at < 1000; at++) {
        taken++;
        yield large.subarray(0, mebibyte);
      }
    };
    await cache.write(digest, many, unhurried);
    expect(taken).toBeLessThan(1000);
  });

  test("a download that breaks off rejects, and goes on from there", async () => {
    const { server, cache } = await started();
    server.content.add(large);
    server.fail({ method: "read", times: 1, afterBytes: 3 * mebibyte });
    const parts: Uint8Array[] = [];
    const pieces = await cache.read(digest, 0, unhurried);
    const error = await fault(
      (async () => {
        for await (const piece of pieces!) parts.push(piece);
      })(),
    );
    expect(error.code).toBe("REMOTE_UNAVAILABLE");
    const begun = Buffer.concat(parts);
    expect(begun.length).toBe(3 * mebibyte);
    const rest = await readFrom(cache, digest, begun.length);
    expect(Buffer.concat([begun, rest!]).equals(large)).toBe(true);
  });

  test("a service that never answers is given up", async () => {
    const { server, cache } = await started({}, { timeoutMs: 20 });
    server.fail({ hangs: true });
    expect((await fault(cache.getResult(key, unhurried))).code).toBe("REMOTE_UNAVAILABLE");
  });

  test("a source that fails is the caller's own fault", async () => {
    const { cache } = await started();
    const lost = new Error("the blob is lost");
    const broken = async function* pieces(): AsyncGenerator<Buffer> {
      yield large.subarray(0, mebibyte);
      throw lost;
    };
    expect(await fault(cache.write(digest, broken, unhurried))).toBe(lost);
  });

  test.skipIf(zstd === undefined)("blobs go compressed where both sides can (zstd)", async () => {
    const { server, cache } = await started({ behaviour: { compressors: [1] } });
    const text = Buffer.from("the same line again\n".repeat(100_000));
    const name = digestBytes(text);
    await cache.write(name, opener(text), unhurried);
    expect(server.content.get(name)?.equals(text)).toBe(true);
    expect((await readFrom(cache, name, 0))?.equals(text)).toBe(true);
    expect((await readFrom(cache, name, 1_000_000))?.equals(text.subarray(1_000_000))).toBe(true);
    const small = Buffer.from("short line\n".repeat(1000));
    await cache.writeAll(blobsOf([small]), unhurried);
    const read = await cache.readAll([digestBytes(small)], unhurried);
    expect(Buffer.from(read.get(digestBytes(small))!).equals(small)).toBe(true);
  });
});

describe("writing where nothing is to be written", () => {
  test("it says that it takes no results: nothing is tried", async () => {
    const { server, cache } = await started({ behaviour: { updateEnabled: false } });
    expect(await cache.abilities(unhurried)).toEqual({ canWrite: false });
    const error = await fault(cache.putResult(key, result, unhurried));
    expect(error.code).toBe("REMOTE_REFUSED");
    expect(server.count("updateActionResult")).toBe(0);
  });

  test("it turns out that it takes none from us: nothing is tried again", async () => {
    const { server, cache } = await started();
    server.fail({
      method: "updateActionResult",
      status: "PERMISSION_DENIED",
      message: "only the CI may",
    });
    const first = await fault(cache.putResult(key, result, unhurried));
    expect(renderError(first)).toContain("does not let us write results");
    expect(renderError(first)).toContain("only the CI may");
    expect(await fault(cache.putResult(key, result, unhurried))).toBe(first);
    expect(server.count("updateActionResult")).toBe(1);
    expect(await cache.getResult(key, unhurried)).toBeUndefined();
  });
});

describe("statuses", () => {
  test.each([
    ["UNAVAILABLE", "REMOTE_UNAVAILABLE"],
    ["DEADLINE_EXCEEDED", "REMOTE_UNAVAILABLE"],
    ["RESOURCE_EXHAUSTED", "REMOTE_UNAVAILABLE"],
    ["INTERNAL", "REMOTE_UNAVAILABLE"],
    ["UNKNOWN", "REMOTE_UNAVAILABLE"],
    ["ABORTED", "REMOTE_UNAVAILABLE"],
    ["CANCELLED", "REMOTE_UNAVAILABLE"],
    ["UNAUTHENTICATED", "REMOTE_REFUSED"],
    ["PERMISSION_DENIED", "REMOTE_REFUSED"],
    ["UNIMPLEMENTED", "REMOTE_UNFIT"],
    ["INVALID_ARGUMENT", "REMOTE_UNFIT"],
    ["DATA_LOSS", "REMOTE_UNFIT"],
  ] as const)("%s is %s", async (status, code) => {
    const { server, cache } = await started({}, { token: "token-of-mine" });
    await cache.abilities(unhurried);
    server.fail({ status, message: "your token token-of-mine is no good" });
    const calls = [
      cache.getResult(key, unhurried),
      cache.missing([key], unhurried),
      cache.write(digestBytes(result), opener(result), unhurried),
      readFrom(cache, digestBytes(result), 0),
      cache.putResult(key, result, unhurried),
    ];
    for (const error of await Promise.all(calls.map(fault))) {
      expect(error.code).toBe(code);
      const text = `${renderError(error)} ${error.stack} ${String(error.cause)}`;
      expect(text).not.toContain("token-of-mine");
      expect(text).toContain("your token *** is no good");
    }
  });

  test("how long the service wants to be left alone is known to whoever tries again", async () => {
    const { server, cache } = await started();
    server.fail({ method: "getActionResult", status: "UNAVAILABLE", retryAfterMs: 1500 });
    const error = await fault(cache.getResult(key, unhurried));
    expect(error.cause).toMatchObject({ retryAfterMs: 1500 });
  });

  test("permission that is denied for an instance is no unknown instance", async () => {
    const { server, cache } = await started();
    await cache.abilities(unhurried);
    const message = "you may not use instance name main";
    server.fail({ status: "PERMISSION_DENIED", message });
    expect((await fault(cache.getResult(key, unhurried))).code).toBe("REMOTE_REFUSED");
  });

  test("a host that is not there", async () => {
    // However long the system's resolver takes to say so.
    const cache = remoteCache("grpc://no-such-host.invalid:1", { timeoutMs: 10_000 });
    const error = await fault(cache.getResult(key, unhurried));
    expect(error.code).toBe("REMOTE_UNAVAILABLE");
    expect(renderError(error)).toContain("no-such-host.invalid");
  });

  test("a service that is restarted is used again", async () => {
    const { server, cache } = await started();
    await cache.putResult(key, result, unhurried);
    await server.stop();
    expect((await fault(cache.getResult(key, unhurried))).code).toBe("REMOTE_UNAVAILABLE");
    await server.resume();
    const lookUp = (): Promise<unknown> => cache.getResult(key, unhurried).catch(() => undefined);
    // The library connects again when it sees fit.
    while ((await lookUp()) === undefined) await new Promise(setImmediate);
    expect(await lookUp()).toEqual(result);
  });
});
