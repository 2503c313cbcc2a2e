/**
 * Remote caches: what one machine has built, another one finds; and whatever happens to the cache, a build gives what
 * it would give without.
 *
 * A machine is a rig with a store of its own. Folders are shared, or a cache in memory whose faults the test holds.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  all,
  build,
  digestBytes,
  dynamic,
  MemoryStore,
  out,
  secret,
  sh,
  source,
  stage,
  type Digest,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import {
  sharedFolder,
  withRemote,
  type RemoteCache,
  type RemoteOptions,
  type RemoteStore,
} from "@ashlar/runner-remote";
import { describe, expect, onTestFinished, test } from "vitest";

import { MemoryCache, refused, silent } from "../packages/runners/remote/test/memory-cache.ts";
import { someBytes } from "../packages/runners/remote/test/remote-cache-contract.ts";
import { BuildRig } from "./rig/build-rig.ts";
import { quiet } from "./rig/quiet.ts";

/** A machine: a project, a store, and the cache that it shares. */
interface Machine extends AsyncDisposable {
  readonly rig: BuildRig;
  readonly local: MemoryStore;
  readonly store: RemoteStore;
}

async function machine(cache: RemoteCache, options: RemoteOptions = {}): Promise<Machine> {
  const local = new MemoryStore();
  const store = withRemote(local, cache, { write: true, ...options });
  const rig = await BuildRig.create(store);
  return { rig, local, store, [Symbol.asyncDispose]: async () => await rig[Symbol.asyncDispose]() };
}

/** compile ──▶ obj/ ──▶ link ──▶ app ──▶ check */
function pipeline(rig: BuildRig) {
  rig.write({ "src/main.c": "int main", "src/lib/lib.c": "lib" });
  const [obj, compile] = rig.stage("compile", { src: source("src") }, "obj/");
  const [app, link] = rig.stage("link", { obj }, "app");
  const [check, run] = rig.stage("check", { app });
  compile.always(async (call) => ({
    obj: {
      "main.o": `o of ${await call.text("src/main.c")}`,
      "lib/lib.o": "o of lib",
      unused: "x",
    },
  }));
  link.always(async (call) => ({ app: `${await call.text("obj/main.o")}, linked` }));
  run.always({});
  return { obj, app, check, compile, link, run };
}

test("what one machine has built, another finds in a shared folder: it executes nothing", async () => {
  await using here = await BuildRig.create();
  const folder = join(here.folder, "shared");
  const first = withRemote(join(here.folder, "a"), sharedFolder(folder), { write: true });
  const one = pipeline(here);
  const made = await here.build(all({ app: one.app, check: one.check }), { store: first });
  expect(made.ran.toSorted()).toEqual(["check", "compile", "link"]);
  expect(made.remoteCache).toMatchObject({ hits: 0, misses: 3, sentResults: 3, failures: 0 });

  await using there = await BuildRig.create();
  const second = withRemote(join(there.folder, "b"), sharedFolder(folder), { write: false });
  const two = pipeline(there);
  const found = await there.build(all({ app: two.app, check: two.check }), { store: second });
  expect(found.ran).toEqual([]);
  expect(found.reused.toSorted()).toEqual(["check", "compile", "link"]);
  expect(found.remoteCache).toMatchObject({ hits: 3, misses: 0, sentResults: 0, failures: 0 });
  expect(await found.text(two.app)).toBe("o of int main, linked");
  expect(await found.list(two.obj)).toEqual(["lib/lib.o", "main.o", "unused"]);
  await found.export(two.obj, "out");
  expect(readFileSync(join(there.project, "out/lib/lib.o"), "utf8")).toBe("o of lib");
  // And once more, from what is here by now: nobody asks the cache.
  const again = await there.build(all({ app: two.app, check: two.check }), { store: second });
  expect(again).toMatchObject({ ran: [], remoteCache: undefined });
});

