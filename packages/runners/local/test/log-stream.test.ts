/** Log streams: nothing of what a command has printed is lost, however late it is read. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { LogStream } from "../src/log-stream.ts";
import { folder } from "./rig.ts";

const lingerMs = 5;

/** A pipe: its stream, and what writes to its other end. */
function pipe(): { log: LogStream; write: (text: string) => void; end: () => void } {
  const path = join(folder(), "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, "w");
  return {
    log: new LogStream(new Socket({ fd, readable: true, writable: false }), lingerMs),
    write: (text) => void writeSync(writer, text),
    end: () => closeSync(writer),
  };
}

/** Lets the time pass after which a stream is closed, and comes back when whoever waits for that has been told. */
async function linger(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, lingerMs + 1));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe("a stream whose command has ended", () => {
  test("gives all that has come while this process was held up", async () => {
    const { log, write, end } = pipe();
    let heard = "";
    const pumping = log.pump(async (chunk) => void (heard += chunk.toString()));
    log.closeSoon();
    const until = performance.now() + 2 * lingerMs;
    while (performance.now() < until);
    write("late");
    end();
    await pumping;
    expect([heard, log.isCut]).toEqual(["late", false]);
  });

  test("gives all that comes while the last of it is dealt with", async () => {
    const { log, write, end } = pipe();
    const heard: string[] = [];
    let go = (): void => {};
    const slow = new Promise<void>((resolve) => (go = resolve));
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const pumping = log.pump(async (chunk) => {
      heard.push(chunk.toString());
      begin();
      await slow;
    });
    write("first");
    await begun;
    log.closeSoon();
    await linger();
    write("second");
    end();
    go();
    await pumping;
    expect([heard, log.isCut]).toEqual([["first", "second"], false]);
  });

  test("is closed when somebody holds it open, and says nothing", async () => {
    const { log, write, end } = pipe();
    const heard: string[] = [];
    const pumping = log.pump(async (chunk) => void heard.push(chunk.toString()));
    write("first");
    log.closeSoon();
    await pumping;
    expect([heard, log.isCut]).toEqual([["first"], true]);
    end();
  });
});
