/**
 * Remarks: what a command's reader finds in its log reaches events, reports and explanations, wherever and whenever the
 * command ran.
 *
 * @module
 */
import { join } from "node:path";

import {
  foldReport,
  out,
  sh,
  source,
  stage,
  tryBuild,
  type BuildEvent,
  type Handle,
  type Remark,
  type RemarkReader,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { sharedFolder, withRemote } from "@ashlar/runner-remote";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** Of lines such as `slow: a`, and `careful: b`. */
const reader: RemarkReader = (log) =>
  [...log.matchAll(/^(slow|careful): (.*)$/gm)].map(([text, kind = "", subject = ""]) => {
    return { kind, subject, text, severity: kind === "careful" ? "warning" : "note" };
  });

const slow: Remark = { kind: "slow", subject: "a", text: "slow: a", severity: "note" };
const careful: Remark = {
  ...{ kind: "careful", subject: "b", text: "careful: b" },
  severity: "warning",
};

/** What the events say of the last end of each stage. */
function remarksIn(events: readonly BuildEvent[]): Record<string, readonly Remark[] | undefined> {
  const ends = events.filter((event) => event.type === "stage-settled");
  return Object.fromEntries(ends.map(({ name, remarks }) => [name, remarks]));
}

test("remarks are told with the end of a command, and again when its result is reused", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage({ name: "make", run: { remarks: reader } }, {}, "made");

  const cold = rig.build(made);
  (await make.next()).exit({ made: "1" }, { stdout: "careful: b\n", stderr: "so\nslow: a\n" });
  const first = await cold;
  expect(remarksIn(rig.events)).toEqual({ make: [careful, slow] });
  expect(await first.remarks(first.stages[0]!)).toEqual([careful, slow]);
  expect(foldReport(rig.events).stages[0]?.remarks).toEqual([careful, slow]);

  const second = await rig.build(made);
  expect(second.reused).toEqual(["make"]);
  expect(remarksIn(rig.events)).toEqual({ make: [careful, slow] });
  expect(await second.remarks(second.stages[0]!)).toEqual([careful, slow]);
  expect(await second.remarks({ ...second.stages[0]! })).toEqual([]);
});

test("they stand below what has changed, warnings first, and in plans, too", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "1" });
  const inputs = { src: source("src") };
  const [made, make] = rig.stage({ name: "make", run: { remarks: reader } }, inputs, "made");
  const build = async (log: string): Promise<string> => {
    const building = rig.build(made);
    (await make.next()).exit({ made: log }, { stdout: log });
    return String(await (await building).why(made));
  };
  expect(await build("slow: a\n")).toBe(
    "`make` ran: nothing is known of an earlier run\n  from its log:\n    slow: a",
  );
  rig.write({ "src/a": "2" });
  const told = await build("slow: a\ncareful: b\n");
  expect(told.split("\n")).toEqual([
    "`make` ran:",
    ...["  src/a differs", "    - 1", "    + 2"],
    ...["  from its log:", "    warning: careful: b", "    slow: a"],
  ]);
  const coming = await (await rig.plan(made)).why(made);
  expect(coming.stages[0]).toMatchObject({ status: "hit", remarks: [slow, careful] });
  expect(String(coming)).toContain("\n  from its log:\n    warning: careful: b\n    slow: a");
  // What would run has said nothing yet.
  rig.write({ "src/a": "3" });
  expect((await (await rig.plan(made)).why(made)).stages[0]).not.toHaveProperty("remarks");
});

test("a text shows ten of them", async () => {
  await using rig = await BuildRig.create();
  const [made, make] = rig.stage({ name: "make", run: { remarks: reader } }, {}, "made");
  const building = rig.build(made);
  const lines = Array.from({ length: 12 }, (_, at) => `slow: ${at}\n`);
  (await make.next()).exit({ made: "" }, { stdout: lines.join("") });
  const told = await (await building).why(made);
  expect(told.stages[0]?.remarks).toHaveLength(12);
  expect(String(told).split("\n").slice(-2)).toEqual(["    slow: 9", "    ... and 2 more"]);
});