describe("of what was found elsewhere,", () => {
  const sizes = (digests: readonly Digest[]): string[] => digests.map((each) => each.slice(-3));

  test("only needed bytes are fetched, and only when they are needed", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    await here.rig.build(pipeline(here.rig).check);

    await using there = await machine(cache, { fetch: "needed" });
    const { app, check, link, compile } = pipeline(there.rig);
    const found = await there.rig.build(all({ app, check }));
    // Not even the tree of `obj`: nobody has to know what is in it.
    expect(found.remoteCache).toMatchObject({ hits: 3, fetchedBlobs: 0 });
    expect(await found.text(app)).toBe("o of int main, linked");
    expect(there.store.summary()).toMatchObject({ fetchedBlobs: 1 });

    // Another linker needs the objects, which are fetched; the compiler still does not run.
    const [other, linkAgain] = there.rig.stage("relink", { obj: pipeline(there.rig).obj }, "other");
    linkAgain.always(async (call) => ({ other: await call.text("obj/main.o") }));
    cache.fetched.length = 0;
    const next = await there.rig.build(other);
    expect(next).toMatchObject({ ran: ["relink"], reused: ["compile"] });
    expect(await next.text(other)).toBe("o of int main");
    expect(cache.fetched.length, sizes(cache.fetched).join(" ")).toBeGreaterThan(0);
    expect([link.runs, compile.runs]).toEqual([0, 0]);
  });

  test("all targets are fetched by the end of the build, unless that was not asked for", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    await here.rig.build(pipeline(here.rig).app);

    for (const [fetch, isHere] of [
      ["targets", true],
      ["needed", false],
      ["all", true],
    ] as const) {
      await using there = await machine(cache, { fetch });
      const { app, obj } = pipeline(there.rig);
      const found = await there.rig.build(app);
      const missing = await there.local.missing([await found.digest(app)]);
      expect(missing.length === 0, fetch).toBe(isHere);
      const object = await found.digest(obj.file("main.o"));
      expect((await there.local.missing([object])).length === 0, fetch).toBe(fetch === "all");
    }
  });

  test("what a dynamic stage stands for is fetched when it is a target, also when nothing has changed", async () => {
    const cache = new MemoryCache();
    const chosen = (rig: BuildRig) => {
      const { app } = pipeline(rig);
      return dynamic.file("choose", { src: source("src") }, () => app);
    };
    await using here = await machine(cache);
    await here.rig.build(chosen(here.rig));
    await using there = await machine(cache);
    for (let time = 0; time < 2; time++) {
      const target = chosen(there.rig);
      const found = await there.rig.build(target);
      const digest = await found.digest(target);
      expect(found.ran).toEqual([]);
      expect(await there.local.missing([digest])).toEqual([]);
      there.local.evict(digest);
    }
  });

  test("logs are replayed", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    const [made, make] = here.rig.stage("make", {}, "made");
    const building = here.rig.build(made);
    (await make.next()).exit({ made: "bytes" }, { stdout: "a word or two\n" });
    await building;

    await using there = await machine(cache);
    const [found] = there.rig.stage("make", {}, "made");
    await there.rig.build(found);
    expect(there.rig.events).toContainEqual(
      expect.objectContaining({ type: "stage-output", text: "a word or two\n", isReplay: true }),
    );
  });

  test("a large blob is fetched in pieces, and goes on where it broke off", async () => {
    const cache = new MemoryCache();
    const bytes = someBytes(3_000_000);
    const large = (rig: BuildRig) => {
      const [made, make] = rig.stage("make", {}, "made");
      make.always({ made: bytes.toString("latin1") });
      return made;
    };
    await using here = await machine(cache);
    await here.rig.build(large(here.rig));

    await using there = await BuildRig.create();
    const store = withRemote(join(there.folder, "b"), cache, { random: () => 0 });
    cache.breaks = { afterBytes: 1_000_000, times: 2 };
    const target = large(there);
    const building = there.build(target, { store });
    await passTime(there, building);
    const found = await building;
    expect(found).toMatchObject({ ran: [], remoteCache: { fetchedBlobs: 1, failures: 0 } });
    expect(cache.calls.filter((call) => call === "read")).toHaveLength(3);
    expect(await found.text(target)).toBe(bytes.toString("latin1"));
  });
});

