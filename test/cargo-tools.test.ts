/**
 * Tools that others have written for cargo, run for real, on crates of our own. None of it needs a network.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { coverageTools, rustTools, type CargoWorkspace } from "@ashlar/cargo";
import { missingTools, source, tryBuild, type Report, type Targets, type Tree } from "@ashlar/core";
import { afterAll, describe, expect, test } from "vitest";

import { runnerWithTools, searchPath, toolForTests, toolPath } from "./rig/cargo-tools.ts";
import { writeProject, type Files } from "./rig/rust-project.ts";
import { RustWorkspace } from "./rig/rust-workspace.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-cargo-tools-"));
const runner = runnerWithTools();
const noRust = await missingTools(runner, rustTools());
const noCoverage = noRust.length > 0 ? noRust : await missingTools(runner, coverageTools());
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A workspace of its own for a test, with more files. */
function workspace(name: string, files: Files = {}): RustWorkspace {
  const made = new RustWorkspace(join(folder, name));
  made.write(files);
  return made;
}

async function run(targets: Targets): Promise<Report> {
  return await tryBuild(targets, { runner, store: join(folder, "store"), keepGoing: true });
}

/** What the stages of that name have printed. */
async function logOf(report: Report, name: string): Promise<string> {
  const stages = report.stages.filter((stage) => stage.name === name);
  return (await Promise.all(stages.map((stage) => report.log(stage)))).join("\n");
}

/** A database in which all of `leaf` before 1.1.0 is unsound. */
function advisories(): Tree {
  const database = join(folder, "advisories");
  writeProject(database, {
    "crates/leaf/RUSTSEC-2024-0001.md": `
      \`\`\`toml
      [advisory]
      id = "RUSTSEC-2024-0001"
      package = "leaf"
      date = "2024-01-01"
      url = "https://example.org/leaf"
      categories = ["memory-corruption"]

      [versions]
      patched = [">= 1.1.0"]
      \`\`\`

      # Leaves fall

      In autumn, they do.`,
  });
  return source(database);
}

const packages = { packages: ["core-lib"] };

/** The tools, as far as they are here. */
const own = {
  audit: toolForTests("cargo-audit", noRust),
  deny: toolForTests("cargo-deny", noRust),
  nextest: toolForTests("cargo-nextest", noRust),
  tarpaulin: toolForTests("cargo-tarpaulin", noRust),
  llvmCov: toolForTests("cargo-llvm-cov", noCoverage),
  taplo: toolForTests("taplo", noRust),
};

