/**
 * Filling a remote cache from a store that has results already: `send: "used"`.
 *
 * A machine is a rig with a store that outlives the cache: what the test takes away is the cache.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";

import {
  build,
  DiskStore,
  MemoryStore,
  out,
  secret,
  sh,
  source,
  stage,
  type Store,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { signed, withRemote, type RemoteCache, type RemoteOptions } from "@ashlar/runner-remote";
import { describe, expect, test } from "vitest";

import { MemoryCache, silent } from "../packages/runners/remote/test/memory-cache.ts";
import { BuildRig } from "./rig/build-rig.ts";

/** Adds a cache to a store for one build, and sends what was used. */
function behind(store: Store, cache: RemoteCache, options: RemoteOptions = {}) {
  return withRemote(store, cache, { write: true, send: "used", ...options });
}

/** compile ──▶ obj/ ──▶ link ──▶ app */
function pipeline(rig: BuildRig) {
  rig.write({ "src/main.c": "int main" });
  const [obj, compile] = rig.stage("compile", { src: source("src") }, "obj/");
  const [app, link] = rig.stage("link", { obj }, "app");
  compile.always({ obj: { "main.o": "o", "lib/lib.o": "lib" } });
  link.always(async (call) => ({ app: `${await call.text("obj/main.o")}, linked` }));
  return { obj, app };
}

/** A rig whose store has built the pipeline before there was any cache. */
async function warm() {
  const rig = await BuildRig.create();
  const store = new DiskStore(join(rig.folder, "warm"));
  const { app, obj } = pipeline(rig);
  const first = await rig.build(app, { store });
  expect(first.ran).toEqual(["compile", "link"]);
  return { rig, store, app, obj };
}

describe("a store that was there before the cache", () => {
  test("fills it, by a build that runs nothing, so that others execute nothing", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const cache = new MemoryCache();
    const filling = await rig.build(app, { store: behind(store, cache) });
    expect(filling).toMatchObject({ ran: [], remoteCache: { sentResults: 2, failures: 0 } });

    await using there = await BuildRig.create();
    const elsewhere = withRemote(join(there.folder, "b"), cache, { write: false });
    const { app: found } = pipeline(there);
    const report = await there.build(found, { store: elsewhere });
    expect(report).toMatchObject({ ran: [], reused: ["compile", "link"] });
    expect(await report.text(found)).toBe("o, linked");
  });

  test("sends nothing of it unless that was asked for", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    for (const options of [
      { write: true },
      { send: "ran", write: true },
      { send: "used" },
    ] as const) {
      const cache = new MemoryCache();
      await rig.build(app, { store: withRemote(store, cache, { env: {}, ...options }) });
      expect([cache.calls, cache.results.size]).toEqual([[], 0]);
    }
  });

  test("sends only what the cache has not, and looks each result up once", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const cache = new MemoryCache();
    await rig.build(app, { store: behind(store, cache) });
    const [lost = ""] = [...cache.results.keys()];
    cache.results.delete(lost as never);
    cache.calls.length = 0;
    const again = await rig.build(app, { store: behind(store, cache) });
    expect(again.remoteCache).toMatchObject({ sentResults: 1, sentBlobs: 0, hits: 0, misses: 0 });
    const lookUps = cache.calls.filter((call) => call === "getResult");
    expect([lookUps.length, cache.results.has(lost as never)]).toEqual([2, true]);
  });

  test("looks up no result that this build has found there, or has sent", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const cache = new MemoryCache();
    await rig.build(app, { store: behind(store, cache) });
    // Another machine finds one, and makes the other.
    const [, second = ""] = [...cache.results.keys()];
    cache.results.delete(second as never);
    await using there = await BuildRig.create();
    cache.calls.length = 0;
    const { app: found } = pipeline(there);
    const elsewhere = behind(new DiskStore(join(there.folder, "b")), cache);
    expect((await there.build(found, { store: elsewhere })).ran).toHaveLength(1);
    expect(cache.calls.filter((call) => call === "getResult")).toHaveLength(2);
    expect(cache.calls.filter((call) => call === "putResult")).toHaveLength(1);
  });

  test("says what stays here, and why", async () => {
    const store = new MemoryStore();
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    const env = { TOKEN: secret("TOKEN", { from: () => "s3cret-value" }) };
    const pull = stage("pull", () => sh({ env })`pull ${out.file("pulled")}`);
    await build(pull(), { runner, store });
    const cache = new MemoryCache();
    const report = await build(pull(), { runner, store: behind(store, cache) });
    expect([report.ran, cache.results.size]).toEqual([[], 0]);
    expect(report.remoteCache?.remarks).toEqual([
      "1 result was not sent: the command has a secret",
    ]);
  });

  test("keeps to itself a result of which it has not all, and says so", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const full = new MemoryCache();
    await rig.build(app, { store: behind(store, full) });
    // A machine that has fetched little of it, and another cache that has nothing.
    await using there = await BuildRig.create();
    const thin = new DiskStore(join(there.folder, "b"));
    const { app: found } = pipeline(there);
    await there.build(found, { store: withRemote(thin, full, { fetch: "targets" }) });
    const empty = new MemoryCache();
    const report = await there.build(found, { store: behind(thin, empty) });
    expect(report.remoteCache).toMatchObject({
      failures: 0,
      remarks: ["1 result was not sent: not all of it is here"],
    });
  });

  test("asks a cache that takes nothing for nothing", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const cache = new MemoryCache();
    cache.canWrite = false;
    const report = await rig.build(app, { store: behind(store, cache) });
    expect(new Set(cache.calls)).toEqual(new Set(["abilities"]));
    expect(report.remoteCache?.remarks).toEqual([
      "2 results were not sent: nothing is taken from us",
    ]);
  });

  test("signs what it sends, where there is a key", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const { privateKey: key, publicKey } = generateKeyPairSync("ed25519");
    const cache = new MemoryCache();
    const signing = { signing: { keyId: "ci", key } };
    await rig.build(app, { store: behind(store, signed(cache, signing)) });
    await using there = await BuildRig.create();
    const reading = signed(cache, { trusted: { ci: publicKey } });
    const { app: found } = pipeline(there);
    const elsewhere = withRemote(join(there.folder, "b"), reading);
    expect((await there.build(found, { store: elsewhere })).ran).toEqual([]);
  });

  test("holds up no build that is cancelled", async () => {
    const { rig, store, app } = await warm();
    await using _ = rig;
    const cache = new MemoryCache();
    const controller = new AbortController();
    cache.fault = async (call) => {
      if (call !== "getResult") return;
      controller.abort();
      await silent();
    };
    const { signal } = controller;
    const report = await rig.tryBuild(app, { store: behind(store, cache), signal });
    expect([report.outcome, cache.results.size]).toEqual(["succeeded", 0]);
  });
});

test("the option must make sense", () => {
  const make = (): unknown =>
    behind(new DiskStore("never"), new MemoryCache(), { send: "all" as never });
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
