/**
 * Virtual time: builds of hours, on a clock that goes on when nothing else can. Failure handling is about
 * time, so its whole chapter is here: each test says when something happens, and none waits for it.
 *
 * @module
 */
import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  attempt,
  build,
  cache,
  DiskStore,
  dynamic,
  MemoryStore,
  out,
  seq,
  sh,
  source,
  stage,
  tryBuild,
  validate,
  type BuildError,
  type BuildEvent,
  type BuildOptions,
  type Check,
  type File,
  type Report,
  type RunOptions,
  type Store,
  type Targets,
} from "@ashlar/core";
import { mockRunner, virtualClock, type MockRunner, type MockScript } from "@ashlar/runner-mock";
import { describe, expect, onTestFinished, test } from "vitest";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** A call of a new stage that makes nothing. */
function step(name: string, options: RunOptions = {}): Check {
  return stage(name, () => sh(options)`${name}`)();
}

/** A call of a new stage that makes a file of its name. */
function maker(name: string, options: RunOptions = {}): File {
  return stage(name, () => sh(options)`${name} ${out.file("made")}`)();
}

/** Scripts by the names of their stages. */
function scripted(scripts: Readonly<Record<string, MockScript>>): MockRunner {
  const runner = mockRunner();
  for (const [name, script] of Object.entries(scripts)) runner.on(name, script);
  return runner;
}

/** What became of a build, and when: on a clock that starts at 0. */
async function timeline(
  targets: Targets,
  scripts: Readonly<Record<string, MockScript>>,
  options: Partial<BuildOptions> = {},
): Promise<{ report: Report; times: readonly string[] }> {
  const events: BuildEvent[] = [];
  const clock = virtualClock();
  const report = await tryBuild(targets, {
    ...{ runner: scripted(scripts), store: new MemoryStore(), clock, slots: 8 },
    ...options,
    onEvent: (event) => events.push(event),
  });
  // Nothing is left to wait for.
  expect(clock.pending).toBe(0);
  expect(clock.now()).toBe(report.durationMs);
  const times = events.flatMap((event) => {
    const at = event.atMs / second;
    if (event.type === "stage-started") return `${at} ${event.name} starts`;
    if (event.type === "stage-retried") return `${at} ${event.name} fails, and waits`;
    return event.type === "stage-settled" ? `${at} ${event.name} ${event.outcome}` : [];
  });
  return { report, times };
}

/** Fails until the n-th run, and takes some time in each. */
function flaky(runs: number, durationMs: number): MockScript {
  return ({ nth }) => ({ durationMs, exitCode: nth < runs ? 1 : 0 });
}

describe("retries", () => {
  test("wait longer each time, and take no slot meanwhile", async () => {
    const retries = { times: 3, delayMs: 10 * second, backoff: 3 };
    const targets = all({ flaky: step("flaky", { retries }), other: step("other") });
    const scripts = { flaky: flaky(4, second), other: { durationMs: 30 * second } };
    const { report, times } = await timeline(targets, scripts, { slots: 1 });
    expect(times).toEqual([
      "0 flaky starts",
      "1 flaky fails, and waits",
      "1 other starts",
      // Its pause was over at 11, but the only slot was taken.
      "31 other ran",
      "31 flaky starts",
      "32 flaky fails, and waits",
      "62 flaky starts",
      "63 flaky fails, and waits",
      "153 flaky starts",
      "154 flaky ran",
    ]);
    expect(report.timing()).toMatchObject({
      ...{ makespanMs: 154 * second, spentMs: 34 * second, criticalPath: ["other"] },
      utilisation: 34 / 154,
    });
  });

  test("end with the last failure", async () => {
    const retries = { times: 2, delayMs: minute };
    const { report, times } = await timeline(step("broken", { retries }), {
      broken: { exitCode: 3, durationMs: second },
    });
    expect(times.at(-1)).toBe("123 broken failed");
    expect(report.stages).toMatchObject([{ attempts: 3, outcome: "failed" }]);
    expect(report.errors).toMatchObject([{ code: "STAGE_FAILED", facts: { attempts: "3" } }]);
  });

  test("are over when the build is cancelled", async () => {
    const cancel = new AbortController();
    const retries = { times: 1, delayMs: hour };
    const { report, times } = await timeline(
      all({ waits: step("waits", { retries }), cancels: step("cancels") }),
      {
        waits: { exitCode: 1 },
        cancels: async ({ sleep }) => {
          await sleep(minute);
          cancel.abort(new Error("enough"));
          await sleep(hour);
        },
      },
      { signal: cancel.signal },
    );
    expect(times.slice(-2)).toEqual(["60 waits cancelled", "60 cancels cancelled"]);
    expect(report.outcome).toBe("cancelled");
  });
});