describe("a blob that the cache has lost", () => {
  test("makes its producer run again, in the same build, and is sent anew", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    const one = pipeline(here.rig);
    const made = await here.rig.build(one.app);
    const lost = await made.digest(one.obj.file("main.o"));
    cache.blobs.delete(lost);

    await using there = await machine(cache);
    const { obj, compile } = pipeline(there.rig);
    const [other, relink] = there.rig.stage("relink", { obj }, "other");
    relink.always(async (call) => ({ other: await call.text("obj/main.o") }));
    const found = await there.rig.build(other);
    expect(await found.text(other)).toBe("o of int main");
    expect(found.ran).toEqual(["compile", "relink"]);
    expect(compile.runs).toBe(1);
    expect(there.rig.events.some(({ type }) => type === "stage-rewound")).toBe(true);
    expect(cache.blobs.has(lost)).toBe(true);
  });

  test("and is a target makes it run again, whatever is fetched", async () => {
    for (const fetch of ["targets", "needed", "all"] as const) {
      const cache = new MemoryCache();
      await using here = await machine(cache);
      const one = pipeline(here.rig);
      const made = await here.rig.build(one.app);
      cache.blobs.delete(await made.digest(one.app));

      await using there = await machine(cache, { fetch });
      const { app } = pipeline(there.rig);
      const found = await there.rig.build(app);
      expect(await found.text(app)).toBe("o of int main, linked");
      expect(found.ran, fetch).toEqual(["link"]);
    }
  });

  test("and is what a dynamic stage stands for makes it run again, in the same build", async () => {
    for (const fetch of ["targets", "needed"] as const) {
      const cache = new MemoryCache();
      const chosen = (rig: BuildRig) => {
        const { app } = pipeline(rig);
        return { app, target: dynamic.file("choose", { src: source("src") }, () => app) };
      };
      await using here = await machine(cache);
      const one = chosen(here.rig);
      const made = await here.rig.build(one.target);
      cache.blobs.delete(await made.digest(one.app));

      await using there = await machine(cache, { fetch });
      const found = await there.rig.build(chosen(there.rig).target);
      expect(found.ran, fetch).toEqual(["link"]);
    }
  });

  test("and is a tree makes a miss, where all is fetched before a result counts", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    await here.rig.build(pipeline(here.rig).app);
    for (const [digest, bytes] of cache.blobs) {
      if (bytes.includes("lib.o") && bytes.includes("main.o")) cache.blobs.delete(digest);
    }
    await using there = await machine(cache, { fetch: "all" });
    const found = await there.rig.build(pipeline(there.rig).app);
    expect(found.ran).toEqual(["compile"]);
    expect(found.reused).toEqual(["link"]);
  });
});

