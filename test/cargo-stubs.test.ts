/**
 * Packages that are hard to stub, all in one workspace: each was a problem for those who stub by files alone.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, cargoUnits, type CargoWorkspace } from "@ashlar/cargo";
import { all, source, tryBuild, type Handle, type Report } from "@ashlar/core";
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

const { runner, folder, missing, title } = await rustTests("cargo-stubs");
const root = join(folder, "project");
const crates = join(folder, "crates");

/** Member by member: what its manifest says besides its name, and its files. */
const members: Readonly<Record<string, { readonly manifest: string; readonly files: Files }>> = {
  "tests-only": {
    manifest: '[dev-dependencies]\nstub-leaf = "1"',
    files: {
      "tests/all.rs": `
        #[test] fn leaf() { assert_eq!(stub_leaf::leaf(), 1); }
        // As trybuild does: a package of its own, on the same crates.
        #[test] fn nested() {
          let folder = std::env::temp_dir().join("nested");
          std::fs::create_dir_all(folder.join("src")).unwrap();
          std::fs::write(folder.join("src/lib.rs"), "pub use stub_leaf::leaf;").unwrap();
          let manifest = "[package]\\nname = \\"nested\\"\\nedition = \\"2021\\"\\n[dependencies]\\nstub-leaf = \\"1\\"\\n[workspace]";
          std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
          let mut cargo = std::process::Command::new("cargo");
          cargo.arg("check").current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target"));
          let output = cargo.output().unwrap();
          let said = String::from_utf8_lossy(&output.stderr);
          assert!(output.status.success() && !said.contains("fingerprint"), "{}", said);
        }`,
    },
  },
  "no-macro": {
    manifest: '[lib]\nproc-macro = false\n[[bin]]\nname = "no-macro-bin"\npath = "src/odd.rs"',
    files: { "src/lib.rs": "pub fn a() {}", "src/odd.rs": "fn main() { no_macro::a(); }" },
  },
  macro: {
    manifest: '[lib]\nproc-macro = true\n[[example]]\nname = "shown"',
    files: {
      "src/lib.rs":
        "#[proc_macro] pub fn nothing(_: proc_macro::TokenStream) -> proc_macro::TokenStream { Default::default() }",
      "examples/shown.rs": "macro_it!(); fn main() {}".replace("macro_it!();", ""),
      "src/bin/tool.rs": "fn main() {}",
    },
  },
  "no-autobins": {
    manifest: 'autobins = false\n[dependencies]\nstub-leaf = "1"',
    files: {
      "src/lib.rs": "",
      "src/bin/never.rs": "this is no Rust",
      // It finds what the build script of an external crate has linked, and leaves such a link itself.
      "build.rs": `
        fn main() {
          let include = std::env::var("DEP_LEAVES_INCLUDE").unwrap();
          assert_eq!(std::fs::read_to_string(format!("{include}/leaf.h")).unwrap(), "leaf");
          std::fs::metadata(format!("{include}/leaf/src/lib.rs")).unwrap();
          let out = std::env::var("OUT_DIR").unwrap();
          let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
          let _ = std::os::unix::fs::symlink(here, format!("{out}/here"));
          println!("cargo:rerun-if-changed=build.rs");
        }`,
    },
  },
  bare: {
    manifest: '[lib]\ncrate-type = ["staticlib", "rlib"]',
    files: { "src/lib.rs": "#![no_std]\nextern crate std;\npub fn bare() -> u8 { 1 }" },
  },
  "own-harness": {
    manifest: '[[test]]\nname = "own"\nharness = false\n[[bench]]\nname = "speed"\nharness = false',
    files: {
      "src/lib.rs": "",
      "tests/own.rs": "fn main() {}",
      "benches/speed.rs": "fn main() {}",
    },
  },
  // No program may have this name.
  examples: {
    manifest: '[[example]]\nname = "seen"\npath = "seen.rs"',
    files: { "seen.rs": "fn main() {}" },
  },
  "benches-only": {
    manifest: '[dev-dependencies]\nstub-leaf = "1"\n[[bench]]\nname = "pace"\nharness = false',
    files: { "benches/pace.rs": "fn main() { stub_leaf::leaf(); }" },
  },
  scripted: {
    manifest: 'build = "make/it.rs"\nlinks = "scripted"\n[build-dependencies]\nstub-leaf = "1"',
    files: {
      "make/it.rs":
        'fn main() { println!("cargo:rustc-env=LEAF={}", stub_leaf::leaf()); println!("cargo:rerun-if-changed=make"); }',
      "src/lib.rs": 'pub const LEAF: &str = env!("LEAF");',
    },
  },
  wanting: {
    manifest:
      '[features]\nextra = ["dep:stub-leaf"]\n[dependencies]\nstub-leaf = { version = "1", optional = true }\n[[bin]]\nname = "wanting"\nrequired-features = ["extra"]',
    files: { "src/main.rs": "fn main() { stub_leaf::leaf(); }", "src/lib.rs": "" },
  },
};

const leafOf = new Set(["tests-only", "benches-only", "no-autobins", "scripted", "wanting"]);