describe("a time limit", () => {
  test("ends what takes longer, to the millisecond", async () => {
    const targets = all({
      late: step("late", { timeoutMs: hour }),
      early: step("early", { timeoutMs: hour }),
    });
    const scripts = { late: { durationMs: hour + 1 }, early: { durationMs: hour - 1 } };
    const { report } = await timeline(targets, scripts, { keepGoing: true });
    expect(report).toMatchObject({ ran: ["early"], failed: ["late"], durationMs: hour });
    expect(report.errors).toMatchObject([{ code: "STAGE_TIMED_OUT" }]);
  });

  test("ends what hangs, each run anew", async () => {
    const options = { timeoutMs: 10 * second, retries: { times: 1, delayMs: 5 * second } };
    const { times } = await timeline(step("hangs", options), {
      hangs: async ({ nth, sleep }) => await sleep(nth === 1 ? Infinity : second),
    });
    expect(times).toEqual([
      ...["0 hangs starts", "10 hangs fails, and waits"],
      ...["15 hangs starts", "16 hangs ran"],
    ]);
  });

  test("does not run while a command waits for its slot", async () => {
    const limited = step("limited", { timeoutMs: minute });
    const { times } = await timeline(
      all({ first: step("first").after(), limited: limited.after() }),
      { first: { durationMs: hour }, limited: { durationMs: second } },
      { slots: 1 },
    );
    expect(times.at(-1)).toBe("3601 limited ran");
  });
});

describe("a failure", () => {
  const targets = (): Targets => {
    const broken = step("broken");
    return all({
      behind: step("behind").after(broken),
      beside: step("beside"),
      after: step("after").after(step("short")),
    });
  };
  const scripts = {
    broken: { durationMs: 5 * second, exitCode: 1 },
    short: { durationMs: 2 * second },
    beside: { durationMs: minute },
    after: { durationMs: 10 * second },
    behind: {},
  };

  test("stops the build at once", async () => {
    const { report, times } = await timeline(targets(), scripts);
    expect(times.slice(-5).toSorted()).toEqual([
      ...["2 after starts", "5 after cancelled", "5 behind skipped"],
      ...["5 beside cancelled", "5 broken failed"],
    ]);
    expect(report.durationMs).toBe(5 * second);
  });

  test("or only what stands on it, if the build is to keep going", async () => {
    const { report } = await timeline(targets(), scripts, { keepGoing: true });
    const { ran, failed, skipped, durationMs } = report;
    expect({ ran, failed, skipped, durationMs }).toEqual({
      ...{ ran: ["short", "after", "beside"], failed: ["broken"], skipped: ["behind"] },
      durationMs: minute,
    });
  });

  test("of a gate keeps back what waits for it, and of a check beside fails at the end", async () => {
    const gate = step("gate");
    const guarded = maker("guarded").after(gate);
    const held = await timeline(guarded, { gate: { exitCode: 1, durationMs: minute } });
    expect(held.times).toEqual(["0 gate starts", "60 gate failed", "60 guarded skipped"]);

    const made = maker("made");
    const tests = stage("tests", (it: File) => sh`tests ${it}`)(made);
    const pack = stage("pack", (it: File) => sh`pack ${it}`)(validate(made, tests));
    const beside = await timeline(pack, {
      made: { outputs: { made: "" }, durationMs: second },
      tests: { exitCode: 1, durationMs: minute },
      pack: { durationMs: hour },
    });
    expect(beside.times.slice(-2)).toEqual(["61 tests failed", "3601 pack ran"]);
    expect(beside.report.ok).toBe(false);
  });

  test("in a sequence leaves the rest undone", async () => {
    const [one, two, three] = [step("one"), step("two"), step("three")];
    const { times } = await timeline(seq({ one, two, three }), {
      one: { durationMs: second },
      two: { durationMs: second, exitCode: 1 },
    });
    expect(times.slice(-2)).toEqual(["2 two failed", "2 three skipped"]);
  });

  test("of an attempt is a result, which others read an hour later", async () => {
    const lint = stage("lint", () => attempt(sh({ timeoutMs: 2 * hour })`lint`))();
    const judge = stage("judge", (code: File) => sh`judge ${code}`)(lint.exitCode);
    const { report, times } = await timeline(judge, {
      lint: { exitCode: 2, durationMs: hour },
      judge: async ({ argv, text }) => {
        expect(await text(argv[1]!)).toBe("2\n");
      },
    });
    expect(times).toEqual([
      "0 lint starts",
      "3600 lint ran",
      "3600 judge starts",
      "3600 judge ran",
    ]);
    expect(report.ok).toBe(true);
  });
});

