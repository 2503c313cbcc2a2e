import { digestBytes, MemoryStore } from "@ashlar/core";
import { expect, test } from "vitest";

import { Downloads } from "../../src/execution/download.ts";
import { Logs } from "../../src/execution/logs.ts";
import { encodePiece } from "../../src/reapi/messages/byte-stream.ts";
import { RpcError, type Transport } from "../../src/reapi/transport.ts";
import { MemoryCache } from "../memory-cache.ts";

const { signal } = new AbortController();

/** A service that streams these pieces of a log, and then does what is said. */
function streaming(pieces: readonly string[], then: (signal: AbortSignal) => Promise<void>): Logs {
  const transport = {
    name: "test",
    async *serverStream(_: string, __: Uint8Array, options: { signal: AbortSignal }) {
      for (const piece of pieces) yield encodePiece(Buffer.from(piece));
      await then(options.signal);
    },
  } as unknown as Transport;
  return new Logs({ name: "test", instance: "", transport }, (stream, chunk) => {
    heard[stream] += Buffer.from(chunk).toString();
  });
}

const heard = { stdout: "", stderr: "" };
const progress = { stage: "executing", stdoutStream: "logs/1", stderrStream: "" } as const;
const untilEnd = async (end: AbortSignal): Promise<void> =>
  await new Promise((_, reject) => {
    if (end.aborted) reject(end.reason as Error);
    end.addEventListener("abort", () => reject(end.reason as Error));
  });

const ends = {
  "that goes on to the end": untilEnd,
  "that ends early": async () => {},
  "that breaks": async () => {
    throw new RpcError({ status: "UNAVAILABLE", message: "" });
  },
};
for (const [what, then] of Object.entries(ends)) {
  for (const [size, rest] of [
    ["short", "the rest"],
    ["long", "x".repeat(700_000)],
  ] as const) {
    test(`a stream ${what} is passed on as it comes, and a ${size} rest once, at the end`, async () => {
      heard.stdout = "";
      const whole = `one two ${rest}`;
      const bytes = Buffer.from(whole);
      const cache = new MemoryCache();
      cache.blobs.set(digestBytes(bytes), bytes);
      const { content } = new MemoryStore();
      await using logs = streaming(["one ", "two "], then);
      logs.follow(progress);
      logs.follow(progress);
      while (heard.stdout !== "one two ") await new Promise(setImmediate);
      const context = { downloads: new Downloads(cache), content, signal };
      const kept = await logs.keep("stdout", digestBytes(bytes), context);
      expect(heard.stdout === whole).toBe(true);
      expect((await content.read(kept)).equals(bytes)).toBe(true);
    });
  }
}

test("bytes that came with the result need not be fetched", async () => {
  heard.stdout = "";
  const { content } = new MemoryStore();
  await using logs = streaming([], untilEnd);
  const context = { downloads: new Downloads(new MemoryCache()), content, signal };
  const kept = await logs.keep("stdout", Buffer.from("inline\n"), context);
  expect(heard.stdout).toBe("inline\n");
  expect((await content.read(kept)).toString()).toBe("inline\n");
});
