/**
 * Two builds at once with one store: each is told what the cache did for it, and what went wrong is told to both.
 *
 * @module
 */
import { MemoryStore, source, type Report, type Store } from "@ashlar/core";
import { withRemote } from "@ashlar/runner-remote";
import { expect, onTestFinished, test } from "vitest";

import { MemoryCache, refused } from "../packages/runners/remote/test/memory-cache.ts";
import { BuildRig } from "./rig/build-rig.ts";
import { quiet } from "./rig/quiet.ts";

/** A project with one stage, whose builds are held until a test lets go of them. */
async function project(name: string, store: Store) {
  const rig = await BuildRig.create(store);
  rig.write({ "src/file": name });
  const [made, make] = rig.stage(name, { src: source("src") }, "made");
  onTestFinished(async () => await rig[Symbol.asyncDispose]());
  return { rig, made, make, build: async (): Promise<Report> => await rig.build(made) };
}

test("counts are those of the build", async () => {
  const cache = new MemoryCache();
  // What `one` makes is there already.
  const elsewhere = await project("one", withRemote(new MemoryStore(), cache, { write: true }));
  elsewhere.make.always({ made: "a".repeat(1000) });
  await elsewhere.build();

  const store = withRemote(new MemoryStore(), cache, { write: true });
  const one = await project("one", store);
  const two = await project("two", store);
  const second = two.build();
  const call = await two.make.next();
  const first = await one.build();
  expect(first.ran).toEqual([]);
  expect(first.remoteCache).toMatchObject({
    ...{ hits: 1, misses: 0, fetchedBlobs: 1, fetchedBytes: 1000 },
    ...{ sentResults: 0, sentBlobs: 0, failures: 0 },
  });
  call.exit({ made: "b" });
  expect((await second).remoteCache).toMatchObject({
    ...{ hits: 0, misses: 1, fetchedBlobs: 0, fetchedBytes: 0 },
    ...{ sentResults: 1, failures: 0 },
  });
  // Counts of a build that is over go on with what its report is read for.
  expect(await first.text(one.made)).toBe("a".repeat(1000));
});

test("a result that two builds look for at once is a hit of both", async () => {
  const cache = new MemoryCache();
  const elsewhere = await project("one", withRemote(new MemoryStore(), cache, { write: true }));
  elsewhere.make.always({ made: "a" });
  await elsewhere.build();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  cache.fault = async (name) => (name === "getResult" ? await gate : undefined);
  cache.calls.length = 0;
  const store = withRemote(new MemoryStore(), cache, { write: false });
  const projects = await Promise.all([project("one", store), project("one", store)]);
  const builds = projects.map(async ({ build }) => await build());
  while (!cache.calls.includes("getResult")) await new Promise((resolve) => setImmediate(resolve));
  await quiet(200);
  open();
  const reports = await Promise.all(builds);
  expect(reports.map(({ remoteCache }) => remoteCache?.hits)).toEqual([1, 1]);
});

test("a cache that is given up is told of by every build that does without it", async () => {
  const cache = new MemoryCache();
  const store = withRemote(new MemoryStore(), cache, { write: true, random: () => 0 });
  const [one, two] = [await project("one", store), await project("two", store)];
  const first = one.build();
  const call = await one.make.next();
  cache.fault = refused;
  const second = two.build();
  const other = await passUntil([one, two], two.make.next());
  other.exit({ made: "b" });
  call.exit({ made: "a" });
  for (const report of await passUntil([one, two], Promise.all([first, second]))) {
    expect(report.remoteCache).toMatchObject({
      isGivenUp: true,
      error: { code: "REMOTE_UNAVAILABLE" },
    });
    expect(report.remoteCache?.failures).toBeGreaterThan(0);
  }
});

/** Lets time pass for all, until something has come. */
async function passUntil<T>(
  projects: readonly { readonly rig: BuildRig }[],
  coming: Promise<T>,
): Promise<T> {
  const progress = { isOver: false };
  const over = (): void => void (progress.isOver = true);
  coming.then(over, over);
  while (!progress.isOver) {
    for (const { rig } of projects) rig.clock.advance(50);
    await quiet();
  }
  return await coming;
}