describe("who waits for others", () => {
  test("gets a cache when the one before has it no longer", async () => {
    const cached = (name: string): Check =>
      stage(name, () => sh({ root: { ".cache": cache("shared") } })`${name}`)();
    const targets = all({ a: cached("a"), b: cached("b"), c: step("c") });
    const script = { durationMs: minute };
    const { times } = await timeline(targets, { a: script, b: script, c: script });
    const ends = times.filter((line) => line.endsWith("ran"));
    expect(ends.toSorted()).toEqual(["120 b ran", "60 a ran", "60 c ran"]);
  });

  test("takes the result of an equal action", async () => {
    const again = (name: string): File => stage(name, () => sh`make ${out.file("made")}`)();
    const script = { durationMs: minute, outputs: { made: "" } };
    const { report } = await timeline(all({ one: again("one"), two: again("two") }), {
      one: script,
      two: script,
    });
    expect(report).toMatchObject({ ran: ["one"], reused: ["two"], durationMs: minute });
  });

  test("goes on with what is described later", async () => {
    const made = maker("made");
    const later = dynamic("later", { made }, async ({ made: file }) => {
      const names = (await file.text()).split(" ");
      return all(Object.fromEntries(names.map((name) => [name, step(name)])));
    });
    const script = { durationMs: minute };
    const { report } = await timeline(later, {
      made: { outputs: { made: "a b" }, ...script },
      ...{ a: script, b: script },
    });
    expect(report.durationMs).toBe(2 * minute);
  });

  test("may wait for what another stage does", async () => {
    let listen = (): void => {};
    const listening = new Promise<void>((resolve) => (listen = resolve));
    const { report } = await timeline(all({ serve: step("serve"), probe: step("probe") }), {
      serve: async ({ sleep }) => {
        await sleep(5 * second);
        listen();
        await sleep(minute);
      },
      probe: async ({ waitFor, sleep }) => {
        await waitFor(listening, "the server");
        // Several things at once are one wait.
        await Promise.all([sleep(second), sleep(2 * second)]);
      },
    });
    expect(report.stages).toMatchObject([
      { name: "probe", durationMs: 7 * second },
      { name: "serve", durationMs: 65 * second },
    ]);
  });
});

