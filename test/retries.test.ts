/**
 * Retries: a failed command is run again, in a fresh place, on the build's clock.
 *
 * @module
 */
import { rmSync } from "node:fs";

import { all, attempt, build, sh, stage, tryBuild } from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { stageFailed } from "../packages/core/src/errors/command-errors.ts";
import { delayOfRetry } from "../packages/core/src/schedule/retry.ts";
import { blobPath, BuildRig } from "./rig/build-rig.ts";

/** Lets the time pass that a command waits before it is run again. */
async function wait(rig: BuildRig, ms: number): Promise<void> {
  await somebodyWaits(rig);
  rig.clock.advance(ms);
}

async function somebodyWaits(rig: BuildRig): Promise<void> {
  while (rig.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe("a command that may be run again", () => {
  test("succeeds when a later run does, and is reused like any other", async () => {
    await using rig = await BuildRig.create();
    const [made, make] = rig.stage({ name: "make", run: { retries: 2 } }, {}, "made");
    const building = rig.build(made);
    (await make.next()).fail(1, "the moon is full\n");
    (await make.next()).fail(2);
    (await make.next()).exit({ made: "bytes" });
    const report = await building;
    expect(report).toMatchObject({ ran: ["make"], failed: [] });
    expect(report.stages).toMatchObject([{ attempts: 3 }]);
    expect(rig.events.map(({ type }) => type)).toEqual([
      "build-started",
      ...["stage-started", "stage-output", "stage-retried"],
      ...["stage-started", "stage-retried"],
      ...["stage-started", "stage-settled", "build-settled"],
    ]);
    const retried = rig.events.filter((event) => event.type === "stage-retried");
    expect(retried).toMatchObject([
      { name: "make", attempt: 1, delayMs: 0, error: { message: "stage `make` exited with 1" } },
      { name: "make", attempt: 2, error: { message: "stage `make` exited with 2" } },
    ]);
    expect(rig.events.at(-2)).toMatchObject({ outcome: "ran", attempts: 3 });

    const again = await rig.build(made);
    expect(again).toMatchObject({ reused: ["make"], stages: [{ attempts: 0 }] });
  });

  test("fails with its last failure when all runs do", async () => {
    await using rig = await BuildRig.create();
    const [made, make] = rig.stage({ name: "make", run: { retries: 1 } }, {}, "made");
    const building = rig.tryBuild(made);
    (await make.next()).fail(1);
    (await make.next()).fail(2);
    const report = await building;
    expect(report.errors).toMatchObject([
      { message: "stage `make` exited with 2", facts: { attempts: "2" } },
    ]);
    expect(report.stages).toMatchObject([{ outcome: "failed", attempts: 2 }]);
    expect(make.runs).toBe(2);
  });

  test("is run again when it is out of time, each run with all of its time", async () => {
    await using rig = await BuildRig.create();
    const run = { retries: 1, timeoutMs: 1000 };
    const [made, make] = rig.stage({ name: "make", run }, {}, "made");
    const building = rig.build(made);
    await make.next();
    rig.clock.advance(1000);
    const second = await make.next();
    rig.clock.advance(900);
    second.exit({ made: "" });
    expect((await building).stages).toMatchObject([{ outcome: "ran", attempts: 2 }]);
  });

  test("is run again when the runner breaks down", async () => {
    await using rig = await BuildRig.create();
    const [made, make] = rig.stage({ name: "make", run: { retries: 1 } }, {}, "made");
    let runs = 0;
    make.always(() => {
      runs++;
      if (runs === 1) throw new Error("out of magic");
      return { made: "" };
    });
    expect((await rig.build(made)).stages).toMatchObject([{ attempts: 2 }]);
  });

  test("is not run again for what another run cannot mend", async () => {
    await using rig = await BuildRig.create();
    const [made, make] = rig.stage({ name: "make", run: { retries: 3 } }, {}, "made");
    make.always({ elsewhere: "" });
    const report = await rig.tryBuild(made);
    expect(report.errors).toMatchObject([{ code: "OUTPUT_MISSING" }]);
    expect(report.errors[0]?.facts).not.toHaveProperty("attempts");
    expect(make.runs).toBe(1);
  });

  test("needs no second run for an exit code that is wanted", async () => {
    const retried = stage("retried", () => attempt(sh({ retries: 5 })`suite`));
    const runner = mockRunner().on(retried, { exitCode: 1 });
    await using rig = await BuildRig.create();
    await build(retried(), { runner, store: rig.store });
    expect(runner.calls).toHaveLength(1);
  });

  test("waits on the build's clock, longer each time, and without a slot", async () => {
    await using rig = await BuildRig.create();
    const retries = { times: 3, delayMs: 1000, backoff: 2 };
    const [made, make] = rig.stage({ name: "make", run: { retries } }, {}, "made");
    const [other, beside] = rig.stage("other", { made: made.after() }, "o");
    const [third, between] = rig.stage("third", {}, "t");
    beside.always({ o: "" });
    const building = rig.build(all({ other, third }), { slots: 1 });
    (await make.next()).fail(1);
    // The only slot is free while `make` waits.
    (await between.next()).exit({ t: "" });
    await wait(rig, 1000);
    (await make.next()).fail(1);
    await wait(rig, 1999);
    expect(rig.clock.pending).toBe(1);
    rig.clock.advance(1);
    (await make.next()).fail(1);
    await wait(rig, 4000);
    (await make.next()).exit({ made: "" });
    expect((await building).ran).toEqual(["third", "make", "other"]);
    const delays = rig.events.flatMap((event) =>
      event.type === "stage-retried" ? [event.delayMs] : [],
    );
    expect(delays).toEqual([1000, 2000, 4000]);
    expect(rig.clock.pending).toBe(0);
  });

  test("can be cancelled while it waits", async () => {
    await using rig = await BuildRig.create();
    const retries = { times: 1, delayMs: 60_000 };
    const [made, make] = rig.stage({ name: "make", run: { retries } }, {}, "made");
    const controller = new AbortController();
    const building = rig.tryBuild(made, {
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === "stage-retried") setImmediate(() => controller.abort(new Error("enough")));
      },
    });
    (await make.next()).fail(1);
    expect(await building).toMatchObject({ outcome: "cancelled", cancelled: ["make"] });
    expect(rig.clock.pending).toBe(0);
  });

  test("ends with the build when something else fails while it waits", async () => {
    await using rig = await BuildRig.create();
    const retries = { times: 1, delayMs: 60_000 };
    const [made, make] = rig.stage({ name: "make", run: { retries } }, {}, "made");
    const [bad, fails] = rig.stage("bad", {});
    const building = rig.tryBuild(all({ made, bad }));
    const failing = await fails.next();
    (await make.next()).fail(1);
    await somebodyWaits(rig);
    failing.fail(3);
    expect(await building).toMatchObject({ failed: ["bad"], cancelled: ["make"] });
    expect(rig.clock.pending).toBe(0);
  });

  test("has the key that it has without retries", async () => {
    await using rig = await BuildRig.create();
    const plain = { name: "make", program: "make" };
    const [one, make] = rig.stage(plain, {}, "made");
    make.always({ made: "" });
    await rig.build(one);
    const [two] = rig.stage({ ...plain, run: { retries: 4 } }, {}, "made");
    expect((await rig.build(two)).reused).toEqual(["make"]);
  });
});

