/**
 * The tour: one pipeline, seen through a day of work. `npm start` runs it.
 *
 * It really builds: a copy of the Rust example where there is cargo, else of the Node example. Its
 * store is new every time, so that the first build is a cold one. It checks what it tells: when the
 * stages that ran are not those of the story, it says so and exits with 1.
 *
 * @module
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { renderError, tryBuild, type Report, type Runner } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";

import { formatReport } from "./format-report.ts";
import { chooseStory, type Lint, type Story } from "./story.ts";

/** Where the tour leaves the program that it has built. */
const exportFolder = "tour";

/** One build of the tour. */
interface Act {
  readonly letter: string;
  readonly title: string;
  readonly order: "parallel" | "sequential";
  readonly lint: Lint;
  /** True of a build that went as the title says. */
  readonly isAsTold: (report: Report, story: Story) => boolean;
}

const acts: readonly Act[] = [
  {
    letter: "a",
    title: "a first build, everything side by side",
    order: "parallel",
    lint: "lenient",
    isAsTold: (report) => report.ok && report.reused.length === 0,
  },
  {
    letter: "b",
    title: "the same again: nothing runs",
    order: "parallel",
    lint: "lenient",
    isAsTold: (report) => report.ok && report.ran.length === 0,
  },
  {
    letter: "c",
    title: "other lint flags: only the lint runs",
    order: "parallel",
    lint: "strict",
    isAsTold: (report, { lintStage }) => report.ok && report.ran.join() === lintStage,
  },
  {
    letter: "d",
    title: "a new comment in one source file: the dependencies are not rebuilt",
    order: "parallel",
    lint: "strict",
    isAsTold: (report) => report.ok && report.reused.includes("deps"),
  },
  {
    letter: "e",
    title: "one after another, with a lint that fails: the rest is skipped",
    order: "sequential",
    lint: "failing",
    isAsTold: (report, { lintStage }) =>
      report.failed.join() === lintStage && report.skipped.length >= 2,
  },
  {
    letter: "f",
    title: "the flags restored, still one after another: all of it is reused",
    order: "sequential",
    lint: "strict",
    isAsTold: (report) => report.ok && report.ran.length === 0,
  },
];

/** What asks the tour to end. All of it goes on until nothing is left: a second signal changes nothing. */
const interrupt = new AbortController();
let exitCodeOfInterrupted = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    exitCodeOfInterrupted ||= 128 + constants.signals[signal];
    interrupt.abort(new Error("interrupted"));
  });
}

await using runner = localRunner();
process.exitCode = await takeTour(await chooseStory(runner), runner);

/** Tells the whole story, and returns the exit code. */
async function takeTour(story: Story, tourRunner: Runner): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-tour-"));
  try {
    console.log(`A tour of Ashlar, on ${story.name}.`);
    if (story.note !== undefined) console.log(story.note);
    return await playActs(story, tourRunner, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function playActs(story: Story, tourRunner: Runner, folder: string): Promise<number> {
  const root = join(folder, "project");
  cpSync(story.project, root, { recursive: true });
  const summary: string[] = [];
  let isAsTold = true;
  for (const act of acts) {
    console.log(`\n(${act.letter}) ${act.title}`);
    if (act.letter === "d") addComment(join(root, story.sourceFile));
    const { checks, installed } = story.describe(root, act.order, act.lint);
    const store = join(folder, "store");
    const { signal } = interrupt;
    const report = await tryBuild(checks, { runner: tourRunner, store, signal });
    console.log(formatReport(report));
    if (report.outcome === "cancelled") return interrupted();
    const isRight = act.isAsTold(report, story);
    isAsTold &&= isRight;
    if (!isRight) for (const error of report.errors) console.log(`\n${renderError(error)}`);
    if (!report.ok) console.log("  a script that ends with this build exits with 1");
    summary.push(summaryLine(act, report, isRight));
    if (act === acts.at(-1) && report.ok) await report.export(installed, exportFolder);
  }
  console.log(`\n${summary.join("\n")}`);
  if (!isAsTold) {
    console.log("\nThis is not what was to be shown. Please report it.");
    return 1;
  }
  console.log(`\nThe program is at ${resolve(exportFolder, story.program)}`);
  console.log(`Try it: ${story.trial(join(exportFolder, story.program))}`);
  return 0;
}

function addComment(file: string): void {
  writeFileSync(file, `${readFileSync(file, "utf8")}\n// One more comment.\n`);
}

/** `(c) ran: clippy; reused: vendor, deps; failed: none; skipped: none`. */
function summaryLine({ letter }: Act, report: Report, isRight: boolean): string {
  const parts = [`ran: ${names(report.ran)}`, `reused: ${names(report.reused)}`];
  if (report.failed.length > 0) parts.push(`failed: ${names(report.failed)}`);
  if (report.skipped.length > 0) parts.push(`skipped: ${names(report.skipped)}`);
  return `(${letter}) ${parts.join("; ")}${isRight ? "" : "   <- not as told"}`;
}

function names(stages: readonly string[]): string {
  return stages.length === 0 ? "nothing" : stages.join(", ");
}

function interrupted(): number {
  console.log("\nInterrupted. Everything that ran has been stopped.");
  return exitCodeOfInterrupted;
}