test("nothing is left of waits that are over", async () => {
  const signals: AbortSignal[] = [];
  const { report } = await timeline(step("naps"), {
    naps: async ({ sleep, waitFor, signal }) => {
      signals.push(signal);
      for (let nap = 0; nap < 20; nap++) await waitFor(sleep(1));
    },
  });
  expect(report.durationMs).toBe(20);
  expect(signals.map((signal) => getEventListeners(signal, "abort"))).toEqual([[]]);
});

describe("two builds on one clock", () => {
  test("wait for each other's work", async () => {
    const clock = virtualClock();
    const make = async (name: string, durationMs: number): Promise<Report> => {
      const runner = scripted({ [name]: { durationMs } });
      return await build(step(name), { runner, store: new MemoryStore(), clock });
    };
    const [slow, fast] = await Promise.all([make("slow", hour), make("fast", minute)]);
    expect([slow.durationMs, fast.durationMs]).toEqual([hour, minute]);
    expect(clock.now()).toBe(hour);
  });
});

test("a store on a disk takes no virtual time, however long it really takes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-time-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (let n = 0; n < 200; n++) writeFileSync(join(folder, `${n}`), `${n}`);
  const store: Store = new DiskStore(join(folder, "store"));
  const src = source(".", { exclude: ["store"] });
  const pack = stage("pack", () => sh({ timeoutMs: 1 })`pack ${src} ${out.tree("packed")}`)();
  const use = stage("use", () => sh({ timeoutMs: 1 })`use ${pack}`)();
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, `text ${n}`]));
  const scripts = {
    pack: { outputs: { packed: files }, durationMs: 0.5 },
    use: { durationMs: 0.5 },
  };
  const { report } = await timeline(use, scripts, { store, cwd: folder });
  expect(report).toMatchObject({ ran: ["pack", "use"], durationMs: 1 });
});

describe("a build in which nothing can go on", () => {
  test("ends, and says who waits for whom", async () => {
    const serve = step("serve");
    const targets = all({
      ...{ serve, probe: step("probe"), report: step("report").after(serve) },
      ...{ a: step("a", { resources: { cpu: 0 } }), b: step("b", { resources: { cpu: 0 } }) },
    });
    const runner = scripted({
      serve: async ({ sleep }) => await sleep(Infinity),
      a: async ({ waitFor }) => await waitFor(new Promise(() => {}), "`b`"),
      b: async ({ waitFor }) => await waitFor(new Promise(() => {})),
    });
    const clock = virtualClock();
    const building = tryBuild(targets, { runner, store: new MemoryStore(), clock, slots: 1 });
    const error = (await building.catch((thrown: unknown) => thrown)) as BuildError;
    expect(error).toMatchObject({ code: "CLOCK_DEADLOCK" });
    expect(error.facts["waits"]?.split("\n").toSorted()).toEqual([
      "`a` waits for `b`",
      "`b` waits for another",
      "`probe` waits for cpu 1, behind `serve`",
      "`report` waits for `serve`",
      "`serve` runs, and waits for its end",
    ]);
  });

  test("is none while a limit, or a test, can end it", async () => {
    const clock = virtualClock();
    const runner = scripted({ hangs: async ({ sleep }) => await sleep(Infinity) });
    const cancel = new AbortController();
    clock.after(hour, () => cancel.abort(new Error("the user has lost patience")));
    const store = new MemoryStore();
    const report = await tryBuild(step("hangs"), { runner, store, clock, signal: cancel.signal });
    expect(report).toMatchObject({ outcome: "cancelled", durationMs: hour });
  });

  test("hangs on the machine's clock until it is cancelled", async () => {
    const cancel = new AbortController();
    const runner = scripted({
      hangs: async ({ sleep }) => {
        setImmediate(() => cancel.abort(new Error("enough")));
        await sleep(Infinity);
      },
    });
    const store = new MemoryStore();
    const report = await tryBuild(step("hangs"), { runner, store, signal: cancel.signal });
    expect(report.outcome).toBe("cancelled");
  });
});
