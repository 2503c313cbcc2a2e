/**
 * Claims: who runs an action, among builds and processes on one store.
 *
 * @module
 */
import { fork, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { File } from "../../src/artifact/handle.ts";
import { systemClock } from "../../src/base/clock.ts";
import { tryBuild } from "../../src/build/build.ts";
import { hashOf } from "../../src/digest/digest.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { DiskClaims } from "../../src/store/claims.ts";
import { collectGarbage } from "../../src/store/collect-garbage.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { echoRunner } from "../build/players.ts";
import { bundleProgram } from "./bundle-program.ts";
import { deadHolder, freshStore, keyOf } from "./care-bench.ts";
import type { Landed, Said } from "./flight-program.ts";

const key = keyOf("a");
const never = new AbortController().signal;

/** Has a holder of this name claim a key. */
function claimAs(store: DiskStore, holder: string): string {
  const folder = join(store.directory, "claims");
  fs.mkdirSync(folder, { recursive: true });
  const path = join(folder, hashOf(key));
  fs.writeFileSync(path, holder);
  return path;
}

describe("a claim", () => {
  test("is one's alone until it is given back, in whatever object", () => {
    const { directory } = freshStore();
    const [one, other] = [new DiskClaims(directory), new DiskClaims(directory)];
    const claim = one.take(key);
    expect(claim).toBeDefined();
    expect(one.take(key)).toBeUndefined();
    expect(other.take(key)).toBeUndefined();
    expect(other.take(keyOf("b"))).toBeDefined();
    claim?.[Symbol.dispose]();
    expect(other.take(key)).toBeDefined();
  });

  test("of a dead process is taken over, and ends in good order", async () => {
    const store = freshStore();
    const path = claimAs(store, deadHolder());
    const { claims } = store;
    const claim = claims.take(key);
    expect(claims.take(key)).toBeUndefined();
    claim?.[Symbol.dispose]();
    expect(fs.existsSync(path)).toBe(false);
  });

  test("of a process that cannot be looked for keeps nobody from work", () => {
    const store = freshStore();
    const path = claimAs(store, "4711-1-00000000");
    store.claims.take(key)?.[Symbol.dispose]();
    expect(store.claims.take(key)).toBeDefined();
    expect(fs.readFileSync(path, "utf8")).toBe("4711-1-00000000");
  });

  test("is everybody's where nothing can be written", () => {
    for (const directory of ["/proc/self/store", "/dev/null/store"]) {
      const claims = new DiskClaims(directory);
      expect(claims.take(key)).toBeDefined();
      expect(claims.take(key)).toBeDefined();
    }
  });

  test("is made again when the store was removed", () => {
    const { directory, claims } = freshStore();
    const claim = claims.take(key);
    fs.rmSync(directory, { recursive: true });
    claim?.[Symbol.dispose]();
    expect(claims.take(key)).toBeDefined();
    expect(claims.take(key)).toBeUndefined();
  });

  test("leaves nothing behind when the build is over", () => {
    const store = freshStore();
    const hold = store.hold();
    store.claims.take(key)?.[Symbol.dispose]();
    hold[Symbol.dispose]();
    expect(fs.readdirSync(join(store.directory, "claims"))).toEqual([]);
  });

  test("of the dead is removed with the garbage, and no other", async () => {
    const store = freshStore();
    const dead = claimAs(store, deadHolder());
    const claim = store.claims.take(keyOf("b"));
    await collectGarbage(store, { maxBytes: 0 });
    expect(fs.existsSync(dead)).toBe(false);
    expect(store.claims.take(keyOf("b"))).toBeUndefined();
    claim?.[Symbol.dispose]();
  });
});

describe("waiting for a claim", () => {
  test("ends when it is given back", async () => {
    const { claims } = freshStore();
    const claim = claims.take(key);
    const waits = [1, 2, 3].map(async () => await claims.released(key, systemClock, never));
    claim?.[Symbol.dispose]();
    await Promise.all(waits);
    expect(claims.take(key)).toBeDefined();
  });

  test("ends when its holder turns out to be dead", async () => {
    const store = freshStore();
    const path = claimAs(store, `${process.pid}-0-00000000`);
    await store.claims.released(key, systemClock, never);
    fs.writeFileSync(path, deadHolder());
    await store.claims.released(key, systemClock, never);
    expect(store.claims.take(key)).toBeDefined();
  });

  test("can be cancelled, and leaves no timer", async () => {
    const { claims } = freshStore();
    using _ = claims.take(key);
    let timers = 0;
    const clock = {
      now: () => 0,
      after: () => {
        timers++;
        return () => void timers--;
      },
    };
    const cancel = new AbortController();
    const wait = claims.released(key, clock, cancel.signal);
    expect(timers).toBe(1);
    cancel.abort(new Error("enough"));
    await expect(wait).rejects.toThrow("enough");
    expect(timers).toBe(0);
    await expect(claims.released(key, clock, cancel.signal)).rejects.toThrow("enough");
  });
});

test("two builds in one process run one action once, and neither keeps a slot while it waits", async () => {
  const store = freshStore();
  const make = stage("make", () => sh`make ${out.file("made")}`);
  const other = stage("other", () => sh`other ${out.file("made")}`);
  const echo = echoRunner();
  let runs = 0;
  let go = (): void => {};
  const isFree = new Promise<void>((resolve) => (go = resolve));
  let started = (): void => {};
  const isStarted = new Promise<void>((resolve) => (started = resolve));
  const slow: Runner = {
    ...echo,
    run: async (...given) => {
      runs++;
      started();
      await isFree;
      return await echo.run(...given);
    },
  };
  const first = tryBuild(make(), { runner: slow, store });
  await isStarted;
  // The one slot is taken by the first to come, which has to wait for the other build.
  const quick: Runner = {
    ...echo,
    run: async (action, context) => {
      if (action.name === "other") go();
      else runs++;
      return await echo.run(action, context);
    },
  };
  const second = await tryBuild([make(), other()], {
    ...{ runner: quick, store: new DiskStore(store.directory), slots: 1 },
  });
  expect(await first).toMatchObject({ ran: ["make"] });
  expect(second).toMatchObject({ outcome: "succeeded", ran: ["other"], reused: ["make"] });
  expect(runs).toBe(1);
});

test("builds of one graph, at once on one store, run every action once, whatever the graph", async () => {
  const graphs = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 1, max: 3 }), async (calls, slots) => {
      const { directory } = freshStore();
      const made: File[] = [];
      for (const [at, needs] of calls.entries()) {
        const below = at === 0 ? [] : needs.map((need) => made[need % at]!);
        made.push(stage(`s${at}`, () => sh`make ${at} ${below} ${out.file("made")}`)());
      }
      const echo = echoRunner();
      const keys: string[] = [];
      const runner: Runner = {
        ...echo,
        run: async (action, context) => {
          keys.push(action.key);
          await new Promise((resolve) => setImmediate(resolve));
          return await echo.run(action, context);
        },
      };
      const options = { runner, slots };
      const reports = await Promise.all(
        [1, 2, 3].map(
          async () => await tryBuild(made, { ...options, store: new DiskStore(directory) }),
        ),
      );
      for (const { outcome } of reports) expect(outcome).toBe("succeeded");
      expect(keys).toHaveLength(new Set(keys).size);
      expect(keys).toHaveLength(calls.length);
    }),
    { numRuns: 25 },
  );
});

