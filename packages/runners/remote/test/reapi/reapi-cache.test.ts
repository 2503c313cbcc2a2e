/**
 * Caches over the Remote Execution API: the contract, on real services and on one that can be made to fail.
 *
 * @module
 */
import { describe } from "vitest";

import { remoteCache } from "../../src/reapi/reapi-cache.ts";
import { ReapiServer } from "../../src/testing/index.ts";
import { remoteCacheContract } from "../remote-cache-contract.ts";
import { startBazelRemote, startCasd, withServer, type Server } from "../servers.ts";

const options = { token: "token-of-mine", headers: { "x-key": "another-secret" } };
const secrets = ["token-of-mine", "another-secret"];

describe("on a server in memory", () => {
  remoteCacheContract({
    secrets,
    makeBench: async () => {
      const server = await ReapiServer.start();
      const cache = remoteCache(server.address, options);
      return {
        cache,
        reach: () => remoteCache(server.address, options),
        dropBlob: (digest) => void server.content.blobs.delete(digest),
        dropResult: (key) => void server.content.results.delete(key),
        takeAway: () => server.stop(),
        async [Symbol.asyncDispose]() {
          await cache[Symbol.asyncDispose]();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  });
});

withServer("casd", "on a real service", () => contractOn(startCasd));
withServer("bazel-remote", "on a real service", () => contractOn(startBazelRemote));

function contractOn(start: () => Promise<Server>): void {
  remoteCacheContract({
    secrets,
    makeBench: async () => {
      const server = await start();
      const cache = remoteCache(server.endpoint, options);
      return {
        cache,
        reach: () => remoteCache(server.endpoint, options),
        takeAway: () => server.stop(),
        async [Symbol.asyncDispose]() {
          await cache[Symbol.asyncDispose]();
          await server[Symbol.asyncDispose]();
        },
      };
    },
  });
}
