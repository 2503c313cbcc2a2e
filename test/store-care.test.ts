/**
 * Store care beside builds: processes that build, collect garbage and die on one store.
 *
 * @module
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collectGarbage, digestBytes, DiskStore, storeUsage, verifyStore } from "@ashlar/core";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { bundleProgram } from "../packages/core/test/store/bundle-program.ts";
import {
  buildVariant,
  expectedOf,
  fatBlob,
  fillingCount,
} from "../packages/core/test/store/pipeline.ts";
import type { Built } from "../packages/core/test/store/store-program.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-care-"));
let program: string;

/** Reading certificates takes Node longer than all that these processes do. */
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

beforeAll(async () => {
  const source = new URL("../packages/core/test/store/store-program.ts", import.meta.url);
  program = await bundleProgram(source, folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A store of its own for each test. */
function newStore(): DiskStore {
  return new DiskStore(join(mkdtempSync(join(folder, "test-")), "store"));
}

function start(mode: string, store: DiskStore, variant = 0): ChildProcess {
  const child = fork(program, [mode, store.directory, String(variant)], { env });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, "message")) as [T];
  return message;
}

test("builds are right while another process removes all that it can", async () => {
  const store = newStore();
  const collector = start("collect", store);
  const builders = [start("build", store), start("build", store, 1)];
  const seen = { removed: 0 };
  collector.on("message", (count: number) => {
    seen.removed += count;
  });
  for (let round = 0; round < 15; round++) {
    const before = seen.removed;
    // All at once: two builds that share most of their stages, and collections without end.
    const built = builders.map(async (builder) => await messageOf<Built>(builder));
    for (const builder of builders) builder.send("build");
    expect(await Promise.all(built)).toEqual([
      { isRight: true, rewinds: expect.any(Number), error: undefined },
      { isRight: true, rewinds: expect.any(Number), error: undefined },
    ]);
    // Nobody builds, so nothing is held: sooner or later, the collector takes it all.
    while (seen.removed === before) await once(collector, "message");
  }
  collector.kill("SIGKILL");
  await once(collector, "exit");
  expect((await verifyStore(store)).problems).toEqual([]);
  expect(await buildVariant(store, 1)).toBe(expectedOf(1));
});

test("killed writers leave nothing that is damaged", async () => {
  const store = newStore();
  const moments = fc.sample(fc.integer({ min: 1, max: 150 }), 54);
  const kill = async (dots: number, at: number): Promise<void> => {
    const argv = [program, "write", store.directory, String(at)];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], env });
    let seen = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.byteLength;
      if (seen >= dots) child.kill("SIGKILL");
    });
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    expect(signal).toBe("SIGKILL");
  };
  const damaged = async (): Promise<string[]> =>
    (await verifyStore(store)).problems
      .map(({ kind }) => kind)
      .filter((kind) => kind !== "incomplete-result");
  for (let at = 0; at < moments.length; at += 6) {
    // Six at a time share the store, and die at different moments.
    await Promise.all(moments.slice(at, at + 6).map((dots, n) => kill(dots, at + n)));
    expect(await damaged()).toEqual([]);
  }
  for (const variant of [0, 1, moments.length]) {
    expect(await buildVariant(store, variant)).toBe(expectedOf(variant));
  }
  // What the dead held is free, and what they had on the way is gone.
  const { isBusy } = await collectGarbage(store);
  expect(isBusy).toBe(false);
  expect((await storeUsage(store)).temporary.count).toBe(0);
  expect(readdirSync(join(store.directory, "leases"))).toEqual([]);
});

test("of blobs on their way, the killed lose only what was not answered", async () => {
  const store = newStore();
  const moments = fc.sample(fc.integer({ min: 1, max: 120 }), 16);
  const kill = async (dots: number, at: number): Promise<number[]> => {
    const argv = [program, "fill", store.directory, String(at)];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"], env });
    let seen = "";
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.length >= dots) child.kill("SIGKILL");
    });
    await once(child, "close");
    return [...seen.matchAll(/\n(\d+)\n/g)].map(([, first]) => Number(first));
  };
  for (let at = 0; at < moments.length; at += 4) {
    const round = moments.slice(at, at + 4).map(async (dots, n) => await kill(dots, at + n));
    const answered = (await Promise.all(round)).flat();
    expect((await verifyStore(store)).problems).toEqual([]);
    const there = answered.flatMap((first) =>
      [...Array(fillingCount).keys()].map((n) => digestBytes(fatBlob(first + n))),
    );
    expect(await store.missing(there)).toEqual([]);
  }
});