describe("a command with side effects", () => {
  test("runs in every build, and what stands on it only when its outputs change", async () => {
    await using rig = await BuildRig.create();
    const [url, deploy] = rig.stage({ name: "deploy", run: { sideEffects: true } }, {}, "url");
    const [seen, look] = rig.stage("look", { url }, "seen");
    deploy.always({ url: "https://one.example" });
    look.always({ seen: "" });
    expect((await rig.build(seen)).ran).toEqual(["deploy", "look"]);
    expect(await rig.build(seen)).toMatchObject({ ran: ["deploy"], reused: ["look"] });
    expect(await rig.build(url)).toMatchObject({ ran: ["deploy"] });
    deploy.always({ url: "https://two.example" });
    expect(await rig.build(seen)).toMatchObject({ ran: ["deploy", "look"] });
    expect(deploy.runs).toBe(4);
  });

  test("runs once in a build, however often it is called", async () => {
    await using rig = await BuildRig.create();
    const spec = { name: "deploy", program: "deploy", run: { sideEffects: true } };
    const [one, first] = rig.stage(spec, {}, "url");
    const [two, second] = rig.stage(spec, {}, "url");
    first.always({ url: "u" });
    second.always({ url: "u" });
    const report = await rig.build(all({ one, two }));
    expect(report).toMatchObject({ ran: ["deploy"], reused: ["deploy"] });
    expect(first.runs + second.runs).toBe(1);
  });

  test("is not taken for the same command without, nor that for it", async () => {
    await using rig = await BuildRig.create();
    const [plain, make] = rig.stage({ name: "plain", program: "deploy" }, {}, "url");
    make.always({ url: "u" });
    await rig.build(plain);
    const spec = { name: "deploy", run: { sideEffects: true } };
    const [url, deploy] = rig.stage(spec, {}, "url");
    deploy.always({ url: "u" });
    const report = await rig.build(url);
    expect(report.ran).toEqual(["deploy"]);
    expect(await rig.store.actions.get(report.stages[0]!.key!)).toBeUndefined();
  });

  test("is not run again to read what it wrote", async () => {
    await using rig = await BuildRig.create();
    const [url, deploy] = rig.stage({ name: "deploy", run: { sideEffects: true } }, {}, "url");
    deploy.always({ url: "https://one.example" });
    const report = await rig.build(url);
    rmSync(blobPath(rig, await report.digest(url)));
    await expect(report.text(url)).rejects.toMatchObject({ code: "BLOB_LOST" });
    expect(deploy.runs).toBe(1);
  });
});

