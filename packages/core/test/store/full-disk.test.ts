/**
 * A disk that fills up while something is written to it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { digestBytes, type Digest } from "../../src/digest/digest.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { exportFile } from "../../src/store/export.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-full-"));
const disk = join(folder, "disk");
mkdirSync(disk);
const canMount = mount();
const why = canMount ? "" : " (skipped: no file system can be mounted here)";

afterAll(() => {
  if (canMount) execFileSync("umount", [disk]);
  rmSync(folder, { recursive: true, force: true });
});

/** Takes in more than the disk holds. */
async function takeMuch(store: DiskStore): Promise<void> {
  const intake = store.intake();
  for (let n = 0; n < 100; n++) {
    await intake.pause?.();
    intake.room(100_000).fill(`much ${n}`);
    intake.keep(100_000);
  }
  await intake.end();
}

/** A disk of 5,400 KiB: a large file does not fit as a whole, nor up to the end of a chunk. */
function mount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=5400k", "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount)(`on a disk that is full${why}`, () => {
  const store = new DiskStore(join(folder, "store"));
  let large: Digest;
  beforeAll(async () => {
    writeFileSync(join(folder, "large"), Buffer.alloc(5_767_168, "large"));
    large = await store.writeFile(join(folder, "large"));
  });
  beforeEach(() => rmSync(join(disk, "large"), { force: true }));

  test("a copy that does not fit is an error, and never a shorter file", async () => {
    await expect(store.copyTo(large, join(disk, "large"), 0o644)).rejects.toMatchObject({
      code: "ENOSPC",
    });
  });

  test("an export that does not fit says so, and leaves what was there", async () => {
    writeFileSync(join(disk, "large"), "what was there");
    const file = { digest: large, isExecutable: false };
    await expect(exportFile(store, file, join(disk, "large"))).rejects.toMatchObject({
      code: "EXPORT_FAILED",
    });
    expect(existsSync(join(disk, "large"))).toBe(true);
    expect(execFileSync("ls", ["-A", disk], { encoding: "utf8" })).toBe("large\n");
  });

  test("a store that is full says so, and holds nothing by halves", async () => {
    const small = new DiskStore(join(disk, "store"));
    await expect(small.writeFile(join(folder, "large"))).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
    });
    expect(await small.missing([large])).toEqual([large]);
  });

  test("so does one that is full of small blobs, and holds all that it has answered", async () => {
    const directory = join(disk, "packed");
    const small = new DiskStore(directory);
    const kept: Digest[] = [];
    const blob = (n: number): Buffer => Buffer.alloc(10_000, `${n} `);
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 1000; n++) kept.push(await small.write(blob(n)));
    };
    await expect(fill()).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    expect(kept.length).toBeGreaterThan(10);
    const next = digestBytes(blob(kept.length));
    const other = new DiskStore(directory);
    for (const each of [small, other]) expect(await each.missing([...kept, next])).toEqual([next]);
    for (const digest of kept) expect(digestBytes(await small.read(digest))).toBe(digest);
    const intake = small.intake();
    intake.room(100_000).fill("another");
    intake.keep(100_000);
    await expect(intake.end()).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    await expect(takeMuch(small)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    for (const digest of kept) expect(digestBytes(await other.read(digest))).toBe(digest);
    // Or their files stay open for a while, and the disk cannot be unmounted.
    for (const each of [small, other]) each.releasePack();
    rmSync(directory, { recursive: true });
  });
});
