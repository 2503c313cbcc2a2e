/**
 * Signed caches: who is believed, and what becomes of the rest.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";

import {
  decodeActionResult,
  digestBytes,
  encodeActionResult,
  type ActionKey,
  type ActionResult,
} from "@ashlar/core";
import { beforeEach, expect, test } from "vitest";

import type { CallContext, RemoteCache } from "../src/remote-cache.ts";
import { signed } from "../src/signed-cache.ts";

const ci = generateKeyPairSync("ed25519");
const next = generateKeyPairSync("ed25519");
const context: CallContext = { signal: new AbortController().signal };
const key = digestBytes(Buffer.from("action"));
const other = digestBytes(Buffer.from("another action"));
const blob = digestBytes(Buffer.from("app"));
const result: ActionResult = {
  files: [{ path: "out/app", digest: blob, isExecutable: true }],
  directories: [],
  exitCode: 0,
  stdout: digestBytes(Buffer.from("hello")),
  stderr: digestBytes(Buffer.from("")),
  worker: "local/sandbox",
  startedAt: 1000.5,
  finishedAt: 2000,
};

let kept: Map<ActionKey, Uint8Array>;
let cache: RemoteCache;

beforeEach(() => {
  kept = new Map();
  cache = resultsIn(kept);
});

/** A cache of results alone. */
function resultsIn(results: Map<ActionKey, Uint8Array>): RemoteCache {
  return {
    name: "test",
    abilities: async () => ({ canWrite: true }),
    missing: async (digests) => [...digests],
    readAll: async () => new Map(),
    read: async () => undefined,
    writeAll: async () => {},
    write: async () => {},
    getResult: async (each) => results.get(each),
    putResult: async (each, message) => void results.set(each, message),
    [Symbol.asyncDispose]: async () => {},
  };
}

const writer = () => signed(cache, { signing: { keyId: "ci", key: ci.privateKey } });
const reader = () => signed(cache, { trusted: { ci: ci.publicKey } });

test("what a trusted key has signed is believed, and says who signed it", async () => {
  await writer().putResult(key, encodeActionResult(result), context);
  const release = reader();
  const message = await release.getResult(key, context);
  const { signature, ...read } = decodeActionResult(message!);
  expect(read).toEqual(result);
  expect(signature?.keyId).toBe("ci");
  expect(release.refused).toBe(0);
  expect(release.remarks()).toEqual([]);
});

test("what is not signed is a miss, counted and told of", async () => {
  kept.set(key, encodeActionResult(result));
  kept.set(other, encodeActionResult(result));
  const release = reader();
  expect(await release.getResult(key, context)).toBeUndefined();
  expect(await release.getResult(other, context)).toBeUndefined();
  expect(release.refused).toBe(2);
  expect(release.firstRefused).toEqual({ key, reason: "it is not signed" });
  expect(release.remarks()).toEqual(["2 results were not believed: it is not signed"]);
});

test("each build is told of its own", async () => {
  kept.set(key, encodeActionResult(result));
  const release = reader();
  await release.getResult(key, context);
  release.begin();
  expect([release.refused, release.firstRefused, release.remarks()]).toEqual([0, undefined, []]);
  await release.getResult(key, context);
  expect(release.remarks()).toEqual(["1 result was not believed: it is not signed"]);
});

test("what is not there is not refused", async () => {
  const release = reader();
  expect(await release.getResult(key, context)).toBeUndefined();
  expect(release.refused).toBe(0);
});

test("a signature of another key, a forged one, and none of this action are refused", async () => {
  const forger = signed(cache, { signing: { keyId: "ci", key: next.privateKey } });
  await forger.putResult(key, encodeActionResult(result), context);
  const release = reader();
  expect(await release.getResult(key, context)).toBeUndefined();
  expect(release.firstRefused?.reason).toBe("its signature is wrong");

  // A result that was signed, where it does not belong.
  await writer().putResult(other, encodeActionResult(result), context);
  kept.set(key, kept.get(other)!);
  expect(await release.getResult(key, context)).toBeUndefined();
  expect(await release.getResult(other, context)).toBeDefined();

  // Bytes that are no result.
  kept.set(key, Buffer.from([0xff, 0xff]));
  expect(await release.getResult(key, context)).toBeUndefined();
  expect(release.refused).toBe(3);
});

test("keys are changed by trusting both for a while", async () => {
  await writer().putResult(key, encodeActionResult(result), context);
  const renewed = signed(cache, { signing: { keyId: "ci-2", key: next.privateKey } });
  await renewed.putResult(other, encodeActionResult(result), context);

  const both = signed(cache, { trusted: { ci: ci.publicKey, "ci-2": next.publicKey } });
  expect(await both.getResult(key, context)).toBeDefined();
  expect(await both.getResult(other, context)).toBeDefined();

  const afterwards = signed(cache, { trusted: { "ci-2": next.publicKey } });
  expect(await afterwards.getResult(key, context)).toBeUndefined();
  expect(await afterwards.getResult(other, context)).toBeDefined();
  expect(afterwards.firstRefused?.reason).toBe(
    'it is signed with the key "ci", which is not trusted',
  );
});

test("nothing that was not signed comes along", async () => {
  await writer().putResult(key, encodeActionResult(result), context);
  // A field of its own that the service, or somebody before it, has added: `stdout_raw`.
  const raw = Buffer.from([0x2a, 0x03, 0x62, 0x61, 0x64]);
  kept.set(key, Buffer.concat([kept.get(key)!, raw]));
  const message = Buffer.from((await reader().getResult(key, context))!);
  expect(message.includes("bad")).toBe(false);
});

test("who checks and cannot sign does not write", async () => {
  expect(await reader().abilities(context)).toEqual({ canWrite: false });
  expect(await writer().abilities(context)).toEqual({ canWrite: true });
  const both = signed(cache, {
    signing: { keyId: "ci", key: ci.privateKey },
    trusted: { ci: ci.publicKey },
  });
  expect(await both.abilities(context)).toEqual({ canWrite: true });
});

test("who signs anew replaces the signature", async () => {
  await writer().putResult(key, encodeActionResult(result), context);
  const renewed = signed(cache, { signing: { keyId: "ci-2", key: next.privateKey } });
  await renewed.putResult(key, kept.get(key)!, context);
  const { signature } = decodeActionResult(kept.get(key)!);
  expect(signature?.keyId).toBe("ci-2");
});
