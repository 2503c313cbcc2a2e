/**
 * Trees in remote caches: a result says what the root of a tree is, and that is believed, until somebody looks into the
 * tree. What turns out otherwise is lost, and made again in the same build.
 *
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  all,
  decodeActionResult,
  digestBytes,
  emptyDigest,
  encodeActionResult,
  MemoryStore,
  MessageWriter,
  readFields,
  type ActionResult,
  type Digest,
  type Report,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { remoteCache, signed, withRemote, type RemoteOptions } from "@ashlar/runner-remote";
import { ReapiServer } from "@ashlar/runner-remote/testing";
import { describe, expect, test } from "vitest";

import { MemoryCache, refused } from "../packages/runners/remote/test/memory-cache.ts";
import { BuildRig } from "./rig/build-rig.ts";
import { quiet } from "./rig/quiet.ts";
import type { Tool } from "./rig/tool.ts";

type OutputDirectory = ActionResult["directories"][number];

/** Stages that each make a tree of the one before. */
function chain(rig: BuildRig, depth: number): { readonly last: Tree; readonly tools: Tool[] } {
  const tools: Tool[] = [];
  let last: Tree | undefined;
  for (let at = 0; at < depth; at++) {
    const [made, tool] = rig.stage(`s${at}`, last === undefined ? {} : { before: last }, "made/");
    tool.always({ made: { text: `${at}`, "deep/er": `deep ${at}` } });
    tools.push(tool);
    last = made;
  }
  return { last: last!, tools };
}

/** compile ──▶ obj/ ──▶ link ──▶ app */
function pair(rig: BuildRig, linker = "link") {
  const [obj, compile] = rig.stage("compile", {}, "obj/");
  const [app, link] = rig.stage(linker, { obj }, "app");
  compile.always({ obj: { "main.o": "o of main", "lib/lib.o": "o of lib" } });
  link.always(async (call) => ({
    app: `${await call.text("obj/main.o")}, ${await call.text("obj/lib/lib.o")}`,
  }));
  return { obj, app, compile, link };
}

async function machine(
  cache: MemoryCache,
  options: RemoteOptions = {},
): Promise<{ readonly rig: BuildRig; readonly local: MemoryStore } & AsyncDisposable> {
  const local = new MemoryStore();
  const rig = await BuildRig.create(withRemote(local, cache, { write: true, ...options }));
  return { rig, local, [Symbol.asyncDispose]: async () => await rig[Symbol.asyncDispose]() };
}

/** A cache in which one machine has left what it made. */
async function filled(make: (rig: BuildRig) => Targets): Promise<MemoryCache> {
  const cache = new MemoryCache();
  await using here = await machine(cache);
  await here.rig.build(make(here.rig));
  cache.calls.length = 0;
  return cache;
}

/** Changes what results say of directories. Returns the results that were changed. */
function rewrite(
  cache: MemoryCache,
  change: (directory: OutputDirectory) => OutputDirectory,
): void {
  for (const [key, message] of cache.results) {
    const result = decodeActionResult(message);
    const directories = result.directories.map(change);
    cache.results.set(key, encodeActionResult({ ...result, directories }, { emptyRoots: false }));
  }
}

/** The digests of the `Tree`s that results name. */
function treesIn(cache: MemoryCache): Digest[] {
  return [...cache.results.values()].flatMap((message) =>
    decodeActionResult(message).directories.map(({ treeDigest }) => treeDigest),
  );
}

/**
 * Builds with a cache that answers only when nobody has anything else to do: all calls that wait then are answered at once.
 * Returns how often that was.
 */
async function roundTrips(
  cache: MemoryCache,
  build: () => Promise<Report>,
): Promise<{ readonly trips: number; readonly report: Report }> {
  let waiting: (() => void)[] = [];
  cache.fault = async () => await new Promise<void>((resolve) => waiting.push(resolve));
  const progress = { isOver: false };
  const building = build().finally(() => (progress.isOver = true));
  let trips = 0;
  while (!progress.isOver) {
    await quiet();
    const answered = waiting;
    if (answered.length > 0) trips++;
    waiting = [];
    for (const answer of answered) answer();
  }
  cache.fault = undefined;
  return { trips, report: await building };
}

