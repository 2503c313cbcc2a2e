/** The lock among processes: one holder at a time, and none who is dead. */
import * as fs from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ownHolder } from "../../src/store/holder.ts";
import { NumberedLock } from "../../src/store/numbered-lock.ts";
import { temporaryFolder } from "./care-bench.ts";

function bench() {
  const base = temporaryFolder();
  const folder = join(base, "lock");
  const take = (now = Date.now()): NumberedLock | undefined =>
    NumberedLock.take(folder, join(base, "temporary"), now);
  const hold = (number: number, holder: string): void => {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(join(folder, String(number)), holder);
  };
  return { folder, take, hold };
}

const tenMinutes = 10 * 60_000;

test("one at a time, and the next when it is free", () => {
  const { folder, take } = bench();
  const first = take();
  expect(NumberedLock.isHeld(folder, Date.now())).toBe(true);
  expect(take()).toBeUndefined();
  first?.[Symbol.dispose]();
  expect(NumberedLock.isHeld(folder, Date.now())).toBe(false);
  expect(take()).toBeDefined();
  // What was before is gone, so that the folder does not grow.
  expect(fs.readdirSync(folder)).toEqual(["2"]);
});

test("the dead hold nothing", () => {
  const { folder, take, hold } = bench();
  // This process, as it was born at another time: its number was given to another.
  const [pid, birth, place] = ownHolder().split("-");
  hold(7, `${pid}-${Number(birth) + 1}-${place}`);
  expect(NumberedLock.isHeld(folder, Date.now())).toBe(false);
  expect(take()).toBeDefined();
  expect(fs.readdirSync(folder)).toEqual(["8"]);
});

test("who is elsewhere holds it as long as there are signs of life", () => {
  const { take, hold, folder } = bench();
  hold(3, "4711-1-ffffffff");
  expect(take()).toBeUndefined();
  expect(take(Date.now() + tenMinutes - 60_000)).toBeUndefined();
  expect(NumberedLock.isHeld(folder, Date.now() + tenMinutes + 60_000)).toBe(false);
  expect(take(Date.now() + tenMinutes + 60_000)).toBeDefined();
});

test("showing life, and ending, survive that the folder is removed", () => {
  const { folder, take } = bench();
  const lock = take();
  fs.rmSync(folder, { recursive: true });
  lock?.refresh();
  lock?.[Symbol.dispose]();
  expect(fs.existsSync(folder)).toBe(false);
  expect(NumberedLock.isHeld(folder, Date.now())).toBe(false);
});
