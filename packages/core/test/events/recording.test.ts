/**
 * Recordings: whatever is told is read back, from files, streams and lines.
 *
 * @module
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";

import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";

import type { BuildEvent } from "../../src/events/event.ts";
import { encodeEvent } from "../../src/events/line.ts";
import { readEvents, recordEvents } from "../../src/events/recording.ts";
import { events } from "./arbitrary-events.ts";

const settled: BuildEvent = {
  ...{ type: "build-settled", outcome: "succeeded", atMs: 1, durationMs: 1 },
};

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-recording-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "build.jsonl");
}

async function collect(from: Parameters<typeof readEvents>[0]): Promise<BuildEvent[]> {
  const all: BuildEvent[] = [];
  for await (const event of readEvents(from)) all.push(event);
  return all;
}

/** A stream that keeps what it gets, and takes its time. */
class Slow extends Writable {
  readonly chunks: string[] = [];

  override _write(chunk: Buffer, _: string, done: () => void): void {
    setImmediate(() => {
      this.chunks.push(chunk.toString());
      done();
    });
  }
}

test("a file gives back any events in their order", async () => {
  const path = temporaryFile();
  await fc.assert(
    fc.asyncProperty(fc.array(events), async (list) => {
      const recording = recordEvents(path);
      for (const event of list) recording.onEvent(event);
      await recording.close();
      expect(await collect(path)).toEqual(list);
      expect(await collect(pathToFileURL(path))).toEqual(list);
      expect(await collect(readFileSync(path, "utf8").split("\n"))).toEqual(list);
    }),
    { numRuns: 50 },
  );
});

test("events larger than any buffer come back whole", async () => {
  const path = temporaryFile();
  const text = "🧱\u2028\n".repeat(100_000);
  const large: BuildEvent = {
    ...{ type: "stage-output", id: 0, name: "a", stream: "stdout", isReplay: false, atMs: 1 },
    text,
  };
  const recording = recordEvents(pathToFileURL(path));
  for (let n = 0; n < 5; n++) recording.onEvent(large);
  await recording.close();
  expect(await collect(path)).toEqual([large, large, large, large, large]);
});

test("recordings on one stream do not tear each other's lines, and leave it open", async () => {
  const stream = new Slow();
  const [one, two] = [recordEvents(stream), recordEvents(stream)];
  for (let n = 0; n < 10; n++) {
    one.onEvent({ ...settled, atMs: n });
    two.onEvent({ ...settled, atMs: 100 + n });
  }
  await Promise.all([one.close(), two.close()]);
  expect(stream.chunks).toHaveLength(20);
  expect(await collect(stream.chunks)).toHaveLength(20);
  expect([stream.writableEnded, stream.listenerCount("error")]).toEqual([false, 0]);
});

test("closing waits for what was told before, once, and lets nothing in after", async () => {
  const stream = new Slow();
  const { onEvent, close } = recordEvents(stream);
  onEvent(settled);
  const closing = close();
  onEvent(settled);
  expect(close()).toBe(closing);
  await closing;
  expect(stream.chunks).toEqual([encodeEvent(settled)]);
  const idle = recordEvents(stream);
  await idle.close();
});

test("a recording that cannot be written fails when it is closed, and not before", async () => {
  const missing = recordEvents(join(temporaryFile(), "not/there"));
  missing.onEvent(settled);
  // By then the file has failed to open, or will have: both must do.
  await Promise.allSettled(Array.from({ length: 10 }, () => stat("/not/there")));
  missing.onEvent(settled);
  await expect(missing.close()).rejects.toMatchObject({ code: "ENOENT" });

  const full = new Writable({ write: (_, __, done) => done(new Error("no space")) });
  const { onEvent, close } = recordEvents(full);
  for (let n = 0; n < 3; n++) onEvent(settled);
  await expect(close()).rejects.toThrow("no space");
});

test("`await using` closes", async () => {
  const path = temporaryFile();
  {
    await using recording = recordEvents(path);
    recording.onEvent(settled);
  }
  expect(await collect(path)).toEqual([settled]);
});

test("a recording that was cut off gives its events, then the error with the place", async () => {
  const path = temporaryFile();
  writeFileSync(path, `${encodeEvent(settled)}\n\n${encodeEvent(settled)}`);
  appendFileSync(path, encodeEvent(settled).slice(0, 20));
  const seen: BuildEvent[] = [];
  const reading = (async () => {
    for await (const event of readEvents(path)) seen.push(event);
  })();
  await expect(reading).rejects.toMatchObject({
    code: "MALFORMED_MESSAGE",
    message: `line 5 of \`${path}\` cannot be read as an event: it is not JSON`,
  });
  expect(seen).toEqual([settled, settled]);
});

test("a file that is not there is the system's error", async () => {
  await expect(collect(temporaryFile())).rejects.toMatchObject({ code: "ENOENT" });
});