async function tripsOfChain(cache: MemoryCache, depth: number): Promise<number> {
  await using there = await machine(cache, { fetch: "needed" });
  const { last } = chain(there.rig, depth);
  const [app] = there.rig.stage("app", { last }, "app");
  const { trips, report } = await roundTrips(cache, async () => await there.rig.build(app));
  expect(report.ran).toEqual([]);
  expect(report.remoteCache).toMatchObject({ hits: depth + 1, failures: 0 });
  return trips;
}

async function filledWithChain(depth: number): Promise<MemoryCache> {
  return await filled((rig) => {
    const [app, tool] = rig.stage("app", { last: chain(rig, depth).last }, "app");
    tool.always({ app: "app" });
    return app;
  });
}

describe("a chain of stages that make trees", () => {
  test("costs one round trip a stage, and fetches no tree", async () => {
    const cache = await filledWithChain(9);
    // And one to make sure that the target is there.
    expect(await tripsOfChain(cache, 9)).toBe(10 + 1);
    expect(cache.fetched).toEqual([]);
  });

  test("costs two where results do not say what the roots are", async () => {
    const [short, long] = [await filledWithChain(3), await filledWithChain(9)];
    for (const cache of [short, long]) {
      rewrite(cache, (each) => ({ ...each, rootDigest: emptyDigest }));
    }
    expect((await tripsOfChain(long, 9)) - (await tripsOfChain(short, 3))).toBe(12);
    expect(long.fetched).toHaveLength(9);
  });

  test("costs one where trees are empty, too", async () => {
    const make = (rig: BuildRig) => {
      const [empty, tool] = rig.stage("empty", {}, "made/");
      const [app, use] = rig.stage("app", { empty }, "app");
      tool.always({ made: {} });
      use.always({ app: "app" });
      return app;
    };
    const cache = await filled(make);
    await using there = await machine(cache, { fetch: "needed" });
    const { report } = await roundTrips(cache, async () => await there.rig.build(make(there.rig)));
    expect([report.ran, cache.fetched]).toEqual([[], []]);
  });

  test("costs one look-up a stage at a service, and the tree of the target", async () => {
    await using server = await ReapiServer.start();
    const build = async (write: boolean) => {
      const store = withRemote(new MemoryStore(), remoteCache(server.address), { write });
      await using rig = await BuildRig.create(store);
      const report = await rig.build(chain(rig, 6).last);
      await store[Symbol.asyncDispose]();
      return report;
    };
    await build(true);
    const before = server.calls.length;
    const report = await build(false);
    expect(report.ran).toEqual([]);
    const calls = server.calls.slice(before).map(({ method }) => method);
    expect(calls.filter((method) => method === "getActionResult")).toHaveLength(6);
    // The tree, and the files in it.
    expect(calls.filter((method) => method === "batchReadBlobs")).toHaveLength(2);
    expect(calls).toHaveLength(9);
  });
});

