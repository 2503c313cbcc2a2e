/**
 * Events as data: followed, recorded, read back and folded. The pieces marked `docs` are the snippets of
 * `docs/events.md`, which `-u` writes anew.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  buildEvents,
  build,
  eventStream,
  foldReport,
  out,
  readEvents,
  recordEvents,
  reportFold,
  seq,
  sh,
  source,
  stage,
  tryBuild,
  type BuildEvent,
  type BuildOptions,
  type BuildSummary,
  type Report,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { BuildRig, blobPath } from "./rig/build-rig.ts";
import { renderPage } from "./rig/snippets.ts";

const compile = stage("compile", () => sh`cc -o ${out.file("app")}`);
const { app } = compile();
const options: BuildOptions = {
  runner: mockRunner().on(compile, { outputs: { app: "machine code" }, stdout: "compiled\n" }),
};
let recordingPath = "";
let printed: string[] = [];
const print = (text: string): void => void printed.push(text);

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-events-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  Object.assign(options, { store: join(folder, "store"), cwd: folder });
  recordingPath = join(folder, "build.jsonl");
  printed = [];
});

/** What a build of `app` tells. */
const story = [
  ...["build-started", "stage-started", "stage-output", "stage-settled", "build-settled"],
] as const;

describe("docs/events.md", () => {
  test("shows a callback", async () => {
    // docs: callback
    const report = await build(app, {
      ...options,
      onEvent: (event) => {
        if (event.type === "stage-output") print(event.text);
      },
    });
    // docs end
    expect(report.ran).toEqual(["compile"]);
    expect(printed).toEqual(["compiled\n"]);
  });

  test("shows a loop", async () => {
    // docs: loop
    const run = buildEvents(app, options);
    for await (const event of run.events) {
      print(event.type);
    }
    const report = await run.report;
    // docs end
    expect(report.ok).toBe(true);
    expect(printed).toEqual(story);
  });

  test("shows a stream of one's own", async () => {
    // docs: stream
    const stream = eventStream();
    const building = tryBuild(app, { ...options, onEvent: stream.onEvent });
    void building.finally(stream.end).catch(() => {});
    for await (const event of stream.events) {
      print(event.type);
    }
    const report = await building;
    // docs end
    expect(report.ok).toBe(true);
    expect(printed).toEqual(story);
  });

  test("shows how leaving stops the build", async () => {
    // docs: leave
    const run = buildEvents(app, { ...options, cancelOnLeave: true });
    for await (const event of run.events) {
      if (event.type === "build-started") break;
    }
    const { outcome } = await run.report;
    // docs end
    expect(outcome).toBe("cancelled");
  });

  test("shows a recording", async () => {
    // docs: record
    const recording = recordEvents(recordingPath);
    await tryBuild(app, { ...options, onEvent: recording.onEvent });
    await recording.close();

    for await (const event of readEvents(recordingPath)) {
      print(event.type);
    }
    // docs end
    expect(printed).toEqual(story);
  });

  test("shows a summary", async () => {
    const recording = recordEvents(recordingPath);
    await tryBuild(app, { ...options, onEvent: recording.onEvent });
    await recording.close();
    // docs: fold
    const { outcome, failed, totals } = await foldReport(readEvents(recordingPath));
    print(`${outcome}: ${totals.ran} ran, ${totals.reused} reused, ${failed.length} failed`);
    // docs end
    expect(printed).toEqual(["succeeded: 1 ran, 0 reused, 0 failed"]);
  });

  test("shows a screen that follows", async () => {
    // docs: follow
    const fold = reportFold();
    await tryBuild(app, {
      ...options,
      onEvent: (event) => {
        fold.onEvent(event);
        const { running, stages } = fold.summary().totals;
        print(`${running} of ${stages} running`);
      },
    });
    // docs end
    expect(printed).toContain("1 of 1 running");
    expect(printed.at(-1)).toBe("0 of 1 running");
  });

  test("shows two listeners", async () => {
    // docs: both
    const recording = recordEvents(recordingPath);
    const fold = reportFold();
    await tryBuild(app, {
      ...options,
      onEvent: (event) => {
        recording.onEvent(event);
        fold.onEvent(event);
      },
    });
    await recording.close();
    // docs end
    expect(await foldReport(readEvents(recordingPath))).toEqual(fold.summary());
  });

  test("shows nothing else", async () => {
    await expect(renderPage("events.md")).toMatchFileSnapshot("../docs/events.md");
  });
});

