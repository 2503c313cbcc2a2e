/**
 * One measurement of a remote cache, within a process that is warm.
 *
 *     node remote-cache.mjs ADDRESS lookups|download|upload COUNT
 *
 * `COUNT` is look-ups, MiB, or blobs of 1 KiB. Prints the milliseconds that it took, and those of the processor in this
 * process, as JSON. Rejects when a result is wrong.
 *
 * @module
 */
import { createHash, randomBytes } from "node:crypto";

import { digestBytes } from "./api.mjs";
import { bundleOf } from "./bundle-of.mjs";

/** @type {typeof import("../../packages/core/dist/index.js")} */
const { encodeActionResult } = await import(bundleOf("core"));
/** @type {typeof import("../../packages/runners/remote/dist/index.js")} */
const { remoteCache } = await import(bundleOf("runners/remote"));

const [address = "", what = "", words = "0"] = process.argv.slice(2);
const count = Number(words);
const context = { signal: new AbortController().signal };
const cache = remoteCache(address);
await cache.abilities(context);

/** @type {Record<string, () => Promise<() => Promise<void>>>} */
const measurements = { lookups, download, upload };
const measure = await measurements[what]?.();
const processor = process.cpuUsage();
const began = performance.now();
await measure?.();
const ms = performance.now() - began;
const { user, system } = process.cpuUsage(processor);
process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }));
await cache[Symbol.asyncDispose]();

/** Every second one is a hit. */
async function lookups() {
  const empty = digestBytes(Buffer.alloc(0));
  const message = encodeActionResult({
    files: [],
    directories: [],
    exitCode: 0,
    stdout: empty,
    stderr: empty,
    worker: "bench/none",
    startedAt: 0,
    finishedAt: 0,
  });
  const keys = Array.from({ length: count }, (_, n) => digestBytes(Buffer.from(`action ${n}`)));
  const hits = keys.filter((_, n) => n % 2 === 0);
  const there = await cache.getResult(hits.at(-1) ?? empty, context);
  if (there === undefined) {
    await Promise.all(hits.map((key) => cache.putResult(key, message, context)));
  }
  return async () => {
    const results = await Promise.all(keys.map((key) => cache.getResult(key, context)));
    const found = results.filter((result) => result !== undefined).length;
    if (found !== hits.length) throw new Error(`${found} hits instead of ${hits.length}`);
  };
}

/** Verified, as whoever downloads must. */
async function download() {
  const bytes = Buffer.alloc(count * 2 ** 20);
  for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at, at);
  const digest = digestBytes(bytes);
  const [missing] = await cache.missing([digest], context);
  if (missing !== undefined) {
    const open = async function* (/** @type {number} */ offset) {
      yield bytes.subarray(offset);
    };
    await cache.write(digest, open, context);
  }
  return async () => {
    const hash = createHash("sha256");
    let length = 0;
    for await (const piece of (await cache.read(digest, 0, context)) ?? []) {
      hash.update(piece);
      length += piece.byteLength;
    }
    const found = `${hash.digest("hex")}/${length}`;
    if (found !== digest) throw new Error(`${found} instead of ${digest}`);
  };
}

/** New ones each time. */
async function upload() {
  const blobs = new Map(
    Array.from({ length: count }, () => {
      const bytes = randomBytes(1024);
      return [digestBytes(bytes), bytes];
    }),
  );
  return async () => {
    await cache.writeAll(blobs, context);
    const missing = await cache.missing([...blobs.keys()], context);
    if (missing.length > 0) throw new Error(`${missing.length} blobs are missing`);
  };
}