describe("a blob that the cache says it has and does not give", () => {
  /** What comes of something, while time passes, and the cache answers others. */
  const timely = async <T>({ rig, store }: Machine, work: Promise<T>): Promise<T> => {
    const progress = { isOver: false };
    let others = 0;
    const watched = work.finally(() => (progress.isOver = true));
    watched.catch(() => {});
    while (!progress.isOver) {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      rig.clock.advance(50);
      void store.content.missing([digestBytes(Buffer.from(`blob ${others++}`))]);
    }
    return await watched;
  };

  /** A cache with all of the pipeline, which never gives one of its blobs, and others at once. */
  const filled = async (name: "app" | "main.o") => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    const one = pipeline(here.rig);
    const made = await here.rig.build(one.app);
    const hidden = await made.digest(name === "app" ? one.app : one.obj.file("main.o"));
    let asked = 0;
    cache.fault = (call, digests) => {
      if (!call.startsWith("read") || !digests.includes(hidden)) return;
      asked++;
      refused();
    };
    return { cache, hidden, asked: () => asked };
  };

  test("makes its producer run again when a command needs it, and is not asked for over and over", async () => {
    const { cache, asked } = await filled("main.o");
    await using there = await machine(cache, { random: () => 0.5 });
    const { obj } = pipeline(there.rig);
    const [other, relink] = there.rig.stage("relink", { obj }, "other");
    relink.always(async (call) => ({ other: await call.text("obj/main.o") }));
    const found = await timely(there, there.rig.build(other));
    expect(await found.text(other)).toBe("o of int main");
    expect(found.ran).toEqual(["compile", "relink"]);
    expect(asked()).toBe(5);
  });

  for (const fetch of ["targets", "needed", "all"] as const) {
    test(`makes it run again when it is asked for, where what is fetched is: ${fetch}`, async () => {
      const { cache } = await filled("app");
      await using there = await machine(cache, { fetch, random: () => 0.5 });
      const { app } = pipeline(there.rig);
      const found = await timely(there, there.rig.build(app));
      expect(await timely(there, found.text(app))).toBe("o of int main, linked");
    });
  }

  test("is fetched again by a later build", async () => {
    const { cache, hidden } = await filled("app");
    const options = { fetch: "needed", write: false, random: () => 0.5 } as const;
    await using there = await machine(cache, options);
    const { app, link } = pipeline(there.rig);
    const found = await timely(there, there.rig.build(app));
    await timely(there, found.text(app));
    expect(link.runs).toBe(1);
    there.local.evict(hidden);
    cache.fault = undefined;
    const later = await there.rig.build(app);
    expect(await later.text(app)).toBe("o of int main, linked");
    expect(later.ran).toEqual([]);
  });
});

test("other bytes than those of the digest are never used, and told of", async () => {
  const cache = new MemoryCache();
  await using here = await machine(cache);
  const one = pipeline(here.rig);
  const made = await here.rig.build(one.app);
  const digest = await made.digest(one.app);
  cache.blobs.set(digest, Buffer.from("o of int main, forged"));

  await using there = await machine(cache);
  const { app } = pipeline(there.rig);
  const found = await there.rig.build(app);
  expect(await found.text(app)).toBe("o of int main, linked");
  expect(found.ran).toEqual(["link"]);
  expect(found.remoteCache).toMatchObject({ failures: 1, error: { code: "REMOTE_UNFIT" } });
  // Though the service says that it has it, it gets the right ones.
  expect(cache.blobs.get(digest)?.toString()).toBe("o of int main, linked");
});

test.each([
  ["no message", Buffer.from([0xff, 0xff, 0xff])],
  ["empty", Buffer.alloc(0)],
])("a result that is %s is a miss", async (_, message) => {
  const cache = new MemoryCache();
  await using here = await machine(cache);
  await here.rig.build(pipeline(here.rig).app);
  for (const key of cache.results.keys()) cache.results.set(key, message);
  await using there = await machine(cache);
  expect((await there.rig.build(pipeline(there.rig).app)).ran).toEqual(["compile", "link"]);
});