describe("tools for cargo, for real", () => {
  test.skipIf(own.audit.isMissing)(
    `cargo-audit finds what an advisory is about${own.audit.why}`,
    async () => {
      const project = workspace("audit");
      const advisoryDb = advisories();
      const audit = (): Targets => project.describe().cargoAudit({ advisoryDb });
      const found = await run(audit());
      expect(found.failed).toEqual(["audit"]);
      expect(await logOf(found, "audit")).toContain("RUSTSEC-2024-0001");
      expect(await logOf(found, "audit")).not.toContain("yanked");

      // The project may say that it lives with that, or take another version.
      project.write({ ".cargo/audit.toml": '[advisories]\nignore = ["RUSTSEC-2024-0001"]' });
      expect((await run(audit())).errors).toEqual([]);
      project.write({ ".cargo/audit.toml": "[advisories]" });
      expect((await run(audit())).failed).toEqual(["audit"]);
      project.bumpLeaf();
      expect((await run(audit())).errors).toEqual([]);
    },
  );

  test.skipIf(own.deny.isMissing)(
    `cargo-deny checks bans, licences, sources and advisories${own.deny.why}`,
    async () => {
      const project = workspace("deny");
      const advisoryDb = advisories();
      const deny = async (more = "", license = "MIT"): Promise<string> => {
        const sound = `[licenses]\nallow = ["${license}"]\n[sources]\nunknown-registry = "deny"`;
        project.write({ "deny.toml": `${sound}\n${more}` });
        return await logOf(await run(project.describe().cargoDeny({ advisoryDb })), "deny");
      };
      const vulnerable = await deny();
      expect(vulnerable).toContain("advisories FAILED, bans ok, licenses ok, sources ok");
      expect(vulnerable).toContain("RUSTSEC-2024-0001");
      expect(vulnerable).not.toContain("yanked");

      project.bumpLeaf();
      expect(await deny()).toContain("advisories ok, bans ok, licenses ok, sources ok");
      const banned = await deny('[bans]\ndeny = ["side"]');
      expect(banned).toContain("advisories ok, bans FAILED, licenses ok, sources ok");
      expect(banned).toContain("crate 'side = 1.0.0' is explicitly banned");
      expect(await deny("", "Zlib")).toContain("licenses FAILED");

      // Without a database, advisories are left out.
      const rest = await run(project.describe().cargoDeny());
      expect(await logOf(rest, "deny")).toContain("bans ok, licenses FAILED, sources ok\n");
    },
  );

  test.skipIf(own.nextest.isMissing)(
    `cargo-nextest runs tests, whole and in parts${own.nextest.why}`,
    async () => {
      const project = workspace("nextest", {
        "core/tests/heights.rs": `
        #[test] fn is_tall() { println!("creak"); assert_eq!(core_lib::size(), 21, "too small"); }
        #[test] fn stands() {}`,
      });
      const rust = project.describe();
      const nextestArgs = ["--no-fail-fast"];
      const whole = rust.cargoNextest({ nextestArgs });
      const parts = rust.cargoNextest({ partitions: 3, nextestArgs });
      const report = await run([whole, parts]);
      expect(new Set(report.failed)).toEqual(new Set(["nextest"]));
      const all = ["is_tall", "stands", "tests::is_even"];
      expect(testsIn(await report.text(whole.reports.file("default/junit.xml")))).toEqual(all);
      const log = await logOf(report, "nextest");
      expect(log).toContain("error: 1 test failed: core-lib::heights is_tall\n");
      expect(log).not.toContain("external rebuilt");

      // Each test is in one part.
      const named = parts.runs.cells.map(async (cell) => {
        const { reports } = parts.runs.get(cell);
        return testsIn(await report.text(reports.file("default/junit.xml")));
      });
      expect((await Promise.all(named)).flat().toSorted()).toEqual(all);
    },
  );

  test.skipIf(own.tarpaulin.isMissing)(
    `cargo-tarpaulin measures which lines tests run${own.tarpaulin.why}`,
    async () => {
      const project = workspace("tarpaulin", {
        "core/src/lib.rs": `
        pub fn size(is_wide: bool) -> u32 {
          if is_wide {
            middle::grow() * 2
          } else {
            std::env::args().count() as u32
          }
        }
        #[test]
        fn is_even() {
          assert_eq!(size(std::env::args().count() > 0) % 2, 0);
        }`,
      });
      const measured = project.describe({ packages: ["core-lib"] }).cargoTarpaulin();
      const report = await run(measured);
      expect(report.errors).toEqual([]);
      const lines = (await report.text(measured.file("cobertura.xml"))).matchAll(
        /<line number="(\d+)" hits="(\d+)"/g,
      );
      const hit = new Map([...lines].map(([, number, hits]) => [number, Number(hits) > 0]));
      expect([hit.get("3"), hit.get("5")]).toEqual([true, false]);
    },
  );

  test.skipIf(noCoverage.length > 0).each([
    ["cargo test", true, (rust: CargoWorkspace) => rust.cargoTest(packages)],
    ["coverage", true, (rust: CargoWorkspace) => rust.coverage(packages)],
    ["nextest", !own.nextest.isMissing, (rust: CargoWorkspace) => rust.cargoNextest(packages)],
    [
      "nextest in parts",
      !own.nextest.isMissing,
      (rust: CargoWorkspace) => rust.cargoNextest({ ...packages, partitions: 1 }),
    ],
    [
      "tarpaulin",
      !own.tarpaulin.isMissing,
      (rust: CargoWorkspace) => rust.cargoTarpaulin(packages),
    ],
  ] as const)("tests see no variable of ours: %s", async (name, isHere, testing) => {
    if (!isHere) return;
    // Cargo's home is where a cargo in tests finds the crates; a variable that is empty is as none to cargo.
    const project = workspace(`variables-${name.replaceAll(" ", "-")}`, {
      "core/tests/variables.rs": `
        #[test]
        fn are_those_that_cargo_gives() {
          let given = ["CARGO_HOME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"];
          let ours: Vec<_> = std::env::vars()
            .filter(|(name, value)| !given.contains(&name.as_str()) && !value.is_empty())
            .filter(|(name, _)| name.starts_with("CARGO_") || name.starts_with("RUSTC"))
            .filter(|(name, _)| !name.starts_with("CARGO_PKG_"))
            .collect();
          assert_eq!(ours, []);
        }`,
    });
    const report = await run(testing(project.describe()));
    expect(report.errors.map((error) => error.facts["log"] ?? error.message)).toEqual([]);
  });

  test.skipIf(own.llvmCov.isMissing)(
    `cargo-llvm-cov counts the lines that we count${own.llvmCov.why}`,
    async () => {
      const project = workspace("llvm-cov");
      const coverage = project.describe().coverage();
      const report = await run(coverage);
      expect(report.errors).toEqual([]);
      const ours = linesIn(await report.text(coverage.report.file("coverage.lcov")));
      expect(ours).toEqual(linesIn(coverByHand(project)));
      expect(ours).toContain("core/src/lib.rs:2,1");
    },
  );

  test.skipIf(own.taplo.isMissing)(
    `taplo checks how manifests are written${own.taplo.why}`,
    async () => {
      const project = workspace("taplo", { "taplo.toml": 'include = ["*/Cargo.toml"]' });
      const taplo = (): Targets => project.describe().taploFmt();
      expect((await run(taplo())).errors).toEqual([]);
      project.write({ "app/Cargo.toml": '[package]\nname="app"\nversion = "0.1.0"' });
      const report = await run(taplo());
      expect(report.failed).toEqual(["taplo"]);
      expect(await logOf(report, "taplo")).toContain("app/Cargo.toml");
    },
  );
});

