/**
 * Real crates, from crates.io: what many workspaces stand on, and published programs of odd shape.
 *
 * These need the network. `ASHLAR_NETWORK=small` runs those that take half a minute, as CI does where cargo reaches its
 * registry; `ASHLAR_NETWORK=1` runs all. Each has what it needs, and can be run alone: `npm run crates -- just`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cargo, cargoUnits, coverageTools, rustTools, unixTools } from "@ashlar/cargo";
import {
  all,
  fetch,
  missingTools,
  sh,
  source,
  stage,
  tool,
  tryBuild,
  out,
  type File,
  type Handle,
  type Report,
  type Runner,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";

import { compareByHand } from "./rig/by-hand.ts";
import { writeProject, type Files } from "./rig/rust-project.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-real-crates-"));
const runner: Runner = localRunner();
const missing = await missingTools(runner, rustTools());
const canMeasure =
  missing.length === 0 && (await missingTools(runner, coverageTools())).length === 0;
const asked = process.env["ASHLAR_NETWORK"] ?? "";
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** The sources of a published crate: a workspace that a stage has made. */
const unpacked = stage("unpack-source", ({ packed }: { packed: File }) => {
  const script = 'mkdir "$2" && tar -xzf "$1" -C "$2" --strip-components=1 --no-same-owner';
  const tools = [...unixTools, tool.host("tar"), tool.host("gzip")];
  return sh({ tools })`sh -e -c ${script} unpack ${packed} ${out.tree("src")}`;
});

/** Members of a workspace: a C library that is built, a macro of its own on `syn`, one of others, and tests. */
const members: Files = {
  "app/Cargo.toml": `
    [package]
    name = "app"
    version = "0.1.0"
    edition = "2021"
    [dependencies]
    libz-sys = { version = "1", default-features = false, features = ["libc", "static"] }
    shape = { path = "../shape" }`,
  "app/src/main.rs": `
    fn main() {
      let zlib = unsafe { std::ffi::CStr::from_ptr(libz_sys::zlibVersion()) };
      println!("{} zlib {}", shape::line(7), zlib.to_str().unwrap().split('.').next().unwrap());
    }`,
  "shape/Cargo.toml": `
    [package]
    name = "shape"
    version = "0.1.0"
    edition = "2021"
    [dependencies]
    serde = { version = "1", features = ["derive"] }
    serde_json = "1"
    shape-derive = { path = "../shape-derive" }`,
  "shape/src/lib.rs": `
    #[derive(serde::Serialize, shape_derive::Sides)]
    pub struct Line { pub count: u32 }
    pub fn line(count: u32) -> String {
      format!("{} of {}", serde_json::to_string(&Line { count }).unwrap(), Line::SIDES)
    }
    #[cfg(test)] mod tests { #[test] fn lines() { assert!(super::line(2).contains('2')); } }`,
  "shape-derive/Cargo.toml": `
    [package]
    name = "shape-derive"
    version = "0.1.0"
    edition = "2021"
    [lib]
    proc-macro = true
    [dependencies]
    syn = { version = "2", features = ["full"] }
    quote = "1"`,
  "shape-derive/src/lib.rs": `
    #[proc_macro_derive(Sides)]
    pub fn sides(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
      let syn::DeriveInput { ident, data, .. } = syn::parse_macro_input!(input);
      let sides = match data { syn::Data::Struct(it) => it.fields.len(), _ => 0 };
      quote::quote!(impl #ident { pub const SIDES: usize = #sides; }).into()
    }`,
};

/** One member more: a program on tokio and clap. */
const server: Files = {
  "server/Cargo.toml": `
    [package]
    name = "server"
    version = "0.1.0"
    edition = "2021"
    [dependencies]
    clap = { version = "4", features = ["derive"] }
    tokio = { version = "1", features = ["rt", "macros", "time"] }
    shape = { path = "../shape" }`,
  "server/src/main.rs": `
    use clap::Parser;
    #[derive(Parser)]
    struct Options { #[arg(default_value = "3")] count: u32 }
    #[tokio::main(flavor = "current_thread")]
    async fn main() { println!("{}", shape::line(Options::parse().count)); }`,
};

