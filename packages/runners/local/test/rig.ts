/**
 * What the tests of the local runner share: folders, stages of shell scripts, and processes.
 *
 * @module
 */
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  MemoryStore,
  sh,
  stage,
  tryBuild,
  type BuildOptions,
  type Check,
  type CommandOptions,
  type Report,
  type Runner,
  type Targets,
} from "@ashlar/core";
import { onTestFinished } from "vitest";

export { isGone } from "../../../core/src/testing/runner-contract/bench.ts";

/** A temporary folder, removed when the test is over. Everybody may write in it. */
export function folder(base: string = tmpdir()): string {
  const made = realpathSync(mkdtempSync(join(base, "ashlar-test-")));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A call of a stage that is a shell script. */
export function script(text: string, options: CommandOptions = {}): Check {
  return stage("script", () => sh(options)`sh -c ${text}`)();
}

/** Builds on a runner, with a fresh store unless another is given. */
export async function run(
  runner: Runner,
  targets: Targets,
  options: Partial<BuildOptions> = {},
): Promise<Report> {
  return await tryBuild(targets, { store: new MemoryStore(), ...options, runner });
}

/** What each stage has printed. */
export async function logs(report: Report): Promise<string[]> {
  return await Promise.all(report.stages.map(async (each) => await report.log(each)));
}

/** Codes of what went wrong. */
export function codes(report: Report): string[] {
  return report.errors.map(({ code }) => code);
}

/** Everything below a folder. */
export function below(path: string): string[] {
  return existsSync(path)
    ? readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted()
    : [];
}

/** What actions have left in the folder of a runner's scratch. */
export function leftBy(scratch: string): string[] {
  return below(scratch).filter((path) => path.includes("/"));
}

/** For what never comes, in milliseconds. */
const limitMs = 200_000;

/** Waits for something that other processes do. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