describe.skipIf(missing.length > 0)(title, () => {
  let leaf = "";
  let rust: CargoWorkspace;

  beforeAll(() => {
    mkdirSync(crates);
    leaf = packCrate(crates, "stub-leaf", "1.0.0", {
      "src/lib.rs": "pub fn leaf() -> u32 { 1 }",
      // What autocfg leaves of a probe, by a name that is another in each run.
      "Cargo.toml": 'links = "leaves"',
      "build.rs": `
        fn main() {
          use std::hash::{BuildHasher, Hasher};
          use std::os::unix::fs::symlink;
          // What cxx leaves: links by absolute paths, to the crate, and among what it has written.
          let out = std::env::var("OUT_DIR").unwrap();
          let crates = std::env::var("CARGO_MANIFEST_DIR").unwrap();
          let shared = std::path::Path::new(&out).ancestors().nth(4).unwrap().join("leaves");
          std::fs::create_dir_all(&shared).unwrap();
          std::fs::create_dir_all(format!("{out}/include")).unwrap();
          std::fs::write(format!("{out}/leaf.h"), "leaf").unwrap();
          let _ = symlink(&crates, format!("{out}/include/leaf"));
          let _ = symlink(format!("{out}/leaf.h"), format!("{out}/include/leaf.h"));
          let _ = symlink(format!("{out}/leaf.h"), shared.join("leaf.h"));
          println!("cargo:include={out}/include");
          let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
          let name = format!("{}/autocfg_{random:016x}_0.ll", std::env::var("OUT_DIR").unwrap());
          std::fs::write(name, format!("; ModuleID = {random}")).unwrap();
        }`,
    });
    write("0.1.0");
    rust = cargo({
      src: source(root),
      profile: "dev",
      registries: [
        { index: "crates-io", dl: `${pathToFileURL(crates).href}/{crate}-{version}.crate` },
      ],
    });
  });

  function write(version: string): void {
    const names = Object.keys(members).toSorted((one, other) => (one < other ? -1 : 1));
    writeProject(root, {
      "Cargo.toml": `[workspace]\nmembers = [${names.map((name) => `"${name}"`).join()}]\nresolver = "2"\n[profile.dev.package.macro]\nopt-level = 1`,
      "Cargo.lock": [
        "version = 4\n",
        ...names.map((name) => localCrate(name, version, leafOf.has(name) ? ["stub-leaf"] : [])),
        externalCrate("stub-leaf", "1.0.0", leaf),
      ]
        .toSorted((one, other) => (nameIn(one) < nameIn(other) ? -1 : 1))
        .join("\n"),
      // Fixtures are no members, whatever they hold.
      "fixtures/broken/Cargo.toml": "[package\n",
      ".cargo/config.toml": '[alias]\nx = "check"',
    });
    for (const [name, { manifest, files }] of Object.entries(members)) {
      const inPlace = Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]);
      writeProject(root, {
        ...(Object.fromEntries(inPlace) as Files),
        [`${name}/Cargo.toml`]: manifestOf(name, manifest, version),
      });
    }
  }

  async function run(target: Handle): Promise<Report> {
    return await tryBuild(target, { runner, store: join(folder, "store") });
  }

  test("all of them build from their dependencies, which nothing compiles again", async () => {
    const crate = rust.buildPackage();
    const report = await run(all({ check: rust.cargoCheck(), tests: rust.cargoTest(), crate }));
    expect(report.errors).toEqual([]);
    for (const one of report.stages) {
      const units = cargoUnits(await report.log(one));
      if (units === undefined) continue;
      expect([one.name, units.compiled.external, units.rebuilt]).toEqual([one.name, [], []]);
      expect(units.fresh).toBeGreaterThan(0);
    }
    expect(await report.list(crate.installed)).toEqual([
      "bin/no-macro-bin",
      "bin/tool",
      "lib/libbare.a",
    ]);
  });

  test("packages of which nothing is built build, alone", async () => {
    for (const name of ["examples", "benches-only"]) {
      const tests = rust.cargoTest({ packages: [name] });
      const crate = rust.buildPackage({ packages: [name] });
      const check = rust.cargoClippy({ packages: [name] });
      const report = await run(all({ tests, crate, check }));
      expect(report.errors).toEqual([]);
      expect(await report.list(crate.installed)).toEqual([]);
    }
  });

  test("a link out of the target directory is there for the next command", async () => {
    const first = rust.cargoBuild();
    const second = rust.buildPackage({ cargoArtifacts: first });
    const report = await run(second);
    expect(report.errors).toEqual([]);
    const paths = await report.list(first.target);
    const unit = paths.find((path) => /build\/no-autobins-\w+\/output$/.test(path)) ?? "";
    const marker = JSON.parse(await report.text(first.target.file(".ashlar-deps.json"))) as object;
    const here = unit.replace(/output$/, "out/here");
    expect(marker).toMatchObject({
      links: { [here]: expect.stringMatching(/ws\/no-autobins$/) as string },
    });
    expect(await report.text(second.target.file(".ashlar-deps.json"))).toContain(here);
  });

  test("what build scripts of external crates leave of probes does not count", async () => {
    const deps = rust.buildDepsOnly();
    const here = await run(deps);
    const elsewhere = await tryBuild(deps, { runner, store: join(folder, "elsewhere") });
    expect(elsewhere.ran).toContain("deps");
    expect(await elsewhere.digest(deps.linked)).toBe(await here.digest(deps.linked));
    expect(await elsewhere.digest(deps.checked)).toBe(await here.digest(deps.checked));
  });

  test("a new version of all of them builds no dependency, and comments do not either", async () => {
    write("0.2.0");
    writeProject(root, {
      "bare/src/lib.rs": "#![no_std]\nextern crate std;\n// Words.\npub fn bare() -> u8 { 1 }",
    });
    const report = await run(all({ check: rust.cargoCheck(), crate: rust.buildPackage() }));
    expect(report.errors).toEqual([]);
    expect(report.ran.filter((name) => name.startsWith("deps"))).toEqual([]);
    expect(report.ran).toContain("package");
  });
});

function nameIn(entry: string): string {
  return /name = "([^"]+)"/.exec(entry)?.[1] ?? "";
}