/** What members of most kinds are: for C, on C, on generated code, in the place of others' crates, and shared by name. */
const kinds: Files = {
  "my-app/Cargo.toml": `
    [package]
    name = "my-app"
    version = "0.1.0"
    edition.workspace = true
    [dependencies]
    mimalloc = { version = "0.1", default-features = false }
    ring = "0.17"
    serde_json = "1"
    [dev-dependencies]
    assert_cmd = "2"
    [build-dependencies]
    prost-build = "0.14"
    protoc-bin-vendored = "3"`,
  "my-app/proto/shop.proto": 'syntax = "proto3";\npackage shop;\nmessage Item { string name = 1; }',
  "my-app/build.rs": `
    fn main() {
      println!("cargo::rerun-if-changed=proto/shop.proto");
      let mut config = prost_build::Config::new();
      config.protoc_executable(protoc_bin_vendored::protoc_bin_path().unwrap());
      config.compile_protos(&["proto/shop.proto"], &["proto"]).unwrap();
    }`,
  "my-app/src/main.rs": `
    mod parts;
    #[global_allocator]
    static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;
    fn main() {
      let abc = ring::digest::digest(&ring::digest::SHA256, b"abc");
      println!("{} {}", abc.as_ref()[0], parts::text());
    }`,
  "my-app/src/parts.rs": "pub fn text() -> String { serde_json::json!([1]).to_string() }",
  "my-app/tests/start.rs": `#[test] fn starts() {
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_my-app")).assert().success();
  }`,
  "c-api/Cargo.toml": `
    [package]
    name = "c-api"
    version = "0.1.0"
    edition.workspace = true
    links = "c_api"
    [lib]
    name = "capi"
    crate-type = ["cdylib", "staticlib", "rlib"]
    [dependencies]
    libz-sys = { version = "1", default-features = false, features = ["libc", "static"] }
    [build-dependencies]
    cc = "1"`,
  "c-api/build.rs": `
    fn main() {
      let zlib = std::env::var("DEP_Z_INCLUDE").unwrap();
      cc::Build::new().file("helper.c").include("include").include(&zlib).compile("helper");
      println!("cargo::rerun-if-changed=helper.c");
      println!("cargo::metadata=include={}/include", std::env::current_dir().unwrap().display());
    }`,
  "c-api/include/capi.h": "int capi_helper(void);",
  "c-api/helper.c":
    '#include "capi.h"\n#include <zlib.h>\nint capi_helper(void) { return zlibVersion()[0] - 48; }',
  "c-api/src/lib.rs": `
    extern crate libz_sys;
    unsafe extern "C" { fn capi_helper() -> i32; }
    #[unsafe(no_mangle)]
    pub extern "C" fn capi_version() -> i32 { unsafe { capi_helper() } }`,
  "user/Cargo.toml": `
    [package]
    name = "user"
    version = "0.1.0"
    edition.workspace = true
    [dependencies]
    c-api = { path = "../c-api" }
    [build-dependencies]
    cc = "1"`,
  "user/build.rs": `
    fn main() {
      let headers = std::env::var("DEP_C_API_INCLUDE").unwrap();
      cc::Build::new().file("more.c").include(headers).compile("more");
      println!("cargo::rerun-if-changed=more.c");
    }`,
  "user/more.c": '#include "capi.h"\nint more(void) { return capi_helper() + 1; }',
  "user/src/main.rs": `
    unsafe extern "C" { fn more() -> i32; }
    fn main() { println!("{} {}", unsafe { more() }, capi::capi_version()); }`,
  // In the place of the real one, on which `serde_json` stands. No member, or coverage would measure it, and compile that again.
  "patched/itoa/Cargo.toml": '[package]\nname = "itoa"\nversion = "1.0.99"\nedition = "2021"',
  "patched/itoa/src/lib.rs": `
    mod integer;
    pub use integer::Integer;
    pub struct Buffer { text: String }
    impl Buffer {
      pub fn new() -> Self { Buffer { text: String::new() } }
      pub fn format<I: Integer>(&mut self, one: I) -> &str { self.text = one.show(); &self.text }
    }`,
  "patched/itoa/src/integer.rs": `
    pub trait Integer { fn show(self) -> String; }
    macro_rules! all { ($($t:ty)*) => { $(impl Integer for $t { fn show(self) -> String { self.to_string() } })* } }
    all!(i8 u8 i16 u16 i32 u32 i64 u64 isize usize i128 u128);`,
};

const kindsRoot = `[workspace.package]
edition = "2024"
[profile.dev.package."*"]
opt-level = 1
[patch.crates-io]
itoa = { path = "patched/itoa" }`;

/** Writes a workspace, and has cargo choose versions that this compiler can compile. */
function writeWorkspace(name: string, files: Files, shared = ""): string {
  const root = join(folder, name);
  const folders = Object.keys(files).flatMap(
    (path) => /^([^/]+)\/Cargo.toml$/.exec(path)?.[1] ?? [],
  );
  const list = folders.map((one) => `"${one}"`).join(", ");
  writeProject(root, {
    ...files,
    "Cargo.toml": `[workspace]\nmembers = [${list}]\nresolver = "2"\n${shared}`,
  });
  const env = { ...process.env, CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS: "fallback" };
  execFileSync("cargo", ["generate-lockfile"], { cwd: root, env, stdio: "pipe" });
  return root;
}

async function run(target: Handle): Promise<Report> {
  return await tryBuild(target, { runner, store: join(folder, "store"), keepGoing: true });
}

/** No stage compiled an external crate that was there, or says that something is amiss. */
async function expectNothingTwice(report: Report): Promise<void> {
  expect(report.errors).toEqual([]);
  for (const one of report.stages) {
    const units = cargoUnits(await report.log(one));
    if (units === undefined) continue;
    const { compiled, rebuilt, warnings } = units;
    expect([one.name, compiled.external, rebuilt, warnings]).toEqual([one.name, [], [], []]);
    expect(units.fresh, one.name).toBeGreaterThan(0);
  }
}

