/**
 * The whole recipe on the Rust example, stage by stage, as a runner would do it:
 *
 *     Cargo.lock ──▶ vendor ───────────────────┐
 *     sources ──▶ dummy-source ──▶ build-deps ──┴──▶ clippy, install, test, coverage
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { asArguments, ownSettings } from "../../src/programs/own-settings.ts";
import { parseRustcVersion } from "../../src/programs/rustc-version.ts";
import { compare, hashTree, walk } from "../../src/programs/tree.ts";
import { type Ended, findTool, layVendor, Stage, toolchainFolder } from "./stage.ts";

const EXAMPLE = fileURLToPath(new URL("../../../examples/rust/", import.meta.url));
const VENDORED = ["--locked", "--offline", "--config", "../vendor/config.toml"];

const toolchain = toolchainFolder();
const llvm =
  toolchain === undefined
    ? undefined
    : parseRustcVersion(spawnSync(join(toolchain, "rustc"), ["-vV"], { encoding: "utf8" }).stdout)
        .llvmMajor;
const llvmTools = [`llvm-cov-${llvm}`, `llvm-profdata-${llvm}`];
const hasLlvm = llvmTools.every((name) => findTool(name) !== undefined);

const PASSES = [
  ["check", "--all-targets", ...VENDORED],
  ["build", ...VENDORED],
  ["test", "--no-run", ...VENDORED],
];

describe.skipIf(toolchain === undefined)("the recipe (skipped: no cargo)", () => {
  let stage: Stage;
  let source: string;
  let vendor: string;
  let dummy: string;
  let deps: string;

  beforeAll(() => {
    stage = new Stage([...llvmTools, "llvm-cov-14", "llvm-profdata-14"]);
    source = join(mkdtempSync(join(tmpdir(), "ashlar-rust-")), "rust");
    cpSync(EXAMPLE, source, { recursive: true, filter: isSource });
    vendor = layVendor(join(source, "registry"), join(stage.store, "vendor"));
    dummy = makeDummy("dummy");
    deps = makeDeps("deps");
  });

  afterEach(() => {
    // What a test has edited is as it was for the next.
    cpSync(EXAMPLE, source, { recursive: true, filter: isSource });
  });

  afterAll(() => {
    stage[Symbol.dispose]();
    rmSync(join(source, ".."), { recursive: true });
  });

  function makeDummy(name: string): string {
    stage.enter({ ws: join(source, "workspace") });
    succeed(stage.program("dummy-source", { workspace: ".", out: "../out/dummy" }));
    return stage.keep("out/dummy", name);
  }

  function makeDeps(name: string): string {
    stage.enter({ ws: dummy, vendor });
    succeed(stage.program("build-deps", { passes: PASSES, target: "../target" }));
    return stage.keep("target", name);
  }

  /** Enters a stage with the real sources and the dependencies, all times equal. */
  function consume(target = deps): void {
    stage.enter({ ws: join(source, "workspace"), vendor, target });
  }

  test("the dependencies are deterministic, and hold nothing local", () => {
    const again = makeDeps("deps-again");

    expect(hashTree(again)).toBe(hashTree(deps));
    const paths = [...walk(deps)].map(({ path }) => path);
    expect(paths.filter((path) => /tally|report|command/.test(path))).toEqual([]);
    expect(paths).toContain("CACHEDIR.TAG");
    expect(paths).not.toContain(".rustc_info.json");
  });

  test("comments, code and descriptions do not reach the dummy tree", () => {
    edit(
      "crates/tally/Cargo.toml",
      (text) =>
        `# a comment\n${text.replace(/^description = .*$/m, 'description = "Other words"')}`,
    );
    edit("crates/tally/src/lib.rs", (text) => `${text}\n/// More code.\npub fn more() {}\n`);
    edit("Cargo.toml", (text) => text.replace('license = "MIT"', 'license = "Apache-2.0"'));

    expect(hashTree(makeDummy("dummy-edited"))).toBe(hashTree(dummy));
  });

  test("a new version of a member does not reach the dummy tree", () => {
    for (const path of ["Cargo.toml", "Cargo.lock"]) {
      edit(path, (text) => text.replaceAll(/"0\.1\.0"/g, '"0.2.0"'));
    }

    expect(hashTree(makeDummy("dummy-versioned"))).toBe(hashTree(dummy));
  });

  test("clippy passes, and fails on the sloppy feature", () => {
    consume();
    const deny = ["--", "--deny", "warnings"];
    const clean = stage.program("cargo", {
      args: ["clippy", "--all-targets", ...VENDORED, ...deny],
    });
    succeed(clean);
    expectExternalsFresh(clean);

    consume();
    const sloppy = stage.program("cargo", {
      args: ["clippy", "--features", "sloppy", ...VENDORED, ...deny],
    });
    expect(sloppy.exitCode).not.toBe(0);
    expect(sloppy.stderr).toContain("needless_return");
  });

  test("the binary is the real one", () => {
    consume();
    const built = stage.program("install", { args: ["build", ...VENDORED], out: "../out/crate" });
    succeed(built);
    expectExternalsFresh(built);

    const crate = stage.keep("out/crate", "crate");
    expect([...walk(crate)].map(({ path }) => path)).toEqual(["bin", "bin/tally"]);
    const ran = spawnSync(join(crate, "bin/tally"), {
      input: "lime, sand, lime",
      encoding: "utf8",
    });
    expect(ran.stdout).toBe("lime  2\nsand  1\n3 words\n");
  });

  test("tests run on the dependencies, and a build on the tests", () => {
    consume();
    const tested = stage.program("cargo", { args: ["test", ...VENDORED] });
    succeed(tested);
    expectExternalsFresh(tested);
    expect(tested.stderr).toContain("a_report_lists_the_words_that_matter ... ok");
    expect(tested.stderr).toContain("Doc-tests tally");

    // Another stage goes on with what the tests have built: local units are fresh, and right.
    consume(stage.keep("target", "tested"));
    const built = stage.program("install", { args: ["build", ...VENDORED], out: "../out/crate" });
    succeed(built);
    expectExternalsFresh(built);
    expect(built.stderr).not.toContain("Compiling tally v");
  });

  test("other sources never meet the local units of these", () => {
    consume();
    succeed(stage.program("cargo", { args: ["build", ...VENDORED] }));
    const built = stage.keep("target", "built");

    edit("crates/tally-cli/src/main.rs", (text) => text.replace("} words", "} words, edited"));
    consume(built);
    const rebuilt = stage.program("install", { args: ["build", ...VENDORED], out: "../out/crate" });
    succeed(rebuilt);
    expectExternalsFresh(rebuilt);
    expect(rebuilt.stderr).toContain("units of other sources");
    const tally = join(stage.keep("out/crate", "crate-edited"), "bin/tally");
    expect(spawnSync(tally, { input: "", encoding: "utf8" }).stdout).toBe("0 words, edited\n");
  });

  test("a stub that survives is found out", () => {
    // What a purge that forgot the locals would leave behind.
    stage.enter({ ws: dummy, vendor });
    const settings = asArguments(ownSettings("../target"));
    stage.tool("cargo", "build", ...VENDORED, ...settings);
    cpSync(join(deps, ".ashlar-deps.json"), join(stage.root, "target/.ashlar-deps.json"));
    const unpurged = stage.keep("target", "unpurged");

    stage.enter({ ws: dummy, vendor, target: unpurged });
    const built = stage.program("install", { args: ["build", ...VENDORED], out: "../out/crate" });

    expect(built.exitCode).toBe(1);
    expect(built.stderr).toContain("cargo took local units that are not of these sources: tally");
  });

  test("an external crate that is built again is reported", () => {
    consume();
    const built = stage.program("install", {
      args: ["build", "--release", ...VENDORED],
      out: "../out/crate",
    });

    succeed(built);
    expect(built.stderr).toContain("warning: external rebuilt: ashlar-example-table 0.3.1\n");
    expect(built.stderr).toContain("warning: external rebuilt: ashlar-example-words 1.2.0\n");
  });

  test.skipIf(!hasLlvm)("coverage instruments members alone (skipped without LLVM's tools)", () => {
    consume();
    const covered = stage.program("coverage", {
      args: ["test", "--tests", ...VENDORED],
      out: "../out/coverage",
      llvmCov: llvmTools[0],
      llvmProfdata: llvmTools[1],
    });
    succeed(covered);
    expectExternalsFresh(covered);

    const out = join(stage.root, "out/coverage");
    const lcov = readFileSync(join(out, "coverage.lcov"), "utf8");
    expect(lcov.match(/^SF:.*$/gm)?.toSorted(compare)).toEqual([
      "SF:crates/tally-cli/src/main.rs",
      "SF:crates/tally/src/lib.rs",
    ]);
    const summary: unknown = JSON.parse(readFileSync(join(out, "summary.json"), "utf8"));
    expect(summary).toMatchObject({
      files: { "crates/tally/src/lib.rs": { lines: { percent: 100 } } },
    });
  });

  test.skipIf(findTool("llvm-cov-14") === undefined)("LLVM's tools must match the compiler", () => {
    consume();
    const covered = stage.program("coverage", {
      args: ["test", ...VENDORED],
      out: "../out/coverage",
      llvmCov: "llvm-cov-14",
      llvmProfdata: "llvm-profdata-14",
    });

    expect(covered.exitCode).toBe(1);
    expect(covered.stderr).toContain("`llvm-cov-14` is of LLVM version 14, but rustc is of LLVM");
    expect(covered.stderr).toContain("rustup component add llvm-tools");
  });

  function edit(path: string, change: (text: string) => string): void {
    const file = join(source, "workspace", path);
    writeFileSync(file, change(readFileSync(file, "utf8")));
  }
});

/** A checkout may hold a build of its own. */
function isSource(path: string): boolean {
  return !path.endsWith("/target");
}

function succeed(ended: Ended): void {
  expect(ended, ended.stderr + ended.stdout).toMatchObject({ exitCode: 0 });
}

function expectExternalsFresh({ stderr }: Ended): void {
  expect(stderr).not.toContain("external rebuilt");
  expect(stderr).not.toMatch(/(Compiling|Checking) ashlar-example/);
}