describe("the events of a build", () => {
  test("end, and do not end the process, when the build cannot begin", async () => {
    const run = buildEvents(source("nowhere"), options);
    const types: string[] = [];
    for await (const { type } of run.events) types.push(type);
    expect(types).toEqual(["build-started", "build-settled"]);
    // Long after it was rejected.
    await new Promise((resolve) => setImmediate(resolve));
    await expect(run.report).rejects.toMatchObject({ code: "SOURCE_MISSING" });

    const none = buildEvents(app, { ...options, slots: 0 });
    for await (const _ of none.events) expect.unreachable();
    await expect(none.report).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("may be left, and the build goes on", async () => {
    const run = buildEvents(app, options);
    for await (const _ of run.events) break;
    expect((await run.report).ran).toEqual(["compile"]);
  });

  test("may be left unread", async () => {
    const heard: BuildEvent[] = [];
    const onEvent = (event: BuildEvent): void => void heard.push(event);
    expect((await buildEvents(app, { ...options, onEvent }).report).ok).toBe(true);
    expect(heard.map(({ type }) => type)).toEqual(story);
  });

  test("stop with the caller's signal too", async () => {
    const run = buildEvents(app, { ...options, signal: AbortSignal.abort(new Error("enough")) });
    expect((await run.report).outcome).toBe("cancelled");
  });
});

/** What a summary has to say as the report does. */
function fromReport(report: Report): object {
  const { outcome, durationMs, ran, reused, failed, skipped, cancelled } = report;
  const byId = report.stages.map(({ name, outcome: state, key, durationMs: took, ...others }) => ({
    ...{ name, state, key, durationMs: took, ranBy: others.ranBy, reason: others.reason },
    error: others.error && { code: others.error.code, message: others.error.message },
  }));
  // That it was cancelled is the report's own way to say so.
  const errors = report.errors.filter(({ code }) => code !== "BUILD_CANCELLED");
  return {
    ...{ outcome, durationMs, ran, reused, failed, skipped, cancelled },
    stages: byId.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    errors: errors.map(({ code, message }) => ({ code, message })),
  };
}

function fromSummary(summary: BuildSummary): object {
  const { outcome, durationMs, ran, reused, failed, skipped, cancelled } = summary;
  const stages = summary.stages.map(({ name, state, key, ranBy, reason, error, ...others }) => ({
    ...{ name, state, key, durationMs: others.durationMs, ranBy, reason },
    error: error && { code: error.code, message: error.message },
  }));
  return {
    ...{ outcome, durationMs, ran, reused, failed, skipped, cancelled },
    stages: stages.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    errors: summary.errors.map(({ code, message }) => ({ code, message })),
  };
}

/** Checks the fold of a build's events, as they were told and as a file gives them back. */
async function checkSummary(report: Report, events: readonly BuildEvent[]): Promise<BuildSummary> {
  const summary = foldReport(events);
  expect(fromSummary(summary)).toEqual(fromReport(report));
  const recording = recordEvents(recordingPath);
  for (const event of events) recording.onEvent(event);
  await recording.close();
  expect(await foldReport(readEvents(recordingPath))).toEqual(summary);
  const lines = readFileSync(recordingPath, "utf8").trimEnd().split("\n");
  expect(await foldReport(readEvents(lines))).toEqual(summary);
  return summary;
}

describe("a summary agrees with the report", () => {
  test("whatever fails, in groups and in sequences", async () => {
    for (const group of [all, seq]) {
      for (const keepGoing of [true, false]) {
        for (const failing of ["none", "a", "b", "c", "d"]) {
          await using rig = await BuildRig.create();
          // a ──▶ c ◀── b ──▶ d
          rig.write({ "src/x": "x" });
          const [a, makeA] = rig.stage("a", { src: source("src") }, "a");
          const [b, makeB] = rig.stage("b", {}, "b");
          const [c, makeC] = rig.stage("c", { a, b }, "c");
          const [d, makeD] = rig.stage("d", { b }, "d");
          for (const tool of [makeA, makeB, makeC, makeD]) {
            tool.always(() => {
              rig.clock.advance(3);
              return tool.name === failing ? {} : { [tool.name]: "made" };
            });
          }
          for (const round of ["cold", "warm"]) {
            const report = await rig.tryBuild(group({ c, d }), { keepGoing, slots: 2 });
            const summary = await checkSummary(report, rig.events);
            expect(summary.sources, round).toHaveLength(1);
            expect(summary.totals.stages).toBe(4);
          }
        }
      }
    }
  });

  test("when it is cancelled", async () => {
    await using rig = await BuildRig.create();
    const [a, makeA] = rig.stage("a", {}, "a");
    const [b] = rig.stage("b", { a }, "b");
    const controller = new AbortController();
    const building = rig.tryBuild(b, { signal: controller.signal });
    await makeA.next();
    controller.abort(new Error("enough"));
    const summary = await checkSummary(await building, rig.events);
    expect(summary).toMatchObject({ outcome: "cancelled", cancelled: ["a"], skipped: ["b"] });
  });

  test("when what was made is lost, and made again", async () => {
    await using rig = await BuildRig.create();
    // a ──▶ b ──▶ c ◀── a
    const [a, makeA] = rig.stage("a", {}, "a");
    const [b, makeB] = rig.stage("b", { a }, "b");
    const [c, makeC] = rig.stage("c", { a, b }, "c");
    makeA.always({ a: "made of nothing" });
    makeC.always(async (call) => ({ c: await call.text("a") }));
    const building = rig.tryBuild(c);
    const run = await makeB.next();
    rmSync(blobPath(rig, await rig.store.content.write(Buffer.from("made of nothing"))));
    run.exit({ b: "made of a" });
    const summary = await checkSummary(await building, rig.events);
    expect(summary.outcome).toBe("succeeded");
    expect(rig.events.some(({ type }) => type === "stage-rewound")).toBe(true);
  });
});