/** Runs every command on a workspace, and plain cargo, too. Returns where its programs are. */
async function runAll(name: string, files: Files, shared?: string): Promise<string> {
  const src = source(writeWorkspace(name, files, shared));
  const rust = cargo({ src, profile: "dev" });
  const crate = rust.buildPackage();
  const commands = {
    crate,
    ...{ check: rust.cargoCheck({ checkArgs: [] }), clippy: rust.cargoClippy() },
    ...{ tests: rust.cargoTest(), docs: rust.cargoDoc() },
    ...(canMeasure && { coverage: rust.cargoLlvmCov() }),
  };
  const report = await run(all(commands));
  await expectNothingTwice(report);
  const store = join(folder, "store");
  const { ours, theirs } = await compareByHand({ rust, crate, src, args: [] }, { runner, store });
  expect(ours).toEqual(theirs);
  await report.export(crate.installed, join(folder, "installed", name));
  return join(folder, "installed", name, "bin");
}

/** What of `ASHLAR_NETWORK` runs a group, and why it does not run now. */
function group(...values: readonly string[]): {
  readonly isSkipped: boolean;
  readonly why: string;
} {
  const lacks = missing.length > 0 ? `no ${missing.join(", ")} here` : undefined;
  const unasked = values.includes(asked) ? undefined : `they run with ASHLAR_NETWORK=${values[0]}`;
  const reason = lacks ?? unasked;
  return {
    isSkipped: reason !== undefined,
    why: reason === undefined ? "" : ` (skipped: ${reason})`,
  };
}

const small = group("small", "1");
describe.skipIf(small.isSkipped)(`real crates, small${small.why}`, { timeout: 600_000 }, () => {
  test("serde, a C library and a macro of one's own: all commands start from them", async () => {
    const { stdout } = await execa(join(await runAll("small", members), "app"));
    expect(stdout).toBe('{"count":7} of 1 zlib 1');
  });
});

const large = group("1");
describe.skipIf(large.isSkipped)(`real crates, large${large.why}`, { timeout: 1_800_000 }, () => {
  test("tokio and clap besides: all commands start from them", async () => {
    const bin = await runAll("large", { ...members, ...server });
    expect((await execa(join(bin, "server"), ["5"])).stdout).toBe('{"count":5} of 1');
  });

  test("members of all kinds: all commands start from what they stand on", async () => {
    const bin = await runAll("kinds", kinds, kindsRoot);
    expect((await execa(join(bin, "my-app"))).stdout).toBe("186 [1]");
    expect((await execa(join(bin, "user"))).stdout).toBe("2 1");
  });

  /** Programs as they are published: each was found to be odd in some way. */
  test.each([
    ["sd", "1.0.0", "70613c41881ca1e5b69e6bb110f2ac499739c03a151b00e41e16090974b826a8", "sd"],
    [
      "zoxide",
      "0.10.0",
      "88592ccf9081e6a3f915f785357c1a70c05c52ce0637afb5f9b67161eefc050c",
      "zoxide",
    ],
    ["ripgrep", "15.2.0", "a30750b6d0743bfdd2656ebbaf4555aa278c43144b84bc389bcbfa399485ec71", "rg"],
    ["fd-find", "10.5.0", "f35becce49c551724fd26d9824ec01d6578868cecbcc4e3d060658f9f8ad1e4d", "fd"],
    [
      "hyperfine",
      "1.20.0",
      "c5fe697e6fdd7bd20438836076f8901094926ae40cf13f3f7255c1f3f085122c",
      "hyperfine",
    ],
    [
      "tokei",
      "15.0.0",
      "cee2d8d958bbbe166867f95c85eb95ce0c67cdf6377ef8cd3186ce843c3f752c",
      "tokei",
    ],
    ["just", "1.59.0", "7e46c1911c9c129f5b4f05edb3cd9aa75bba81e0198bbdbcf6181f7bcc21d74e", "just"],
    ["bat", "0.26.1", "cf66d0164db6827afe1694b8d4939f36a5507b7186f8d3cc529c66baf03b0d09", "bat"],
  ])("%s %s is linted, built and documented", async (name, version, sha256, program) => {
    const packed = fetch(`https://static.crates.io/crates/${name}/${name}-${version}.crate`, {
      sha256,
    });
    const rust = cargo({ src: unpacked({ packed }), profile: "dev" });
    const crate = rust.buildPackage();
    const report = await run(all({ crate, clippy: rust.cargoClippy(), docs: rust.cargoDoc() }));
    await expectNothingTwice(report);
    await report.export(crate.installed, join(folder, name));
    const { stdout } = await execa(join(folder, name, "bin", program), ["--version"]);
    expect(stdout).toContain(version);
  });
});
