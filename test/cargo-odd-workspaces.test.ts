/**
 * A workspace that has everything which people do to workspaces: what comes out is what cargo by itself makes of it.
 *
 *     rust/           the workspace: no package, members by pattern, by name, and beside it; one folder left out
 *     beside/         a member that lies outside
 *     code/, shared/  sources of packages that lie elsewhere, reached by paths and by links
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, cargoUnits, type CargoOptions, type CargoWorkspace } from "@ashlar/cargo";
import { all, source, tryBuild, type Handle, type Report } from "@ashlar/core";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";

import {
  externalCrate,
  localCrate,
  manifestOf,
  packCrate,
  writeProject,
  type Files,
} from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("odd-workspaces");
const root = join(folder, "sources");
const rust = join(root, "rust");

const files: Files = {
  "rust/Cargo.toml": `
    [workspace]
    members = ["crates/*", "päck age", "../beside"]
    exclude = ["crates/left-out"]
    default-members = ["crates/app"]
    resolver = "2"
    [workspace.dependencies]
    odd-leaf = "2"
    [profile.dev.package.odd-leaf]
    opt-level = 1
    [profile.dev.package."*"]
    debug = false
    [profile.dev.build-override]
    opt-level = 1`,
  "rust/.cargo/config.toml": `
    [alias]
    build = "check"
    [env]
    WORD = "word"
    [build]
    target-dir = "elsewhere"
    build-dir = "elsewhere/units"
    [target.'cfg(all())']
    rustflags = ["--cfg", "told"]`,
  "rust/crates/left-out/Cargo.toml": "[package\nbroken",
  // Another name in the code, another version of the same crate, platforms, links and a script of another name.
  "rust/crates/app/Cargo.toml": `${manifestOf("odd-app")}
    build = "scripts/make.rs"
    links = "odd_native"
    autobins = false
    autotests = false
    [features]
    extra = []
    [[bin]]
    name = "odd-app"
    path = "src/größe.rs"
    [[bin]]
    name = "idle"
    path = "src/idle.rs"
    required-features = ["extra"]
    [[test]]
    name = "whole"
    path = "checks/whole.rs"
    harness = false
    [dependencies]
    old-leaf = { package = "odd-leaf", version = "1" }
    odd-leaf.workspace = true
    far = { path = "../far", package = "odd-far" }
    beside = { path = "../../../beside" }
    [target.'cfg(windows)'.dependencies]
    odd-windows = "1"
    [target.'cfg(unix)'.build-dependencies]
    odd-leaf.workspace = true`,
  "rust/crates/app/scripts/make.rs":
    'fn main() { println!("cargo:rustc-env=MADE={} {}", odd_leaf::leaf(), std::env::var("DEP_FAR_WORD").unwrap()); }',
  "rust/crates/app/src/größe.rs": `
    #[path = "maß.rs"] mod mass;
    fn main() {
      let told = cfg!(told);
      println!("{} {} {} {} {} {} {told}", old_leaf::leaf(), odd_leaf::leaf(), far::far(), beside::beside(), mass::MASS, concat!(env!("WORD"), " ", env!("MADE")));
    }`,
  "rust/crates/app/src/maß.rs":
    'pub const MASS: &str = include_str!("../däta fïle.txt").trim_ascii_end();',
  "rust/crates/app/däta fïle.txt": "dätä",
  "rust/crates/app/src/idle.rs": "not rust",
  "rust/crates/app/checks/whole.rs": "fn main() { assert_eq!(beside::beside(), 40); }",
  "rust/crates/app/tests/ignored.rs": "not rust",
  // A library by another name, whose code lies beside the workspace.
  "rust/crates/far/Cargo.toml": `${manifestOf("odd-far")}
    links = "far"
    [lib]
    name = "strange"
    path = "../../../code/far.rs"
    crate-type = ["cdylib", "rlib"]`,
  "rust/crates/far/build.rs": 'fn main() { println!("cargo::metadata=word=heard"); }',
  "code/far.rs":
    'pub mod part;\n#[unsafe(no_mangle)] pub extern "C" fn far() -> u32 { part::PART }',
  "code/part.rs": "pub const PART: u32 = 30;",
  "rust/päck age/Cargo.toml": manifestOf("odd-pack").replace("2021", "2024"),
  "rust/päck age/src/lib.rs": "",
  "beside/Cargo.toml": `${manifestOf("beside")}workspace = "../rust"`,
  "shared/lib.rs": "mod inner;\npub fn beside() -> u32 { inner::INNER }",
  "shared/inner.rs": "pub const INNER: u32 = 40;",
};

describe.skipIf(missing.length > 0)(title, () => {
  const crates = join(folder, "crates");
  const sums = new Map<string, string>();
  beforeAll(() => {
    mkdirSync(crates);
    const leaf = { "src/lib.rs": 'pub fn leaf() -> &\'static str { env!("CARGO_PKG_VERSION") }' };
    for (const [crate, content] of [
      ["odd-leaf-1.0.0", leaf],
      ["odd-leaf-2.0.0", leaf],
      ["odd-windows-1.0.0", { "src/lib.rs": "not rust" }],
    ] as const) {
      sums.set(crate, packCrate(crates, crate.slice(0, -6), crate.slice(-5), content));
    }
    writeProject(root, files);
    mkdirSync(join(root, "beside"), { recursive: true });
    symlinkSync("../shared", join(root, "beside/src"));
    symlinkSync("nowhere/at/all", join(root, "rust/dangling"));
    const needs = ["beside", "odd-far", "odd-leaf 1.0.0", "odd-leaf 2.0.0", "odd-windows"];
    const external = [...sums].map(([crate, sum]) =>
      externalCrate(crate.slice(0, -6), crate.slice(-5), sum),
    );
    const entries = [
      ...[localCrate("beside", "0.1.0"), localCrate("odd-app", "0.1.0", needs)],
      ...[localCrate("odd-far", "0.1.0"), ...external.slice(0, 2)],
      ...[localCrate("odd-pack", "0.1.0"), ...external.slice(2)],
    ];
    writeProject(root, { "rust/Cargo.lock": `version = 3\n\n${entries.join("\n")}` });
    for (const path of [
      "Cargo.toml",
      "Cargo.lock",
      "crates/app/Cargo.toml",
      "crates/far/build.rs",
    ]) {
      const place = join(rust, path);
      writeFileSync(place, readFileSync(place, "utf8").replaceAll("\n", "\r\n"));
    }
  });

  function describeIt(options: Partial<CargoOptions> = {}): CargoWorkspace {
    const dl = `${pathToFileURL(crates).href}/{crate}-{version}.crate`;
    return cargo({
      ...{ src: source(root), workspace: "rust", profile: "dev" },
      registries: [{ index: "crates-io", dl }],
      ...options,
    });
  }
  async function run(target: Handle): Promise<Report> {
    const report = await tryBuild(target, { runner, store: join(folder, "store") });
    expect(report.errors).toEqual([]);
    for (const one of report.stages) {
      const units = cargoUnits(await report.log(one));
      if (units !== undefined) expect([one.name, units.rebuilt]).toEqual([one.name, []]);
    }
    return report;
  }

  /** What cargo by itself makes of it, and that prints. */
  async function plain(): Promise<string> {
    const vendored = join(folder, "vendored");
    mkdirSync(vendored);
    for (const [crate, sum] of sums) {
      await execa("tar", ["-xzf", join(crates, `${crate}.crate`), "-C", vendored]);
      const listed = JSON.stringify({ files: {}, package: sum });
      writeFileSync(join(vendored, crate, ".cargo-checksum.json"), listed);
    }
    const sources = ['source.crates-io.replace-with="test"', `source.test.directory="${vendored}"`];
    const config = sources.flatMap((each) => ["--config", each]);
    const words = ["run", "-q", "--bin", "odd-app", "--locked", "--offline", ...config];
    const target = join(folder, "plain");
    const env = { CARGO_TARGET_DIR: target, CARGO_BUILD_BUILD_DIR: target };
    return (await execa("cargo", words, { cwd: rust, env })).stdout;
  }

  const said = "1.0.0 2.0.0 30 40 dätä word 2.0.0 heard true";

  test("programs and tests are those of cargo, and no external crate is built twice", async () => {
    const whole = describeIt();
    const crate = whole.buildPackage({ buildArgs: ["--workspace"] });
    const others = { tests: whole.cargoTest(), check: whole.cargoCheck(), docs: whole.cargoDoc() };
    const report = await run(all({ crate, ...others }));
    await report.export(crate.installed, join(folder, "installed"));
    const { stdout } = await execa(join(folder, "installed/bin/odd-app"));
    expect(stdout).toBe(said);
    expect(await plain()).toBe(stdout);
    const { stdout: installed } = await execa("find", [".", "-type", "f"], {
      cwd: join(folder, "installed"),
    });
    expect(installed.split("\n").toSorted()).toEqual([
      "./bin/odd-app",
      expect.stringMatching(/^\.\/lib\/libstrange\.(so|dylib)$/),
    ]);
  });

  test("some packages of it are built alone", async () => {
    const crate = describeIt({ packages: ["odd-app"] }).buildPackage();
    const report = await run(crate);
    await report.export(crate.installed, join(folder, "alone"));
    const { stdout } = await execa(join(folder, "alone/bin/odd-app"));
    expect(stdout).toBe(said);
    await run(describeIt().cargoTest({ packages: ["beside", "odd-p*"] }));
  });
});
