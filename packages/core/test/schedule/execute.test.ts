/**
 * Executing: the verdict on what a runner saw.
 *
 * @module
 */
import { expect, test } from "vitest";

import type { Clock } from "../../src/base/clock.ts";
import { tryBuild } from "../../src/build/build.ts";
import type { BuildEvent } from "../../src/events/event.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { echoRunner } from "../build/players.ts";

const make = stage("make", () => sh({ timeoutMs: 500 })`make ${out.file("made")}`);

/** A clock whose only callback the test calls. */
function handClock(): Clock & { strike: () => void } {
  let callback = (): void => {};
  return {
    now: () => 0,
    after(_, each) {
      callback = each;
      return () => (callback = () => {});
    },
    strike: () => callback(),
  };
}

test("a command that was killed when its time was over has run out of time, and not failed", async () => {
  const clock = handClock();
  const echo = echoRunner();
  const runner: Runner = {
    ...echo,
    async run(action, context) {
      const killed = new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      clock.strike();
      await killed;
      const seen = await echo.run(action, context);
      return { ...seen, exitCode: undefined, endedBy: "SIGKILL" };
    },
  };
  const report = await tryBuild(make(), { runner, store: new MemoryStore(), clock });
  expect(report.errors).toMatchObject([{ code: "STAGE_TIMED_OUT" }]);
});

test("a command that a signal ended has failed, and says by which", async () => {
  const echo = echoRunner();
  const runner: Runner = {
    ...echo,
    run: async (action, context) => {
      const seen = await echo.run(action, context);
      return { ...seen, exitCode: undefined, endedBy: "SIGSEGV" };
    },
  };
  const report = await tryBuild(make(), { runner, store: new MemoryStore() });
  expect(report.errors).toMatchObject([
    { code: "STAGE_FAILED", message: "stage `make` was ended by SIGSEGV" },
  ]);
});

test("text that arrives in pieces is put together again", async () => {
  const echo = echoRunner();
  const bytes = Buffer.from("a🪨b");
  const runner: Runner = {
    ...echo,
    async run(action, context) {
      for (const byte of bytes) context.onLog("stdout", Uint8Array.of(byte));
      context.onLog("stderr", Uint8Array.of(0xf0, 0x9f));
      return await echo.run(action, context);
    },
  };
  const events: BuildEvent[] = [];
  const onEvent = (event: BuildEvent): unknown => events.push(event);
  await tryBuild(make(), { runner, store: new MemoryStore(), onEvent });
  const said = events.flatMap((event) => (event.type === "stage-output" ? [event] : []));
  const of = (stream: string): string =>
    said.flatMap((each) => (each.stream === stream ? [each.text] : [])).join("");
  expect(of("stdout")).toBe("a🪨b");
  expect(of("stderr")).toBe("\uFFFD");
  expect(said.every(({ text }) => text !== "")).toBe(true);
});
