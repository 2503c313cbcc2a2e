/**
 * Builds that are killed: whatever they were at, what they leave is right.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectGarbage, DiskStore, storeUsage, verifyStore } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { bundleProgram } from "../packages/core/test/store/bundle-program.ts";
import { buildVariant, expectedOf } from "./kill/pipeline.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-kill-")));
const scratch = join(folder, "scratch");
let program: string;

beforeAll(async () => {
  mkdirSync(scratch);
  program = await bundleProgram(new URL("./kill/kill-program.ts", import.meta.url), folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reading certificates takes Node longer than all that these processes do. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

/** Starts a process that builds for ever, and kills it when it has got so far. */
async function killAfter(dots: number, store: DiskStore, variant: number): Promise<void> {
  const argv = [program, store.directory, scratch, String(variant)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], env });
  // If the test comes to its end before, its folder goes, and the build must not go on in it.
  onTestFinished(() => void child.kill("SIGKILL"));
  let seen = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    seen += chunk.byteLength;
    if (seen >= dots) child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect(signal).toBe("SIGKILL");
}

/** Processes that work in the scratch directory. */
function processesLeft(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(scratch);
    } catch {
      return false;
    }
  });
}

test.runIf(process.platform === "linux")(
  "200 builds are killed, four at a time on one store, and every blob is whole after each",
  // Each is a process, and starts a dozen.
  { timeout: 900_000 },
  async () => {
    const store = new DiskStore(join(folder, "store"));
    // A build of the pipeline has about 20 events; they begin anew with each variant.
    const moments = fc.sample(fc.integer({ min: 1, max: 45 }), 200);
    for (let at = 0; at < moments.length; at += 4) {
      // Two each build the same variants, so that they want the same stages at the same time.
      const group = moments.slice(at, at + 4).map((dots, n) => [dots, at + (n % 2)] as const);
      await Promise.all(
        group.map(async ([dots, variant]) => await killAfter(dots, store, variant)),
      );
      if (at % 20 === 0) expect((await verifyStore(store)).problems).toEqual([]);
    }
    expect((await verifyStore(store)).problems).toEqual([]);
    await expect.poll(processesLeft).toEqual([]);

    await using runner = localRunner({ scratch });
    const options = { runner, store, cwd: scratch };
    for (const variant of [0, 1, 2, 100, moments.length]) {
      expect(await buildVariant(variant, options)).toBe(expectedOf(variant));
    }
    // What the dead had under way is swept by those who come after.
    const own = (name: string): boolean => name.includes(`-${process.pid}-`);
    expect(readdirSync(scratch).filter((name) => !own(name))).toEqual([]);
    await collectGarbage(store);
    expect((await storeUsage(store)).temporary.count).toBe(0);
  },
);
