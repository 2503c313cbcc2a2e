/** When the looks of a pack prove something. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { looksLike, lookAtPack, type PackLook } from "../../src/store/pack-look.ts";
import { packOf } from "../../src/store/pack-names.ts";
import { PackSet } from "../../src/store/pack-set.ts";

/** When all of this happens, in seconds since 1970. */
const now = 1_700_000_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-pack-look-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const name = (): ReturnType<typeof packOf> => packOf(folder, "1", undefined);

/** How a pack looks, as far as that proves anything, that was written to at some time, in seconds since 1970. */
function lookFrom(seconds: number): PackLook | undefined {
  const { indexPath, dataPath } = name();
  for (const path of [indexPath, dataPath]) {
    writeFileSync(path, "records");
    utimesSync(path, seconds, seconds);
  }
  return lookAtPack(name(), now * 1000);
}

test("a pack that has rested looks as it did", () => {
  const look = lookFrom(now - 0.5);
  expect(look).toBeDefined();
  expect(look && looksLike(folder, look)).toBe(true);
});

test("a pack that has not rested proves nothing", () => {
  for (const age of [0, 0.05, -1]) expect(lookFrom(now - age)).toBe(undefined);
});

test("where file systems count in whole seconds, one more change might not show for longer", () => {
  expect(lookFrom(now - 1)).toBe(undefined);
  expect(lookFrom(now - 4)).toBeDefined();
});

test("packs are listed again until their folder has rested, also where only seconds are counted", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: now * 1000 + 500 });
  onTestFinished(() => void vi.useRealTimers());
  const set = new PackSet(folder, 0);
  const listsAgain = (seconds: number): boolean => {
    utimesSync(folder, seconds, seconds);
    set.look();
    return set.look();
  };
  expect(listsAgain(now)).toBe(true);
  expect(listsAgain(now + 0.45)).toBe(true);
  expect(listsAgain(now + 0.25)).toBe(false);
  expect(listsAgain(now - 4)).toBe(false);
});
