/**
 * Any command of cargo: its own, aliases of the project, and programs that others have written.
 */
import { chmodSync } from "node:fs";
import { delimiter, join } from "node:path";

import { cargoUnits, unixTools, type CargoCommandOptions } from "@ashlar/cargo";
import { tool, tryBuild, type Report } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { beforeAll, describe, expect, test } from "vitest";

import { manifestOf, writeProject } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";
import { RustWorkspace } from "./rig/rust-workspace.ts";

const { folder, missing, title } = await rustTests("cargo-command");
const programs = join(folder, "programs");
const runner = localRunner({
  searchPath: [programs, process.env["PATH"]].join(delimiter),
  visible: [programs],
});

describe.skipIf(missing.length > 0)(title, () => {
  let project: RustWorkspace;
  beforeAll(() => {
    project = new RustWorkspace(join(folder, "project"));
    project.write({
      ".cargo/config.toml": '[alias]\ntask = "run --quiet --package app --"',
      "core/benches/pace.rs": "fn main() { assert_eq!(core_lib::size(), 20); }",
      "core/Cargo.toml": `${manifestOf("core-lib")}
        [dependencies]
        middle.workspace = true
        [[bench]]
        name = "pace"
        harness = false`,
      "app/src/main.rs": `
        fn main() {
          let word = format!("{} {}", core_lib::size(), side::TUNE);
          if let Some(path) = std::env::args().nth(1) { std::fs::write(path, word).unwrap(); }
        }`,
    });
    // As those are that others have written: it runs cargo, which knows nothing of the arguments around it.
    const written =
      '#!/bin/sh\nshift\ncargo check --quiet && [ ! -e target ] && echo "$@" > ../output/said\n';
    writeProject(programs, { "cargo-told": written });
    chmodSync(join(programs, "cargo-told"), 0o755);
  });

  async function run(options: CargoCommandOptions): Promise<Report & { readonly said: string }> {
    const made = project.describe().cargoCommand(options);
    const report = await tryBuild(made, { runner, store: join(folder, "store") });
    expect(report.errors).toEqual([]);
    const [path] = await report.list(made.output);
    const said = path === undefined ? "" : await report.text(made.output.file(path));
    return Object.assign(report, { said });
  }

  async function externalIn(report: Report, name: string): Promise<readonly string[] | undefined> {
    const stage = report.stages.find((one) => one.name === name);
    const log = stage === undefined ? "" : await report.log(stage);
    return cargoUnits(log)?.compiled.external;
  }

  test("benchmarks are built and run with the profile of the workspace, on its dependencies", async () => {
    const report = await run({ command: ["bench"], packages: ["core-lib"] });
    expect(await externalIn(report, "bench")).toEqual([]);
  });

  test("a program of the workspace writes what is kept", async () => {
    const report = await run({ command: ["run"], args: ["--bin", "app", "../output/word"] });
    expect(report.said).toBe("20 none");
    expect(await externalIn(report, "run")).toEqual([]);
  });

  test("an alias of the project is one", async () => {
    expect((await run({ command: ["task", "../output/word"] })).said).toBe("20 none");
  });

  test("a program that others have written finds the crates, and gets its arguments alone", async () => {
    const tools = [tool.host("cargo-told"), ...unixTools];
    const report = await run({ command: ["told"], args: ["--twice"], half: "check", tools });
    expect(report.said).toBe("--twice\n");
  });

  test("a command that is nowhere is told to be a tool", async () => {
    const made = project.describe().cargoCommand({ command: ["nowhere"] });
    const report = await tryBuild(made, { runner, store: join(folder, "store") });
    const log = await Promise.all(report.stages.map((stage) => report.log(stage)));
    expect(log.join("")).toContain('tools: [tool.host("cargo-nowhere")]');
  });

  test("a command that compiles nothing gets what it takes", async () => {
    const report = await run({ command: ["tree"] });
    const stage = report.stages.find((one) => one.name === "tree")!;
    expect(await report.log(stage)).toContain("middle v1.0.0");
  });
});