describe("bad options", () => {
  const codeOf = (make: () => unknown): unknown => {
    try {
      make();
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
    return "none";
  };

  test("retries of what has side effects", () => {
    for (const retries of [1, { times: 2 }]) {
      expect(codeOf(() => sh({ retries, sideEffects: true })`deploy`)).toBe(
        "RETRY_WITH_SIDE_EFFECTS",
      );
    }
    expect(codeOf(() => sh({ retries: 0, sideEffects: true })`deploy`)).toBe("none");
  });

  test.each([
    ...[-1, 1.5, NaN, Infinity, "2", null, true, {}],
    ...[{ times: -1 }, { times: 1, delayMs: -1 }, { times: 1, delayMs: 2 ** 31 }],
    ...[
      { times: 1, delayMs: "1s" },
      { times: 1, backoff: 0.5 },
      { times: 1, backoff: Infinity },
    ],
  ])("retries that make no sense: %j", (retries) => {
    expect(codeOf(() => sh({ retries: retries as never })`make`)).toBe("INVALID_OPTION");
  });

  test.each([1, "yes", null])("side effects that are no yes and no no: %j", (sideEffects) => {
    expect(codeOf(() => sh({ sideEffects: sideEffects as never })`make`)).toBe("INVALID_OPTION");
  });
});

test("there are as many retries as asked for, each wait as long as the last or longer, within bounds", () => {
  const error = stageFailed({
    ...{ stage: "s", argv: [], exitCode: 1, signal: undefined, declaredAt: undefined },
    ...{ log: [], tools: undefined },
  });
  const retries = fc.record({
    times: fc.nat({ max: 50 }),
    delayMs: fc.nat({ max: 2 ** 31 - 1 }),
    backoff: fc.double({ min: 1, max: 1e9, noNaN: true }),
  });
  fc.assert(
    fc.property(retries, (given) => {
      const delays: number[] = [];
      for (let runs = 1; ; runs++) {
        const delay = delayOfRetry(given, runs, error);
        if (delay === undefined) break;
        expect(delay).toBeGreaterThanOrEqual(delays.at(-1) ?? given.delayMs);
        expect(delay).toBeLessThan(2 ** 31);
        delays.push(delay);
      }
      expect(delays).toHaveLength(given.times);
    }),
  );
  expect(delayOfRetry(undefined, 1, error)).toBeUndefined();
});

test("a build without a clock in hand retries, too", async () => {
  await using rig = await BuildRig.create();
  const flaky = stage("flaky", () => sh({ retries: { times: 1, delayMs: 1 } })`flaky`);
  let runs = 0;
  const runner = mockRunner().on(flaky, () => ({ exitCode: runs++ === 0 ? 1 : 0 }));
  const report = await tryBuild(flaky(), { runner, store: rig.store });
  expect(report.stages).toMatchObject([{ outcome: "ran", attempts: 2 }]);
});
