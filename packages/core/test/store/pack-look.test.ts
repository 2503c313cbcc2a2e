/** When the looks of a pack prove something. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { looksLike, lookAtPack } from "../../src/store/pack-look.ts";
import { packOf } from "../../src/store/pack-names.ts";

/** When all of this happens, in seconds since 1970. */
const now = 1_700_000_000;

let folder: string;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: now * 1000 });
  folder = mkdtempSync(join(tmpdir(), "ashlar-pack-look-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const name = (): ReturnType<typeof packOf> => packOf(folder, "1", undefined);

/** A pack that was written to at some time, in seconds since 1970. */
function packFrom(seconds: number): void {
  const { indexPath, dataPath } = name();
  for (const path of [indexPath, dataPath]) {
    writeFileSync(path, "records");
    utimesSync(path, seconds, seconds);
  }
}

test("a pack that has rested looks as it did", () => {
  packFrom(now - 0.5);
  const look = lookAtPack(name());
  expect(look).toBeDefined();
  expect(look && looksLike(folder, look)).toBe(true);
});

test("a pack that has not rested proves nothing", () => {
  for (const age of [0, 0.05, -1]) {
    packFrom(now - age);
    expect(lookAtPack(name())).toBe(undefined);
  }
});

test("where file systems count in whole seconds, one more change might not show for longer", () => {
  packFrom(now - 1);
  expect(lookAtPack(name())).toBe(undefined);
  packFrom(now - 4);
  expect(lookAtPack(name())).toBeDefined();
});