describe("a cache that is dead", () => {
  test("and refuses is left alone when that is known, and told of once", async () => {
    const cache = new MemoryCache();
    cache.fault = refused;
    await using here = await machine(cache, { random: () => 0.5 });
    const building = here.rig.build(pipeline(here.rig).app);
    await passTime(here.rig, building);
    const made = await building;
    expect(made.ran).toEqual(["compile", "link"]);
    expect(made.remoteCache).toMatchObject({
      ...{ hits: 0, misses: 0, failures: 1, isGivenUp: true },
      error: { code: "REMOTE_UNAVAILABLE" },
    });
    // The first look-up was under way before it was known whether there is any use in it.
    expect(cache.calls.filter((call) => call !== "abilities")).toEqual(["getResult"]);
    expect(here.rig.clock.now()).toBeLessThan(1_000_000 + 3000);
  });

  test("and says nothing costs no more than a look-up may take", async () => {
    const cache = new MemoryCache();
    cache.fault = silent;
    await using here = await machine(cache);
    const building = here.rig.build(pipeline(here.rig).app);
    await passTime(here.rig, building);
    expect((await building).ran).toEqual(["compile", "link"]);
    expect(here.rig.clock.now()).toBeLessThan(1_000_000 + 3000);
  });

  test("from some moment on takes nothing from the build but what it has promised", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    await here.rig.build(pipeline(here.rig).app);

    await using there = await machine(cache);
    const { obj } = pipeline(there.rig);
    const [other, relink] = there.rig.stage("relink", { obj }, "other");
    relink.always(async (call) => ({ other: await call.text("obj/main.o") }));
    cache.fault = (call, digests) =>
      call === "readAll" && !digests.some((each) => isTree(cache, each)) ? silent() : undefined;
    const building = there.rig.build(other);
    await passTime(there.rig, building);
    const found = await building;
    expect(found.ran).toEqual(["compile", "relink"]);
    expect(await found.text(other)).toBe("o of int main");
    expect(found.remoteCache).toMatchObject({ hits: 1, isGivenUp: true });
  });

  test("gets another chance in the next build", async () => {
    const cache = new MemoryCache();
    cache.fault = refused;
    await using here = await machine(cache);
    const { app } = pipeline(here.rig);
    const building = here.rig.build(app);
    await passTime(here.rig, building);
    await building;
    cache.fault = undefined;
    const [other, make] = here.rig.stage("other", {}, "other");
    make.always({ other: "x" });
    const next = await here.rig.build(other);
    expect(next.remoteCache).toMatchObject({ sentResults: 1, failures: 0, isGivenUp: false });
  });
});

test("what fails once is tried again", async () => {
  const cache = new MemoryCache();
  const failed = new Set<string>();
  cache.fault = (call) => {
    if (failed.has(call)) return;
    failed.add(call);
    refused();
  };
  await using here = await machine(cache);
  const building = here.rig.build(pipeline(here.rig).app);
  await passTime(here.rig, building);
  expect((await building).remoteCache).toMatchObject({ sentResults: 2, failures: 0 });
});

