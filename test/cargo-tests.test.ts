/**
 * Tests of Rust workspaces as stages: what they report, also when they fail, and tests in several stages.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { cargo, rustTools, type CargoWorkspace } from "@ashlar/cargo";
import {
  build,
  missingTools,
  source,
  tool,
  tryBuild,
  type Report,
  type Runner,
  type Targets,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { writeProject, type Files } from "./rig/rust-project.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-cargo-tests-"));
const root = join(folder, "project");
const tools = join(folder, "tools");
const searchPath = `${tools}${delimiter}${process.env["PATH"] ?? ""}`;
const runner: Runner = localRunner();
const missing = await missingTools(runner, rustTools());
/** One that finds stand-ins of ours. */
const standIns = localRunner({ searchPath, visible: [tools] });
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  await standIns[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const project: Files = {
  "Cargo.toml": '[package]\nname = "gate"\nversion = "0.1.0"\nedition = "2021"',
  "Cargo.lock": 'version = 4\n\n[[package]]\nname = "gate"\nversion = "0.1.0"',
  "src/lib.rs": `
    /// \`\`\`
    /// assert_eq!(gate::width(), 4);
    /// \`\`\`
    pub fn width() -> u32 { 4 }
    #[cfg(test)]
    mod tests {
      #[test] fn holds() {}
      #[test] #[ignore] fn later() {}
      #[test] fn opens() { println!("creak <&>"); assert_eq!(super::width(), 5, "too wide"); }
    }`,
  "tests/outside.rs": "#[test] fn stands() {}",
};

const title = missing.length === 0 ? "with cargo" : `with cargo (no ${missing.join(", ")} here)`;
describe.skipIf(missing.length > 0)(title, () => {
  let rust: CargoWorkspace;
  beforeAll(() => {
    writeProject(root, project);
    rust = cargo({ src: source(root), profile: "dev" });
  });
  const run = async (targets: Targets, by: Runner = runner): Promise<Report> =>
    await tryBuild(targets, { runner: by, store: join(folder, "store"), keepGoing: true });

  test("failed tests are in the report that they leave", async () => {
    const tests = rust.cargoTest({ testArgs: ["--no-fail-fast"] });
    const report = await run(tests);
    expect(report.failed).toEqual(["test"]);
    const junit = await report.text(tests.reports.file("junit.xml"));
    expect(junit.split("\n").slice(0, 9).join("\n")).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites tests="5" failures="1" skipped="1">\n {2}<testsuite name="src\/lib.rs" tests="3" failures="1" skipped="1">\n {4}<testcase name="tests::holds" classname="src\/lib.rs"\/>\n {4}<testcase name="tests::later" classname="src\/lib.rs"><skipped\/><\/testcase>\n {4}<testcase name="tests::opens" classname="src\/lib.rs"><failure message="/,
    );
    expect(junit).toContain("creak &lt;&amp;&gt;");
    expect(junit).toContain('<testsuite name="tests/outside.rs" tests="1" failures="0"');
    expect(junit).toContain('<testsuite name="Doc-tests gate" tests="1"');
  });

  test("and so are those that passed", async () => {
    const tests = rust.cargoTest({ testArgs: ["--test", "outside"] });
    const junit = await (await run(tests)).text(tests.reports.file("junit.xml"));
    expect(junit).toContain('<testcase name="stands" classname="tests/outside.rs"/>');
  });

  test("a stand-in for nextest is run as nextest is, with the profile of cargo, and its report kept", async () => {
    writeProject(tools, {
      "cargo-nextest": `#!/bin/sh
        case "$*" in *--version*) echo "cargo-nextest 0.0.0"; exit;; esac
        echo "asked: $*" >&2
        case "$*" in *archive\\ --locked*) echo packed > ../archive/tests.tar.zst; exit;; esac
        mkdir -p target/nextest/default && echo "<testsuites/>" > target/nextest/default/junit.xml
        echo "        FAIL [   0.010s] (1/2) gate tests::opens" >&2
        exit 100`,
    });
    chmodSync(join(tools, "cargo-nextest"), 0o755);
    const own = { tools: [tool.host("mkdir")] };
    const nextestArgs = ["--retries", "2"];
    const plain = rust.cargoNextest({ profile: "bench", nextestArgs, ...own });
    const parts = rust.cargoNextest({ partitions: 2, partitionType: "hash", ...own });
    const report = await run([plain, parts], standIns);
    expect(await report.text(plain.reports.file("default/junit.xml"))).toBe("<testsuites/>\n");
    expect(
      await report.text(parts.runs.get({ partition: 2 }).reports.file("default/junit.xml")),
    ).toContain("<");
    const log = await logs(report);
    expect(log).toContain("--cargo-profile bench --retries 2");
    expect(log).toContain("--workspace-remap . --partition hash:2/2 --no-tests=pass");
    expect(log).toContain("error: 1 test failed: gate tests::opens\n");
    expect(log).toMatch(/asked: nextest run --tool-config-file ashlar:\S+nextest.toml --locked/);
  });
});

test("tests are divided into a number of parts", async () => {
  mkdirSync(root, { recursive: true });
  const rust = cargo({ src: source(root), registry: source(root) });
  const mock = mockRunner({ onUnmatched: "succeed-empty" });
  const parts = rust.cargoNextest({ partitions: 3 });
  await build(parts, { runner: mock, store: join(folder, "mock") });
  expect(mock.names.filter((name) => name.startsWith("nextest"))).toEqual([
    "nextest-archive",
    "nextest",
    "nextest",
    "nextest",
  ]);
  for (const partitions of [0, -1, 1.5, Number.NaN]) {
    expect(() => rust.cargoNextest({ partitions })).toThrow("must be a whole number above 0");
  }
});

async function logs(report: Report): Promise<string> {
  const all = await Promise.all(report.stages.map(async (stage) => await report.log(stage)));
  return all.join("\n");
}