describe("two processes that build the same", () => {
  const folder = fs.mkdtempSync(join(tmpdir(), "ashlar-claims-"));
  let program = "";
  const children = new Set<Child>();
  beforeAll(async () => {
    const source = new URL("flight-program.ts", import.meta.url);
    program = await bundleProgram(source, folder);
  });
  afterAll(() => {
    for (const child of children) child.kill();
    fs.rmSync(folder, { recursive: true });
  });

  const start = (store: DiskStore): Child => {
    const child = new Child(fork(program, [store.directory], { stdio: "inherit" }));
    children.add(child);
    return child;
  };

  test("run it once", async () => {
    const store = freshStore();
    const one = start(store);
    expect(await one.next()).toBe("running");
    const [two, three] = [start(store), start(store)];
    expect(await two.next()).toBe("waiting");
    expect(await three.next()).toBe("waiting");
    one.say({ exitCode: 0 });
    expect(await one.next()).toMatchObject({ ran: ["make"] });
    expect(await two.next()).toMatchObject({ ran: [], reused: ["make"] });
    expect(await three.next()).toMatchObject({ ran: [], reused: ["make"] });
  });

  test("run it again when the first one fails", async () => {
    const store = freshStore();
    const one = start(store);
    expect(await one.next()).toBe("running");
    const two = start(store);
    expect(await two.next()).toBe("waiting");
    one.say({ exitCode: 1 });
    expect(await one.next()).toMatchObject({ outcome: "failed" });
    expect(await two.next()).toBe("running");
    two.say({ exitCode: 0 });
    expect(await two.next()).toMatchObject({ ran: ["make"] });
  });

  test("run it again when the first one is killed", async () => {
    const store = freshStore();
    const one = start(store);
    expect(await one.next()).toBe("running");
    const two = start(store);
    expect(await two.next()).toBe("waiting");
    one.kill();
    expect(await two.next()).toBe("running");
    two.say({ exitCode: 0 });
    expect(await two.next()).toMatchObject({ ran: ["make"] });
  });

  test("do not wait when they are cancelled", async () => {
    const store = freshStore();
    const one = start(store);
    expect(await one.next()).toBe("running");
    const two = start(store);
    expect(await two.next()).toBe("waiting");
    two.say("cancel");
    expect(await two.next()).toMatchObject({ outcome: "cancelled" });
    one.say({ exitCode: 0 });
    expect(await one.next()).toMatchObject({ ran: ["make"] });
  });
});

/** A process, and what it says, in order. */
class Child {
  readonly #process: ChildProcess;
  readonly #said: (Landed | string)[] = [];
  #hear: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#process = child;
    child.on("message", (message: Landed | string) => {
      this.#said.push(message);
      this.#hear();
    });
  }

  async next(): Promise<Landed | string | undefined> {
    if (this.#said.length === 0) await new Promise<void>((resolve) => (this.#hear = resolve));
    return this.#said.shift();
  }

  say(said: Said): void {
    this.#process.send(said);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}
