/**
 * What is shown of Rust workspaces, on a real one. The pieces marked `docs` are the snippets of `docs/cargo.md`,
 * `docs/from-crane.md` and `docs/from-cargo-chef.md`, which `-u` writes anew.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import {
  cargo,
  cargoUnits,
  cleanCargoSource,
  coverageTools,
  crateNameFromCargoToml,
  rustTools,
  unixTools,
} from "@ashlar/cargo";
import {
  all,
  build,
  fetch as fetchFile,
  merge,
  missingTools,
  seq,
  source,
  tool,
  tryBuild,
  validate,
  type BuildOptions,
  type File,
  type Runner,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localCrate, writeProject } from "./rig/rust-project.ts";
import { renderPage } from "./rig/snippets.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-cargo-pages-"));
const local: Runner = localRunner();
const missing = await missingTools(local, rustTools());
const canMeasure =
  missing.length === 0 && (await missingTools(local, coverageTools())).length === 0;
const mock = mockRunner({ onUnmatched: "succeed-empty" });
/** What can be run here is run; the rest is described, and scripted. */
const runner = missing.length === 0 && canMeasure ? local : mock;
const options: Omit<BuildOptions, "runner"> = { store: join(folder, "store"), cwd: folder };

beforeAll(() => {
  writeProject(folder, {
    "Cargo.toml": `
      [package]
      name = "app"
      version = "0.1.0"
      edition = "2021"
      [features]
      tls = []`,
    "Cargo.lock": `version = 4\n\n${localCrate("app", "0.1.0")}`,
    ".gitignore": "/store*\n/dist\n/reports\n/coverage",
    "src/lib.rs": "//! It.\n\n/// Gives it.\npub fn it() -> u32 {\n1\n}".replace("\n1", "\n1"),
    "src/main.rs": '//! App.\nfn main() { println!("{}", app::it()); }',
    "tests/it.rs": "//! Tests.\n#[test]\nfn is_it() { assert_eq!(app::it(), 1); }",
  });
  if (missing.length === 0)
    execFileSync("rustfmt", ["src/main.rs", "src/lib.rs", "tests/it.rs"], { cwd: folder });
});

