/**
 * Waiting that is called off: with the signal's reason, and without a trace of what was waited for.
 *
 * @module
 */
import { expect, onTestFinished, test } from "vitest";

import { untilAborted } from "../../src/base/until-aborted.ts";

const reason = new Error("called off");

/** Fails the test when a rejection is nobody's. */
function watchRejections(): unknown[] {
  const unhandled: unknown[] = [];
  const take = (error: unknown): void => {
    unhandled.push(error);
  };
  process.on("unhandledRejection", take);
  onTestFinished(() => {
    process.off("unhandledRejection", take);
  });
  return unhandled;
}

/** Unhandled rejections are told of when a turn of the event loop is over. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("gives what the promise gives", async () => {
  const { signal } = new AbortController();
  await expect(untilAborted(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(untilAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
});

test.each([
  ["before", true],
  ["while", false],
])(
  "a promise that fails after it was called off %s it was waited for is forgotten",
  async (_, isBefore) => {
    const unhandled = watchRejections();
    const stopping = new AbortController();
    let reject: (error: unknown) => void = () => {};
    const promise = new Promise<never>((_resolve, fail) => {
      reject = fail;
    });
    if (isBefore) stopping.abort(reason);
    const waiting = untilAborted(promise, stopping.signal);
    if (!isBefore) queueMicrotask(() => stopping.abort(reason));
    await expect(waiting).rejects.toBe(reason);
    reject(new Error("too late"));
    await turns();
    expect(unhandled).toEqual([]);
  },
);