test("what follows from the first of some answers is asked before the next is read", async () => {
  const ways = (rig: BuildRig) =>
    ["a", "b", "c"].map((name) => {
      const [below, make] = rig.stage(`${name}1`, {}, "below/");
      const [app, use] = rig.stage(`${name}2`, { below }, "app");
      make.always({ below: { name } });
      use.always({ app: name });
      return app;
    });
  const cache = await filled((rig) => ways(rig));
  await using there = await machine(cache, { fetch: "needed" });
  const progress = { turn: 0, isOver: false };
  const tick = (): void => {
    progress.turn++;
    if (!progress.isOver) setImmediate(tick);
  };
  tick();
  const turns: number[] = [];
  let waiting: (() => void)[] = [];
  cache.fault = async (call) => {
    if (call !== "getResult") return;
    turns.push(progress.turn);
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const building = there.rig.build(ways(there.rig)).finally(() => (progress.isOver = true));
  while (!progress.isOver) {
    await quiet();
    const answered = waiting;
    waiting = [];
    for (const answer of answered) answer();
  }
  expect((await building).ran).toEqual([]);
  expect(turns).toHaveLength(6);
  expect(new Set(turns.slice(3)).size).toBe(3);
});

describe("a tree that was only promised", () => {
  test("is there for a command, a reader and an export", async () => {
    const cache = await filled((rig) => pair(rig).app);
    await using there = await machine(cache, { fetch: "needed" });
    const { app, obj } = pair(there.rig);
    const report = await there.rig.build(all({ app }));
    expect(cache.fetched).toEqual([]);
    expect(await report.list(obj)).toEqual(["lib/lib.o", "main.o"]);
    expect(await report.text(obj.file("lib/lib.o"))).toBe("o of lib");
    await report.export(obj, "out");
    expect(readFileSync(join(there.rig.project, "out/main.o"), "utf8")).toBe("o of main");

    await using other = await machine(cache);
    const { app: linked } = pair(other.rig, "relink");
    const again = await other.rig.build(linked);
    expect(again.ran).toEqual(["relink"]);
    expect(await again.text(linked)).toBe("o of main, o of lib");
    // The tree, and two files, each once.
    expect(again.remoteCache).toMatchObject({ fetchedBlobs: 3, failures: 0 });
  });

  test("is looked into for the key of who uses a part of it", async () => {
    const make = (rig: BuildRig) => {
      const { obj } = pair(rig);
      const [app, use] = rig.stage("use", { lib: obj.dir("lib") }, "app");
      use.always(async (call) => ({ app: await call.text("lib/lib.o") }));
      return app;
    };
    const cache = await filled(make);
    await using there = await machine(cache, { fetch: "needed" });
    const report = await there.rig.build(make(there.rig));
    expect(report.ran).toEqual([]);
    expect(cache.fetched).toEqual(treesIn(cache));
  });

  test("is found by later builds, in this process and in others", async () => {
    const cache = await filled((rig) => pair(rig).app);
    await using there = await machine(cache, { fetch: "needed" });
    await there.rig.build(pair(there.rig).app);
    const relinked = await there.rig.build(pair(there.rig, "relink").app);
    expect(relinked.ran).toEqual(["relink"]);

    const local = new MemoryStore();
    const stores = [1, 2].map(() => withRemote(local, cache, { fetch: "needed" }));
    await using rig = await BuildRig.create();
    await rig.build(pair(rig).app, { store: stores[0]! });
    expect(await local.missing(treesIn(cache))).toHaveLength(1);
    const later = await rig.build(pair(rig, "link once more").app, { store: stores[1]! });
    expect(later).toMatchObject({ ran: ["link once more"], remoteCache: { failures: 0 } });
  });

  test("and of which only the root is here is made again by who needs the rest", async () => {
    const cache = await filled((rig) => pair(rig).app);
    const isRoot = (bytes: Buffer): boolean => bytes.includes("main.o") && !bytes.includes("lib.o");
    const isBelow = (bytes: Buffer): boolean =>
      bytes.includes("lib.o") && !bytes.includes("main.o");
    await using there = await machine(cache);
    for (const [digest, bytes] of cache.blobs) {
      if (isRoot(bytes)) await there.local.write(bytes);
      if (isBelow(bytes)) cache.blobs.delete(digest);
    }
    const { app } = pair(there.rig, "relink");
    const report = await there.rig.build(app);
    expect(await report.text(app)).toBe("o of main, o of lib");
    expect(report.ran).toEqual(["compile", "relink"]);
  });

  test("may be written otherwise than we would, if its root is what we would make of it", async () => {
    const cache = await filled((rig) => pair(rig).app);
    rewrite(cache, (each) => {
      const fields = [...readFields(cache.blobs.get(each.treeDigest)!)];
      const tree = new MessageWriter();
      for (const { number, bytes } of fields) {
        const directory = new MessageWriter();
        for (const entry of readFields(bytes)) {
          // A file that says that it is no program.
          const node = Buffer.concat([
            entry.bytes,
            Buffer.of(...(entry.number === 1 ? [32, 0] : [])),
          ]);
          directory.message(entry.number, node);
        }
        // Of the directories, only the root may change without others having to.
        tree.message(number, number === 1 ? directory.finish() : bytes);
      }
      const treeDigest = digestBytes(tree.finish());
      cache.blobs.set(treeDigest, Buffer.from(tree.finish()));
      return { ...each, treeDigest };
    });
    await using there = await machine(cache);
    const { app } = pair(there.rig, "relink");
    const report = await there.rig.build(app);
    expect(await report.text(app)).toBe("o of main, o of lib");
    expect(report).toMatchObject({ ran: ["relink"], remoteCache: { failures: 0 } });
  });

  test("comes as one blob, also in a build that does not look at its result", async () => {
    const make = (rig: BuildRig, ...args: string[]) => {
      const [obj, compile] = rig.stage("compile", {}, "obj/");
      const [app, link] = rig.stage({ name: "link", args }, { obj }, "app");
      compile.always({ obj: { "a/b/c/main.o": "o of main", "d/e/lib.o": "o of lib" } });
      link.always(async (call) => ({ app: `${await call.text("obj/a/b/c/main.o")}, linked` }));
      return { app, compile };
    };
    const cache = await filled((rig) => make(rig).app);
    await using rig = await BuildRig.create();
    const local = join(rig.folder, "local");
    const first = await rig.build(make(rig).app, { store: withRemote(local, cache) });
    expect(first.ran).toEqual([]);
    // Another process, for which the last build has written down what became of `compile`.
    cache.calls.length = 0;
    cache.fetched.length = 0;
    const { app, compile } = make(rig, "--fast");
    const later = await rig.build(app, { store: withRemote(local, cache) });
    expect([later.ran, compile.runs]).toEqual([["link"], 0]);
    const main = digestBytes(Buffer.from("o of main"));
    expect(cache.fetched).toEqual([...treesIn(cache), main]);
  });

  test("is fetched for a plan that has to look into it, and that says what a build would do", async () => {
    const make = (rig: BuildRig, isPart: boolean) => {
      const { obj } = pair(rig);
      const [app, use] = rig.stage("use", { obj: isPart ? obj.dir("lib") : obj }, "app");
      use.always({ app: "used" });
      return app;
    };
    const cache = await filled((rig) => make(rig, false));
    for (const isThere of [true, false]) {
      await using rig = await BuildRig.create();
      const local = join(rig.folder, "local");
      await rig.build(make(rig, false), { store: withRemote(local, cache) });
      if (!isThere) for (const digest of treesIn(cache)) cache.blobs.delete(digest);
      // Another process: what the last build has written down is all that it knows of `compile`.
      const plan = await rig.plan(make(rig, true), { store: withRemote(local, cache) });
      expect(plan.stages.map(({ stage, status }) => `${stage}: ${status}`)).toEqual(
        isThere ? ["compile: hit", "use: run"] : ["compile: run", "use: unknown"],
      );
    }
  });

  test("is looked into to explain what has changed, down to the file", async () => {
    const make = (rig: BuildRig, text: string) => {
      const [obj, compile] = rig.stage({ name: "compile", args: [text] }, {}, "obj/");
      const [app, link] = rig.stage("link", { obj }, "app");
      compile.always({ obj: { "main.o": text, "lib/lib.o": "o of lib" } });
      link.always({ app: `${text}, linked` });
      return app;
    };
    const cache = await filled((rig) => make(rig, "before"));
    await using rig = await BuildRig.create();
    const local = join(rig.folder, "local");
    expect((await rig.build(make(rig, "before"), { store: withRemote(local, cache) })).ran).toEqual(
      [],
    );
    const after = make(rig, "after");
    const report = await rig.build(after, { store: withRemote(local, cache) });
    expect(String(await report.why(after))).toContain("main.o");
  });

  test("and is here in part is put together again, and what made it does not run", async () => {
    const cache = await filled((rig) => pair(rig).app);
    await using there = await machine(cache);
    await there.rig.build(pair(there.rig).obj);
    for (const [digest, bytes] of cache.blobs) {
      if (!bytes.includes("lib.o") || bytes.includes("main.o")) continue;
      there.local.evict(digest);
    }
    // Another process: it remembers nothing.
    const store = withRemote(there.local, cache);
    await using rig = await BuildRig.create();
    const { app } = pair(rig, "relink");
    const report = await rig.build(app, { store });
    expect(await report.text(app)).toBe("o of main, o of lib");
    expect(report.ran).toEqual(["relink"]);
  });

  test("is not there without the cache, so that what made it runs again", async () => {
    const cache = await filled((rig) => pair(rig).app);
    const local = new MemoryStore();
    await using rig = await BuildRig.create();
    await rig.build(pair(rig).app, { store: withRemote(local, cache, { fetch: "needed" }) });
    const alone = await rig.build(pair(rig, "relink").app, { store: local });
    expect(alone.ran).toEqual(["compile", "relink"]);
  });
});

/** Ways in which what a result says of a tree does not hold. */
const wrongs: readonly (readonly [string, boolean, (cache: MemoryCache) => void])[] = [
  [
    "whose `Tree` is not there",
    false,
    (cache) => {
      for (const digest of treesIn(cache)) cache.blobs.delete(digest);
    },
  ],
  [
    "whose `Tree` has other bytes",
    true,
    (cache) => {
      for (const digest of treesIn(cache)) cache.blobs.set(digest, Buffer.from("other bytes"));
    },
  ],
  [
    "whose `Tree` has another root",
    true,
    (cache) => {
      const other = digestBytes(Buffer.from("no directory"));
      rewrite(cache, (each) => ({ ...each, rootDigest: other }));
    },
  ],
  ["whose `Tree` is none", true, (cache) => retree(cache, Buffer.from("\u00ff\u00ff\u00ff"))],
  ["whose `Tree` is not whole", true, (cache) => retree(cache, undefined)],
];

/** Puts other bytes, or all but the last directory, in the place of each `Tree`, under their right digest. */
function retree(cache: MemoryCache, bytes: Buffer | undefined): void {
  rewrite(cache, (each) => {
    const tree = cache.blobs.get(each.treeDigest)!;
    // It begins with the root, whose length fits into one or two bytes.
    const head = tree[1]! < 128 ? 2 + tree[1]! : 3 + (tree[1]! - 128) + tree[2]! * 128;
    const other = bytes ?? tree.subarray(0, head);
    const treeDigest = digestBytes(other);
    cache.blobs.set(treeDigest, Buffer.from(other));
    return { ...each, treeDigest };
  });
}

describe.each(wrongs)("a tree %s", (_, isTold, spoil) => {
  const failures = isTold ? 1 : 0;

  test("is made again when a command needs it, in the same build", async () => {
    for (const fetch of ["needed", "targets", "all"] as const) {
      const cache = await filled((rig) => pair(rig).app);
      spoil(cache);
      await using there = await machine(cache, { fetch });
      const { app, compile } = pair(there.rig, "relink");
      const report = await there.rig.build(app);
      expect(await report.text(app)).toBe("o of main, o of lib");
      expect(report.ran, fetch).toEqual(["compile", "relink"]);
      expect(compile.runs).toBe(1);
      expect(report.remoteCache?.failures, fetch).toBe(failures);
      // And what is there by now is right, for everybody.
      await using third = await machine(cache);
      const found = await third.rig.build(pair(third.rig, "relink").obj);
      expect(found.ran).toEqual([]);
    }
  });

  test("is made again when it is a target", async () => {
    for (const fetch of ["needed", "targets", "all"] as const) {
      const cache = await filled((rig) => pair(rig).app);
      spoil(cache);
      await using there = await machine(cache, { fetch });
      const { obj } = pair(there.rig);
      const report = await there.rig.build(obj);
      expect(await report.list(obj)).toEqual(["lib/lib.o", "main.o"]);
      expect(report.ran, fetch).toEqual(["compile"]);
    }
  });

  test("is made again when a part of it is to be looked at", async () => {
    const cache = await filled((rig) => pair(rig).app);
    spoil(cache);
    await using there = await machine(cache);
    const { obj } = pair(there.rig);
    const [app, use] = there.rig.stage("use", { lib: obj.dir("lib") }, "app");
    use.always(async (call) => ({ app: await call.text("lib/lib.o") }));
    const report = await there.rig.build(app);
    expect(await report.text(app)).toBe("o of lib");
    expect(report.ran).toEqual(["compile", "use"]);
  });

  test("is made again when somebody reads a report", async () => {
    const cache = await filled((rig) => pair(rig).app);
    await using there = await machine(cache, { fetch: "needed" });
    const { app, obj, compile } = pair(there.rig);
    spoil(cache);
    const report = await there.rig.build(app);
    expect(await report.list(obj)).toEqual(["lib/lib.o", "main.o"]);
    expect(await report.text(obj.file("main.o"))).toBe("o of main");
    expect(compile.runs).toBe(1);
  });

  test("is made again in a later build, by one who has the result already", async () => {
    const cache = await filled((rig) => pair(rig).app);
    await using there = await machine(cache, { fetch: "needed" });
    spoil(cache);
    const first = await there.rig.build(pair(there.rig).app);
    const { app } = pair(there.rig, "relink");
    const report = await there.rig.build(app);
    expect(await report.text(app)).toBe("o of main, o of lib");
    // When it is found out depends on whether `link` is in the cache, under the root that is said.
    expect([...first.ran, ...report.ran].filter((name) => name !== "link")).toEqual([
      "compile",
      "relink",
    ]);
  });
});

test("a tree that the cache does not give now is made again, and not asked for over and over", async () => {
  const cache = await filled((rig) => pair(rig).app);
  const trees = new Set(treesIn(cache));
  await using there = await machine(cache, { random: () => 0.5 });
  let asked = 0;
  cache.fault = (call, digests) => {
    if (call !== "readAll" || !digests.some((each) => trees.has(each))) return;
    asked++;
    refused();
  };
  const { app } = pair(there.rig, "relink");
  const progress = { isOver: false };
  const building = there.rig.build(app).finally(() => (progress.isOver = true));
  while (!progress.isOver) {
    await quiet();
    there.rig.clock.advance(50);
  }
  const report = await building;
  expect(await report.text(app)).toBe("o of main, o of lib");
  expect(report.ran).toEqual(["compile", "relink"]);
  expect(asked).toBe(5);
});

test("what is said of a root is signed", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const options = { signing: { keyId: "ci", key: privateKey }, trusted: { ci: publicKey } };
  const cache = new MemoryCache();
  const build = async () => {
    const store = withRemote(new MemoryStore(), signed(cache, options), { write: true });
    await using rig = await BuildRig.create(store);
    return await rig.build(pair(rig).app);
  };
  await build();
  expect((await build()).ran).toEqual([]);
  const other = digestBytes(Buffer.from("another root"));
  rewrite(cache, (each) => ({ ...each, rootDigest: other }));
  const report = await build();
  expect(report.ran).toEqual(["compile"]);
  expect(report.remoteCache?.remarks).toEqual([
    "1 result was not believed: its signature is wrong",
  ]);
});