afterAll(async () => {
  await local[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("docs/cargo.md", () => {
  test("shows a workspace", async () => {
    // docs: workspace
    const rust = cargo({ src: source(".") });

    const crate = rust.buildPackage();
    const checks = all({
      crate,
      clippy: rust.cargoClippy({ clippyArgs: ["--all-targets", "--", "--deny", "warnings"] }),
      tests: rust.cargoTest(),
      fmt: rust.cargoFmt(),
    });

    const report = await build(checks, { runner, ...options });
    await report.export(crate.installed, "dist"); // dist/bin/app
    // docs end
    expect(report.failed).toEqual([]);
    expect(existsSync(join(folder, "dist/bin/app"))).toBe(runner === local);
  });

  test("shows selections", async () => {
    // docs: selection
    const rust = cargo({
      src: source("."),
      profile: "dev",
      features: ["tls"],
      packages: ["app"],
    });

    const fast = rust.buildPackage({ profile: "release" }); // with dependencies of its own
    const lean = rust.buildPackage({ features: [] }); // and so is this
    // docs end
    const report = await build([fast, lean], { runner: mock, ...options, store: other() });
    expect(report.ran.filter((name) => name === "deps")).toHaveLength(2);
  });

  test("shows commands", async () => {
    const rust = cargo({ src: source(".") });
    // docs: commands
    const benches = rust.cargoCommand({ command: ["bench"], args: ["--no-run"] });
    const powerset = rust.cargoCommand({
      command: ["hack", "check"],
      args: ["--release", "--each-feature"], // it is told nothing else
      half: "check",
      tools: [tool.host("cargo-hack", { version: ["hack", "--version"] })],
    });
    const notices = rust.cargoCommand({
      command: ["xtask"],
      args: ["notices", "../output"],
    }).output;
    // docs end
    const wanted = [benches, powerset, notices];
    const report = await build(wanted, { runner: mock, ...options, store: other() });
    expect(report.ran).toEqual(expect.arrayContaining(["bench", "hack check", "xtask"]));
  });

  test("shows order", async () => {
    const rust = cargo({ src: source(".") });
    // docs: order
    const tests = rust.cargoTest();
    const crate = rust.buildPackage({ cargoArtifacts: tests }); // links, and compiles nothing

    const side = all({ clippy: rust.cargoClippy(), tests, crate });
    const strict = seq({ clippy: rust.cargoClippy(), tests, crate });
    const released = validate(crate.installed, rust.cargoDoc().docs); // docs beside, and they must pass
    // docs end
    const report = await build([side, strict, released], {
      runner: mock,
      ...options,
      store: other(),
    });
    expect(report.ok).toBe(true);
  });

  test("shows tests", async () => {
    const rust = cargo({ src: source("."), profile: "dev" });
    // docs: tests
    const tests = rust.cargoTest({ testArgs: ["--no-fail-fast"] });
    const report = await tryBuild(tests, { runner, ...options });
    await report.export(tests.reports, "reports"); // reports/junit.xml, also of tests that failed

    const parts = rust.cargoNextest({ partitions: 3, nextestArgs: ["--retries", "2"] });
    const second = parts.runs.get({ partition: 2 }).reports;
    // docs end
    expect(report.ok).toBe(true);
    expect(existsSync(join(folder, "reports/junit.xml"))).toBe(runner === local);
    const scripted = await build([parts, second], { runner: mock, ...options, store: other() });
    expect(scripted.ran.filter((name) => name === "nextest")).toHaveLength(3);
  });

  test("shows coverage", async () => {
    const rust = cargo({ src: source("."), profile: "dev" });
    // docs: coverage
    const coverage = rust.coverage();
    const report = await build(coverage, { runner, ...options });
    await report.export(coverage.report, "coverage"); // coverage.lcov, coverage.json, html/
    // docs end
    expect(existsSync(join(folder, "coverage/coverage.lcov"))).toBe(runner === local);
  });

  test("shows tools and variables", async () => {
    // docs: tools
    const rust = cargo({
      src: source("."),
      tools: [tool.host("pkg-config", { version: ["--version"] })], // build scripts of dependencies, too
      env: { OPENSSL_NO_VENDOR: "1" },
    });
    const tests = rust.cargoTest({ tools: unixTools, env: { RUST_BACKTRACE: "1" } });
    // docs end
    expect((await build(tests, { runner: mock, ...options, store: other() })).ok).toBe(true);
  });

  test("shows what build scripts are given", async () => {
    // Not below what other tests are built from.
    const cwd = join(folder, "store-given");
    const script =
      'println!("cargo::rustc-env=SAID={}", std::fs::read_to_string(std::env::var("MODEL").unwrap()).unwrap());';
    writeProject(cwd, {
      "Cargo.toml": readFileSync(join(folder, "Cargo.toml"), "utf8"),
      "Cargo.lock": readFileSync(join(folder, "Cargo.lock"), "utf8"),
      "build.rs": `fn main() {\n${script}\n}`,
      "src/main.rs": 'fn main() { println!("{}", env!("SAID")); }',
      "elsewhere/v3.bin": "weights",
    });
    const sha256 = createHash("sha256").update("weights\n").digest("hex");
    // There is no such address.
    const fetch = (_: string, pin: { readonly sha256: string }): File =>
      fetchFile(pathToFileURL(join(cwd, "elsewhere/v3.bin")), pin);
    // docs: given
    const model = fetch("https://models.example/v3.bin", { sha256 });
    const rust = cargo({
      src: merge({ ".": source("."), "models/v3.bin": model }),
      env: { MODEL: "models/v3.bin" }, // from the folder of the package, where its script runs
    });
    // docs end
    const crate = rust.buildPackage();
    const report = await build(crate, { runner, ...options, cwd });
    await report.export(crate.installed, join(cwd, "dist"));
    if (runner === local) {
      expect(execFileSync(join(cwd, "dist/bin/app"), { encoding: "utf8" })).toBe("weights\n");
    }
  });

  test("shows where crates come from", async () => {
    const ours = source("src");
    // docs: crates
    const rust = cargo({
      src: source("."),
      registries: [
        { index: "sparse+https://crates.example/index/", dl: "https://crates.example/dl" },
        { index: "crates-io", dl: "https://mirror.example/{crate}/{crate}-{version}.crate" },
      ],
      gitCheckouts: { "https://git.example/ours": ours },
    });
    const vendored = cargo({ src: source("."), registry: source("vendor") }); // of `cargo vendor --versioned-dirs`
    // docs end
    writeProject(folder, { "vendor/.keep": "" });
    const both = [rust.vendorCargoDeps(), vendored.vendorCargoDeps()];
    expect((await build(both, { runner: mock, ...options, store: other() })).ok).toBe(true);
  });

  test("shows why", async () => {
    const rust = cargo({ src: source("."), profile: "dev" });
    const built = rust.cargoBuild();
    const print = (...words: unknown[]): unknown => said.push(words.join(" "));
    const said: string[] = [];
    const report = await build(built, { runner, ...options });
    // docs: why
    print(String(await report.why(built)));
    for (const stage of report.stages) {
      const units = cargoUnits(await report.log(stage));
      for (const { crate, reasons } of units?.rebuilt ?? []) {
        print(stage.name, crate, reasons.join());
      }
    }
    // docs end
    expect(said[0]).toContain("`build` ran");
    expect(said).toHaveLength(1);
  });

  test("shows other checks", async () => {
    const rust = cargo({ src: source(".") });
    // docs: lints
    const advisoryDb = source("advisory-db"); // a clone of RustSec's database, by whatever makes it
    const lints = all({
      fmt: rust.cargoFmt(),
      toml: rust.taploFmt(),
      audit: rust.cargoAudit({ advisoryDb }),
      deny: rust.cargoDeny({ advisoryDb }), // without it: bans, licences and sources
    });
    // docs end
    writeProject(folder, { "advisory-db/.keep": "" });
    expect((await build(lints, { runner: mock, ...options, store: other() })).ok).toBe(true);
  });

  test("is as its snippets are", async () => {
    await expect(renderPage("cargo.md")).toMatchFileSnapshot("../docs/cargo.md");
  });
});

describe("docs/from-crane.md", () => {
  test("shows a flake's shape", async () => {
    // docs: crane
    const rust = cargo({ src: source("."), tools: unixTools }); // craneLib, commonArgs and cargoArtifacts
    const crate = rust.buildPackage();
    const checks = all({
      crate,
      clippy: rust.cargoClippy({ clippyArgs: ["--all-targets", "--", "--deny", "warnings"] }),
      doc: rust.cargoDoc(),
      fmt: rust.cargoFmt(),
      tests: rust.cargoTest(),
      coverage: rust.cargoLlvmCov(),
    });

    const report = await build(checks, { runner, ...options });
    await report.export(crate.installed, "dist");
    // docs end
    expect(report.ok).toBe(true);
  });

  test("shows what is passed on", async () => {
    const rust = cargo({ src: source(".") });
    // docs: crane-chain
    const deps = rust.buildDepsOnly();
    const tests = rust.cargoTest({ cargoArtifacts: deps }); // as it would without
    const crate = rust.buildPackage({ cargoArtifacts: tests }); // goes on in what the tests have left
    // docs end
    expect((await build(crate, { runner: mock, ...options, store: other() })).ok).toBe(true);
  });

  test("shows helpers", async () => {
    const cwd = process.cwd();
    process.chdir(folder);
    // docs: crane-helpers
    const { pname, version } = crateNameFromCargoToml({ src: "." });
    const src = cleanCargoSource(".", ["migrations/**"]); // Rust, TOML, Cargo.lock, and what code reads besides
    // docs end
    process.chdir(cwd);
    expect([pname, version]).toEqual(["app", "0.1.0"]);
    const crate = cargo({ src }).buildPackage();
    expect((await build(crate, { runner: mock, ...options, store: other() })).ok).toBe(true);
  });

  test("is as its snippets are", async () => {
    await expect(renderPage("from-crane.md")).toMatchFileSnapshot("../docs/from-crane.md");
  });
});

describe("docs/from-cargo-chef.md", () => {
  test("shows a Dockerfile's shape", async () => {
    // docs: chef
    const rust = cargo({ src: source(".") }); // prepare and cook, when something needs them
    const { installed } = rust.buildPackage({ buildArgs: ["--bin", "app"] });

    const report = await build(installed, { runner, ...options });
    await report.export(installed, "dist"); // dist/bin/app
    // docs end
    expect(report.ok).toBe(true);
  });

  test("is as its snippets are", async () => {
    await expect(renderPage("from-cargo-chef.md")).toMatchFileSnapshot(
      "../docs/from-cargo-chef.md",
    );
  });
});

/** A store for what is scripted: nothing real is to meet it. */
function other(): string {
  stores += 1;
  return join(folder, `store-${stores}`);
}
let stores = 0;