/** The names of the tests in a report of nextest, sorted. */
function testsIn(junit: string): string[] {
  return [...junit.matchAll(/<testcase name="([^"]+)"/g)].map(([, name = ""]) => name).toSorted();
}

/** How often each line was run, as `<file>:<line>,<count>`. Of absolute paths, what is in the workspace. */
function linesIn(lcov: string): string[] {
  return lcov.split("end_of_record").flatMap((record) => {
    const file = /^SF:(?:.*\/ws\/)?(.*)$/m.exec(record)?.[1] ?? "";
    return [...record.matchAll(/^DA:(.*)$/gm)].map(([, line = ""]) => `${file}:${line}`);
  });
}

/** What `cargo llvm-cov` measures, as people run it. */
function coverByHand(project: RustWorkspace): string {
  const home = join(project.root, "home");
  mkdirSync(home);
  writeFileSync(
    join(home, "config.toml"),
    `[source.crates-io]\nreplace-with = "test"\n[source.test]\ndirectory = "${join(project.root, "registry")}"\n`,
  );
  const version = execFileSync("rustc", ["-vV"], { encoding: "utf8" });
  const major = /^LLVM version: (\d+)/m.exec(version)?.[1] ?? "";
  const [cov, profdata] = ["llvm-cov", "llvm-profdata"].map((name) => toolPath(`${name}-${major}`));
  const output = join(project.root, "by-hand.lcov");
  execFileSync(
    "cargo",
    ["llvm-cov", "--workspace", "--offline", "--lcov", "--output-path", output],
    {
      cwd: join(project.root, "ws"),
      env: {
        ...process.env,
        PATH: searchPath,
        CARGO_HOME: home,
        CARGO_TARGET_DIR: join(project.root, "by-hand"),
        ...(cov && { LLVM_COV: cov }),
        ...(profdata && { LLVM_PROFDATA: profdata }),
      },
      stdio: "pipe",
    },
  );
  return readFileSync(output, "utf8");
}