describe("results are sent", () => {
  test("in a CI, and elsewhere only by those who ask for it", async () => {
    const cases: readonly (readonly [RemoteOptions, number])[] = [
      [{ write: "auto", env: {} }, 0],
      [{ write: "auto", env: { CI: "false" } }, 0],
      [{ write: "auto", env: { CI: "true" } }, 2],
      [{ write: true, env: {} }, 2],
      [{ write: false, env: { CI: "1" } }, 0],
    ];
    for (const [options, sent] of cases) {
      const cache = new MemoryCache();
      await using here = await machine(cache, options);
      await here.rig.build(pipeline(here.rig).app);
      expect(cache.results.size).toBe(sent);
      if (sent === 0) expect(cache.blobs.size).toBe(0);
    }
  });

  test("behind all that they name", async () => {
    const cache = new MemoryCache();
    cache.fault = (call) => {
      if (call === "putResult") order.push(cache.blobs.size);
    };
    const order: number[] = [];
    await using here = await machine(cache);
    const { app } = pipeline(here.rig);
    await here.rig.build(app);
    const { results, blobs } = cache;
    expect(order).toHaveLength(2);
    // The action of each is there, and its command, and the tree.
    for (const key of results.keys()) expect(blobs.has(key)).toBe(true);
    // The root of that, too: there are services that look for what a result names.
    expect([...blobs.values()].filter((bytes) => bytes.includes("main.o"))).toHaveLength(2);
  });

  test("unless the command has side effects, or a secret", async () => {
    const cache = new MemoryCache();
    await using here = await machine(cache);
    const { rig } = here;
    const [pushed, push] = rig.stage({ name: "push", run: { sideEffects: true } }, {}, "pushed");
    push.always({ pushed: "x" });
    const env = { TOKEN: secret("TOKEN", { from: () => "s3cret-value" }) };
    const pull = stage("pull", () => sh({ env })`pull ${out.file("pulled")}`);
    const report = await build(all({ pushed, pulled: pull() }), {
      runner: mockRunner({ onUnmatched: "succeed-empty" }),
      store: here.store,
    });
    expect(report.ran.toSorted()).toEqual(["pull", "push"]);
    expect([cache.results.size, cache.blobs.size]).toEqual([0, 0]);
    expect(report.remoteCache?.remarks).toEqual([
      "1 result was not sent: the command has a secret",
    ]);
  });

  test("not to a cache that takes nothing, which is told of", async () => {
    const cache = new MemoryCache();
    cache.canWrite = false;
    await using here = await machine(cache);
    const report = await here.rig.build(pipeline(here.rig).app);
    expect(cache.blobs.size).toBe(0);
    expect(report.remoteCache?.remarks).toEqual([
      "2 results were not sent: nothing is taken from us",
    ]);
  });

  test("by the end of the build, however slow that is", async () => {
    const cache = new MemoryCache();
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    cache.fault = async (call) => {
      if (call === "putResult") await gate;
    };
    await using here = await machine(cache);
    let isOver = false;
    const building = here.rig.build(pipeline(here.rig).app).finally(() => (isOver = true));
    await quiet(200);
    expect(isOver).toBe(false);
    open();
    await building;
    expect(cache.results.size).toBe(2);
  });

  test("no more when the build is cancelled, which does not wait for it", async () => {
    const cache = new MemoryCache();
    cache.fault = async (call) => {
      if (call === "writeAll") await silent();
    };
    await using here = await machine(cache);
    const controller = new AbortController();
    const { app } = pipeline(here.rig);
    const building = here.rig.tryBuild(app, { signal: controller.signal });
    await quiet(200);
    controller.abort();
    const report = await building;
    expect(report.outcome).toBe("succeeded");
    expect(cache.results.size).toBe(0);
  });
});

test("a build that is cancelled while it waits for the cache ends at once", async () => {
  const cache = new MemoryCache();
  cache.fault = silent;
  await using here = await machine(cache);
  const controller = new AbortController();
  const building = here.rig.tryBuild(pipeline(here.rig).app, { signal: controller.signal });
  await quiet();
  controller.abort();
  const report = await building;
  expect(report.outcome).toBe("cancelled");
  expect(report.remoteCache).toBe(undefined);
});

test("the event says what the report says", async () => {
  const cache = new MemoryCache();
  await using here = await machine(cache);
  const report = await here.rig.build(pipeline(here.rig).app);
  const told = here.rig.events.find(({ type }) => type === "remote-cache-used");
  expect(told).toMatchObject({ ...report.remoteCache });
  expect(here.rig.events.at(-1)?.type).toBe("build-settled");
});

test.each([{ write: "yes" }, { fetch: "some" }, { lookUpMs: -1 }, { silenceMs: Number.NaN }])(
  "the options %j make no sense",
  (options) => {
    const make = (): unknown => withRemote(new MemoryStore(), new MemoryCache(), options as never);
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  },
);

/** Lets time pass, a bit whenever nothing else can happen, until something is over. */
async function passTime(rig: BuildRig, until: Promise<unknown>): Promise<void> {
  const progress = { isOver: false };
  const over = (): void => {
    progress.isOver = true;
  };
  until.then(over, over);
  onTestFinished(over);
  for (; !progress.isOver; rig.clock.advance(50)) {
    await quiet();
  }
}

function isTree(cache: MemoryCache, digest: Digest): boolean {
  return cache.blobs.get(digest)?.includes("lib.o") === true;
}
