/**
 * Headers that a service refuses before they have expired: got anew once, and reported if that does not help.
 *
 * @module
 */
import { digestBytes, type BuildError } from "@ashlar/core";
import { expect, onTestFinished, test } from "vitest";

import type { HeaderSource } from "../../src/reapi/connection-options.ts";
import { remoteCache } from "../../src/reapi/reapi-cache.ts";
import type { RemoteCache } from "../../src/remote-cache.ts";
import { ReapiServer } from "../../src/testing/index.ts";
import { opener, readFrom, someBytes, unhurried } from "../remote-cache-contract.ts";

const key = digestBytes(Buffer.from("an action"));
const blob = someBytes(3_000_000);
const digest = digestBytes(blob);

interface Rig {
  readonly server: ReapiServer;
  readonly cache: RemoteCache;
  /** What was refused, each time that something else was asked for. */
  readonly refused: unknown[];
}

/** A service that has the blob and has been asked what it can do, and a source that gives the next token when one is refused. */
async function started(options: { readonly hasSource?: boolean } = {}): Promise<Rig> {
  const server = await ReapiServer.start();
  server.content.add(blob);
  const refused: unknown[] = [];
  let token = 1;
  const headerSource: HeaderSource = async (_, __, before) => {
    if (before !== undefined) refused.push(before);
    if (before !== undefined) token++;
    return { authorization: `Bearer token-${token}` };
  };
  const { hasSource = true } = options;
  const cache = remoteCache(server.address, hasSource ? { headerSource } : { token: "token-1" });
  onTestFinished(async () => {
    await cache[Symbol.asyncDispose]();
    await server.stop();
  });
  await cache.abilities(unhurried);
  return { server, cache, refused };
}

const code = async (call: Promise<unknown>): Promise<string> =>
  await call.then(
    () => "taken",
    (error: unknown) => (error as BuildError).code,
  );

const tokensOf = ({ server }: Rig): unknown[] =>
  server.calls.map(({ headers }) => headers["authorization"]);

const calls: Readonly<Record<string, (cache: RemoteCache) => Promise<unknown>>> = {
  "a look-up": async (cache) => await cache.getResult(key, unhurried),
  "a download": async (cache) => await readFrom(cache, digest, 0),
  "an upload": async (cache) => await cache.write(digest, opener(blob), unhurried),
};

test.each(Object.entries(calls))("%s is made again with what is given anew", async (_, call) => {
  const rig = await started();
  rig.server.fail({ status: "UNAUTHENTICATED", times: 1 });
  const before = rig.server.calls.length;
  expect(await code(call(rig.cache))).toBe("taken");
  expect(tokensOf(rig).slice(before)).toEqual(["Bearer token-1", "Bearer token-2"]);
  expect(rig.refused).toEqual([{ authorization: "Bearer token-1" }]);
});

test.each(Object.entries(calls))("%s that is refused twice is reported", async (_, call) => {
  const rig = await started();
  rig.server.fail({ status: "UNAUTHENTICATED" });
  expect(await code(call(rig.cache))).toBe("REMOTE_REFUSED");
  expect(rig.refused).toHaveLength(1);
  // A service that does not know us any more starts no program for each call.
  expect(await code(call(rig.cache))).toBe("REMOTE_REFUSED");
  expect(rig.refused).toHaveLength(1);
});

test("calls that are refused at once get headers anew once", async () => {
  const rig = await started();
  rig.server.fail({ method: "getActionResult", status: "UNAUTHENTICATED", times: 5 });
  const lookUps = Array.from({ length: 5 }, async () => await code(calls["a look-up"]!(rig.cache)));
  expect(new Set(await Promise.all(lookUps))).toEqual(new Set(["taken"]));
  expect(rig.refused).toHaveLength(1);
});

test("headers that were taken and are refused later are got anew again", async () => {
  const rig = await started();
  for (const count of [1, 2, 3]) {
    rig.server.fail({ method: "findMissingBlobs", status: "UNAUTHENTICATED", times: 1 });
    expect(await rig.cache.missing([digest], unhurried)).toEqual([]);
    expect(rig.refused).toHaveLength(count);
  }
});

test.each([
  ["that are the same for ever are not tried again", "UNAUTHENTICATED", false],
  ["of somebody who is known, and may not, are not got anew", "PERMISSION_DENIED", true],
] as const)("headers %s", async (_, status, hasSource) => {
  const rig = await started({ hasSource });
  rig.server.fail({ status });
  const before = rig.server.calls.length;
  expect(await code(calls["a look-up"]!(rig.cache))).toBe("REMOTE_REFUSED");
  expect([rig.server.calls.length - before, rig.refused.length]).toEqual([1, 0]);
});

test("a source that fails when it is asked anew says so", async () => {
  await using server = await ReapiServer.start();
  const headerSource: HeaderSource = async (_, __, refused) => {
    if (refused !== undefined) throw new Error("log in first");
    return { "x-token": "old-token" };
  };
  await using cache = remoteCache(server.address, { headerSource });
  server.fail({ status: "UNAUTHENTICATED" });
  await expect(cache.getResult(key, unhurried)).rejects.toThrow("log in first");
});