test("a command that fails has remarks; one that is run again those of its last run", async () => {
  await using rig = await BuildRig.create();
  const run = { remarks: reader, retries: 1 };
  const [made, make] = rig.stage({ name: "make", run }, {}, "made");
  const building = rig.tryBuild(made);
  (await make.next()).fail(1, "slow: a\n");
  (await make.next()).fail(1, "careful: b\n");
  const report = await building;
  expect(remarksIn(rig.events)).toEqual({ make: [careful] });
  expect(await report.remarks(report.stages[0]!)).toEqual([careful]);
  expect((await report.why(made)).stages[0]).toMatchObject({
    status: "failed",
    remarks: [careful],
  });
});

test("no reader, or nothing found, is nothing to say", async () => {
  await using rig = await BuildRig.create();
  const [some, first] = rig.stage({ name: "some", run: { remarks: () => [] } }, {}, "some");
  const [made, make] = rig.stage("make", { some }, "made");
  const building = rig.build(made);
  (await first.next()).exit({ some: "" }, { stdout: "slow: a\n" });
  (await make.next()).exit({ made: "" }, { stdout: "slow: a\n" });
  const report = await building;
  expect(remarksIn(rig.events)).toEqual({ some: undefined, make: undefined });
  expect(await Promise.all(report.stages.map((each) => report.remarks(each)))).toEqual([[], []]);
  expect((await report.why(made)).stages[0]).not.toHaveProperty("remarks");
});

test("a reader is in no key, and may come later than the result", async () => {
  await using rig = await BuildRig.create();
  const command = (remarks?: RemarkReader): Handle =>
    stage("make", () => sh(remarks === undefined ? {} : { remarks })`make ${out.file("made")}`)();
  await rig.buildEmpty(command());
  const report = await rig.buildEmpty(command(reader));
  expect(report.reused).toEqual(["make"]);
});

test.each<[string, unknown, string]>([
  [
    "throws",
    () => {
      throw new Error("no such form");
    },
    "no such form",
  ],
  ["gives no list", () => "slow", "reader(...).map is not a function"],
  [
    "gives something else",
    () => [{ kind: "slow" }],
    "its reader gave an object with keys kind, which is no remark",
  ],
])("a reader that %s is a warning, and no failure", async (_, remarks, reason) => {
  await using rig = await BuildRig.create();
  const run = { remarks: remarks as RemarkReader };
  const [made, make] = rig.stage({ name: "make", run }, {}, "made");
  const building = rig.build(made);
  (await make.next()).exit({ made: "" }, { stdout: "slow: a\n" });
  await building;
  const text = `the log could not be read for remarks: ${reason}`;
  const unread = { kind: "unread", subject: "the log", text, severity: "warning" };
  expect(remarksIn(rig.events)).toEqual({ make: [unread] });
});

test("what is no function is refused where it is said", () => {
  const define = stage("make", () => sh({ remarks: "slow" as never })`make`);
  expect(define).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("of a result that another machine has made, its log says the same", async () => {
  await using here = await BuildRig.create();
  const shared = sharedFolder(join(here.folder, "shared"));
  const first = withRemote(join(here.folder, "a"), shared, { write: true });
  const second = withRemote(join(here.folder, "b"), shared, { write: false });
  const [made, make] = here.stage({ name: "make", run: { remarks: reader } }, {}, "made");
  const building = here.build(made, { store: first });
  (await make.next()).exit({ made: "1" }, { stdout: "slow: a\n" });
  await building;
  const found = await here.build(made, { store: second });
  expect(found).toMatchObject({ reused: ["make"], remoteCache: { hits: 1 } });
  expect(remarksIn(here.events)).toEqual({ make: [slow] });
});

test("where nobody listens, a report can still be asked", async () => {
  await using rig = await BuildRig.create();
  await using runner = localRunner();
  let reads = 0;
  const counted: RemarkReader = (log) => {
    reads++;
    return reader(log);
  };
  const make = stage(
    "make",
    () => sh.bash({ remarks: counted })`echo slow: a; echo careful: b >&2`,
  );
  const target = make();
  const report = await tryBuild(target, { runner, store: rig.store, cwd: rig.project });
  expect(reads).toBe(0);
  expect(await report.remarks(report.stages[0]!)).toEqual([slow, careful]);
  expect((await report.why(target)).stages[0]?.remarks).toEqual([slow, careful]);
});
