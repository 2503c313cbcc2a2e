/**
 * Channels: how connections are set up.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";

import { remoteCache } from "@ashlar/runner-remote";
import { expect, onTestFinished, test } from "vitest";

test("8 MiB may be on their way to us, on each stream and on the connection: a long way is not a slow one", async () => {
  const server = createServer();
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cache = remoteCache(`grpc://127.0.0.1:${port}`);
  onTestFinished(async () => {
    await cache[Symbol.asyncDispose]();
    for (const session of sessions) session.destroy();
    server.close();
  });
  cache.abilities({ signal: new AbortController().signal }).catch(() => {});
  const windows = (): unknown =>
    sessions.map(({ remoteSettings, state }) => [
      remoteSettings.initialWindowSize,
      state.remoteWindowSize,
    ]);
  // Nothing was sent yet, so that is all of it.
  await expect.poll(windows).toEqual([[8 * 2 ** 20, 8 * 2 ** 20]]);
});
