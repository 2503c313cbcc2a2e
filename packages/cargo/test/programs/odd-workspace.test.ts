/**
 * A workspace with everything that is hard to stub, through the same recipe:
 *
 *     ws/app/            root package and workspace; a test called like an external crate
 *     ws/app/macro       a procedural macro with a program and an example beside it
 *     ws/app/capi        a C library
 *     ws/app/bench-only  a package of nothing but an example and a benchmark
 *     ws/app/leaf        stands in for the registry crate that `odd-twig` is built on
 *     ws/common          a path dependency outside of the workspace
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { walk } from "../../src/programs/tree.ts";
import { type Ended, layVendor, Stage, toolchainFolder } from "./stage.ts";

const toolchain = toolchainFolder();

const FILES: Readonly<Record<string, string>> = {
  "ws/app/Cargo.toml": `
    [package]
    name = "app"
    version = "1.4.0"
    edition = "2021"
    default-run = "app"
    [workspace]
    members = ["macro", "capi", "bench-only"]
    [workspace.lints.rust]
    missing_docs = "warn"
    [lints]
    workspace = true
    [dependencies]
    macro = { path = "macro", version = "0.3" }
    common = { path = "../common", version = "2" }
    odd-twig = "1"
    [patch.crates-io]
    odd-leaf = { path = "leaf" }`,
  "ws/app/src/main.rs": `
    //! Prints.
    macro_::nothing!();
    fn main() { println!("{} {}", odd_twig::twig(), common::common()); }`.replace(
    "macro_",
    "r#macro",
  ),
  "ws/app/src/bin/other.rs": "//! Other.\nfn main() {}",
  "ws/app/tests/odd_twig.rs":
    "//! Called like a crate.\n#[test] fn real() { assert_eq!(odd_twig::twig(), 7); }",
  "ws/app/.cargo/config.toml": `
    [build]
    target-dir = "elsewhere"
    build-dir = "elsewhere/units"
    [target.x86_64-unknown-none]
    linker = "tools/linker.sh"`,
  "ws/app/tools/linker.sh": "#!/bin/sh\n",
  "ws/app/macro/Cargo.toml": `
    [package]
    name = "macro"
    version = "0.3.0"
    edition = "2018"
    [lib]
    proc-macro = true`,
  "ws/app/macro/src/lib.rs": `
    extern crate proc_macro;
    #[proc_macro]
    pub fn nothing(_: proc_macro::TokenStream) -> proc_macro::TokenStream { Default::default() }`,
  "ws/app/macro/src/main.rs": "fn main() {}",
  "ws/app/macro/examples/shown.rs": "fn main() {}",
  "ws/app/capi/Cargo.toml": `
    [package]
    name = "capi"
    version = "0.1.0"
    edition = "2024"
    build = "make.rs"
    [lib]
    crate-type = ["cdylib", "staticlib", "rlib"]
    [dependencies]
    odd-leaf = "0.1"`,
  "ws/app/capi/make.rs": "fn main() {}",
  "ws/app/capi/src/lib.rs":
    '#[unsafe(no_mangle)] pub extern "C" fn seven() -> u32 { odd_leaf::leaf() }',
  "ws/app/bench-only/Cargo.toml": `
    [package]
    name = "bench-only"
    version = "0.1.0"
    edition = "2015"
    [[bench]]
    name = "speed"
    harness = false
    [dev-dependencies]
    odd-twig = "1"`,
  "ws/app/bench-only/benches/speed.rs": "fn main() {}",
  "ws/app/bench-only/examples/show.rs": "fn main() {}",
  "ws/app/leaf/Cargo.toml": `
    [package]
    name = "odd-leaf"
    version = "0.1.5"
    [dependencies]
    seed = { path = "../../seed" }`,
  "ws/app/leaf/src/lib.rs": "extern crate seed;\npub fn leaf() -> u32 { seed::SEED }",
  "ws/seed/Cargo.toml": '[package]\nname = "seed"\nversion = "0.0.7"',
  "ws/seed/src/lib.rs": "pub const SEED: u32 = 7;",
  "ws/common/Cargo.toml": '[package]\nname = "common"\nversion = "2.0.1"\nedition = "2021"',
  "ws/common/src/lib.rs": "pub fn common() -> u32 { 1 }",
  "registry/some folder/Cargo.toml": `
    [package]
    name = "odd-twig"
    version = "1.0.0"
    [dependencies]
    odd-leaf = "0.1"`,
  "registry/some folder/src/lib.rs":
    "extern crate odd_leaf;\npub fn twig() -> u32 { odd_leaf::leaf() }",
  "registry/some folder/.cargo-checksum.json": `{"files":{},"package":"${"7".repeat(64)}"}`,
};

const CONFIG = ["--config", "../vendor/config.toml"];
const COMMON = ["--manifest-path", "app/Cargo.toml", "--workspace", "--locked", "--offline"];
const ARGS = [...COMMON, ...CONFIG];

describe.skipIf(toolchain === undefined)("an odd workspace (skipped: no cargo)", () => {
  let stage: Stage;
  let source: string;
  let vendor: string;
  let dummy: string;

  beforeAll(() => {
    stage = new Stage();
    source = mkdtempSync(join(tmpdir(), "ashlar-odd-"));
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), text.replaceAll(/^ {4}/gm, ""));
    }
    lock();
    vendor = layVendor(join(source, "registry"), join(stage.store, "vendor"));
    stage.enter({ ws: join(source, "ws") });
    succeed(stage.program("dummy-source", { workspace: "app", out: "../out/dummy" }));
    dummy = stage.keep("out/dummy", "dummy");
  });

  afterAll(() => {
    stage[Symbol.dispose]();
    rmSync(source, { recursive: true });
  });

  test("stubs what is local, and keeps what external crates are built on", () => {
    const paths = [...walk(dummy)].filter(({ kind }) => kind === "file").map(({ path }) => path);

    expect(paths).toEqual([
      "app/.cargo/config.toml",
      "app/Cargo.lock",
      "app/Cargo.toml",
      "app/__dummy_build__.rs",
      "app/bench-only/Cargo.toml",
      "app/bench-only/__dummy_build__.rs",
      "app/bench-only/benches/speed.rs",
      "app/bench-only/examples/show.rs",
      "app/capi/Cargo.toml",
      "app/capi/__dummy_build__.rs",
      "app/capi/src/lib.rs",
      "app/leaf/Cargo.toml",
      "app/leaf/src/lib.rs",
      "app/macro/Cargo.toml",
      "app/macro/__dummy_build__.rs",
      "app/macro/examples/shown.rs",
      "app/macro/src/lib.rs",
      "app/macro/src/main.rs",
      "app/src/bin/other.rs",
      "app/src/main.rs",
      "app/tests/odd_twig.rs",
      "app/tools/linker.sh",
      "common/Cargo.toml",
      "common/__dummy_build__.rs",
      "common/src/lib.rs",
      "seed/Cargo.toml",
      "seed/src/lib.rs",
    ]);
    expect(readFileSync(join(dummy, "app/leaf/src/lib.rs"), "utf8")).toContain("seed::SEED");
    expect(readFileSync(join(dummy, "app/capi/src/lib.rs"), "utf8")).not.toContain("seven");
    const lockFile = readFileSync(join(dummy, "app/Cargo.lock"), "utf8");
    expect(lockFile).toContain('name = "app"\nversion = "0.0.0"');
    expect(lockFile).toContain('name = "odd-leaf"\nversion = "0.1.5"');
  });

  test.each([
    ["for the host", []],
    ["for a named target", ["--target", hostTriple()]],
  ])("builds its dependencies, and then itself, %s", (_, platform) => {
    const args = [...ARGS, ...platform];
    stage.enter({ ws: dummy, vendor });
    const passes = [
      ["check", "--all-targets", ...args],
      ["build", "--all-targets", ...args],
    ];
    const built = stage.program("build-deps", { workspace: "app", passes });
    succeed(built);
    expect(built.stderr).not.toContain("warning");
    const deps = stage.keep("target", "deps");

    for (const command of ["check", "build"]) {
      stage.enter({ ws: join(source, "ws"), vendor, target: deps });
      const installed = stage.program("install", {
        workspace: "app",
        args: [command, "--all-targets", ...args],
        out: "../out/odd",
      });
      succeed(installed);
      expect(installed.stderr).not.toContain("external rebuilt");
      // The kept packages are as fresh as the external crate on top of them.
      expect(installed.stderr).not.toMatch(/(Compiling|Checking) (odd-|seed)/);
      expect(installed.stderr).toMatch(/(Compiling|Checking) common/);
    }
    const odd = stage.keep("out/odd", "odd");
    const paths = [...walk(odd)].filter(({ kind }) => kind === "file").map(({ path }) => path);
    expect(paths).toEqual([
      ...["bin/app", "bin/macro", "bin/other", "examples/show", "examples/shown"],
      ...["lib/libcapi.a", "lib/libcapi.so"],
    ]);
    expect(execFileSync(join(odd, "bin/app"), { encoding: "utf8" })).toBe("7 1\n");
  });

  test("a path dependency that leaves the tree is named", () => {
    stage.enter({ ws: join(source, "ws/app") });
    const ended = stage.program("dummy-source", { out: "../out/dummy" });

    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toContain("is outside of the source tree");
    expect(ended.stderr).toContain("take a folder that holds both as the source");
  });

  /** Writes the lock file, with the registry in the place of crates-io. */
  function lock(): void {
    const replacement = [
      'source.crates-io.replace-with="odd"',
      `source.odd.directory="${join(source, "registry")}"`,
    ].flatMap((entry) => ["--config", entry]);
    stage.enter({ ws: join(source, "ws") });
    const manifest = join(source, "ws/app/Cargo.toml");
    const args = ["generate-lockfile", "--offline", ...replacement, "--manifest-path", manifest];
    succeed(stage.tool("cargo", ...args));
  }
});

function hostTriple(): string {
  if (toolchain === undefined) return "";
  const version = execFileSync(join(toolchain, "rustc"), ["-vV"], { encoding: "utf8" });
  return /^host: (.*)$/m.exec(version)?.[1] ?? "";
}

function succeed(ended: Ended): void {
  expect(ended, ended.stderr + ended.stdout).toMatchObject({ exitCode: 0 });
}
