/**
 * What people get wrong in Rust workspaces, and what they are told.
 */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";

import { cargo, type CargoOptions, type CargoWorkspace } from "@ashlar/cargo";
import { source, tryBuild, type Handle } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { writeProject, type Files } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("bad-cargo");

const workspace: Files = {
  "Cargo.toml": '[workspace]\nmembers = ["wall", "gate"]\nresolver = "2"',
  "Cargo.lock": `version = 4

    [[package]]
    name = "gate"
    version = "0.1.0"
    dependencies = [
    "wall",
    ]

    [[package]]
    name = "wall"
    version = "0.1.0"`,
  "wall/Cargo.toml": '[package]\nname = "wall"\nversion = "0.1.0"\n[features]\narrow-slits = []',
  "wall/src/lib.rs": "pub fn height() -> u32 { 3 }",
  "gate/Cargo.toml":
    '[package]\nname = "gate"\nversion = "0.1.0"\n[dependencies]\nwall = { path = "../wall" }',
  "gate/src/lib.rs": `
    pub fn width() -> u32 { 4 }
    #[cfg(test)]
    mod tests {
      #[test] fn holds() {}
      #[test] fn opens() { println!("creak"); assert_eq!(super::width(), 5); }
      #[test] fn closes() { panic!(); }
    }`,
};

describe.skipIf(missing.length > 0)(title, () => {
  /** What is said about the first failure, the log of its stage included. */
  async function failure(
    changes: Files,
    target: (rust: CargoWorkspace) => Handle,
    options: Partial<CargoOptions> = {},
  ): Promise<string> {
    const root = mkdtempSync(join(folder, "project-"));
    writeProject(root, { ...workspace, ...changes });
    const rust = cargo({ src: source(root), profile: "dev", ...options });
    const report = await tryBuild(target(rust), { runner, store: join(folder, "store") });
    const [error] = report.errors;
    expect(report.ok).toBe(false);
    return [error?.message, error?.facts["log"], error?.hint].join("\n");
  }
  const deps = (rust: CargoWorkspace): Handle => rust.buildDepsOnly().checked;

  test("a lock file that disagrees is told what is different", async () => {
    const version = { "wall/Cargo.toml": '[package]\nname = "wall"\nversion = "0.2.0"' };
    expect(await failure(version, deps)).toContain(
      "error: Cargo.lock disagrees with the manifests: `wall` has the version 0.2.0, there 0.1.0\n" +
        "hint: bring it up to date with `cargo update --workspace`",
    );
    const both = {
      "gate/Cargo.toml":
        '[package]\nname = "gate"\nversion = "0.3.0"\n[dependencies]\nmoat = "1"\nwall = { path = "../wall" }',
    };
    expect(await failure(both, deps)).toContain(
      "error: Cargo.lock disagrees with the manifests:\n" +
        "  `gate` has the version 0.3.0, there 0.1.0\n" +
        "  `gate` depends on `moat`, and not there\n" +
        "hint: bring it up to date with `cargo update --workspace`",
    );
    const dependency = {
      "gate/Cargo.toml":
        '[package]\nname = "gate"\nversion = "0.1.0"\n[dependencies]\nmoat = "1"\n[dev-dependencies]\nwall = { path = "../wall" }',
    };
    expect(await failure(dependency, deps)).toContain("`gate` depends on `moat`, and not there");
    const dropped = { "gate/Cargo.toml": '[package]\nname = "gate"\nversion = "0.1.0"' };
    expect(await failure(dropped, deps)).toContain("`gate` does not depend on `wall` any more");
  });

  test("a lock file that is not there is one error", async () => {
    const root = mkdtempSync(join(folder, "project-"));
    const { "Cargo.lock": _, ...lockless } = workspace;
    writeProject(root, lockless);
    const rust = cargo({ src: source(root), profile: "dev" });
    for (const packages of [[], ["gate"]]) {
      const target = rust.buildDepsOnly({ packages });
      const options = { runner, store: join(folder, "store"), keepGoing: true };
      const { errors } = await tryBuild(target, options);
      const said = errors.map((error) => `${error.message}${error.facts["log"]}${error.hint}`);
      expect(said).toEqual([expect.stringContaining("the workspace has no Cargo.lock")]);
      expect(said).toEqual([expect.stringContaining("`cargo generate-lockfile`")]);
    }
  });

  test("a broken manifest is named, with its line", async () => {
    const log = await failure({ "gate/Cargo.toml": '[package]\nname = "gate"\nversion =' }, deps);
    expect(log).toContain("gate/Cargo.toml:3");
  });

  test("an unknown package and an unknown feature are answered with the nearest name", async () => {
    expect(await failure({}, deps, { packages: ["gat"] })).toContain("did you mean `gate`?");
    const log = await failure({}, deps, { packages: ["wall"], features: ["arow-slits"] });
    expect(log).toContain("there is no feature `arow-slits`; did you mean `arrow-slits`?");
  });

  test("an unknown profile, target or triple is answered with the nearest name", async () => {
    const own = { "Cargo.toml": `${workspace["Cargo.toml"]}\n[profile.quick]\ninherits = "dev"` };
    expect(await failure(own, deps, { profile: "quik" })).toContain("did you mean `quick`?");
    const bin = await failure({}, (rust) => rust.buildPackage({ buildArgs: ["--test", "x"] }));
    expect(bin).toContain("there is no test target `x`, nor any other");
    const triple = await failure({}, deps, { target: "wasm32-unknown-unknow" });
    expect(triple).toContain("did you mean `wasm32-unknown-unknown`?");
    const feature = await failure({}, deps, { features: ["wall/arow-slits"] });
    expect(feature).toContain("did you mean `arrow-slits`?");
  });

  test("manifests that are not there are named as the user knows them", async () => {
    const member = { "Cargo.toml": '[workspace]\nmembers = ["wall", "gates"]' };
    expect(await failure(member, deps)).toContain(
      "`gates/Cargo.toml` is not among the sources: correct `members`",
    );
    const elsewhere = await failure({}, () =>
      cargo({ src: source(folder, { include: ["nothing"] }) }).mkDummySrc(),
    );
    expect(elsewhere).toContain("there is no `Cargo.toml` among the sources");
  });

  test("a lock file that cannot be read is told how to get another", async () => {
    const log = await failure({ "Cargo.lock": "version = 9" }, (rust) => rust.vendorCargoDeps());
    expect(log).toContain("`Cargo.lock` has format 9; formats up to 4 are known\n\nupdate this");
    const broken = { "Cargo.lock": "version = 4\n[[package\n" };
    const other = await failure(broken, (rust) => rust.vendorCargoDeps());
    expect(other).toContain("`Cargo.lock` is not TOML, line 2");
  });

  test("a build script that starts a program is told to declare it", async () => {
    const script = {
      "gate/build.rs": `
        fn main() {
          if std::process::Command::new("cmake").status().is_err() {
            panic!("failed to execute command: no such file\\nis \`cmake\` not installed?");
          }
        }`,
    };
    const log = await failure(script, (rust) => rust.cargoBuild());
    expect(log).toContain('add `tools: [tool.host("cmake")]` to `cargo({ … })`');
  });

  test("a toolchain that is absent is an error before anything runs", async () => {
    const log = await failure({}, deps, { toolchain: "1.2.3-nobody-has-this" });
    expect(log).toMatch(/^tool `\w+` is not where it was looked for/);
    expect(log).toContain("`rustup toolchain install 1.2.3-nobody-has-this`");
    const file = { "rust-toolchain.toml": '[toolchain]\nchannel = "1.11.0"' };
    expect(await failure(file, deps)).toContain("asks for the toolchain `1.11.0`");
  });

  test("a build script that wants the network is told about `fetch`", async () => {
    const script = {
      "gate/build.rs": `
        fn main() {
          use std::net::ToSocketAddrs;
          ("nowhere.invalid", 80).to_socket_addrs().unwrap();
        }`,
    };
    const log = await failure(script, (rust) => rust.cargoBuild());
    expect(log).toContain("the build script of gate v0.1.0");
    expect(log).toContain("put the file into `src`, with `fetch` and `merge`");
  });

  test("a file that code includes and the source leaves out is named, with the glob to add", async () => {
    const code = 'pub const SONG: &str = include_str!("../songs/first.txt");';
    const inside = { "wall/src/lib.rs": code, "wall/songs/first.txt": "la", ".gitignore": "*.txt" };
    const log = await failure(inside, (rust) => rust.cargoBuild());
    expect(log).toContain("hint: `wall/songs/first.txt` is not among the sources");
    expect(log).toContain("add `wall/songs/*.txt` to `include`");
    const outside = { "wall/src/lib.rs": code.replace("../songs", "../../../songs") };
    const other = await failure(outside, (rust) => rust.cargoBuild());
    expect(other).toContain("is outside of the sources: take a folder that holds it as `src`");
  });

  test("tests that fail are named", async () => {
    const log = await failure({}, (rust) => rust.cargoTest());
    expect(log).toContain("error: 2 tests failed: tests::closes, tests::opens\n");
    expect(log).toContain("panicked at gate/src/lib.rs");
  });

  test("code that is badly formatted fails the format check", async () => {
    const log = await failure({ "wall/src/lib.rs": "fn  a( ) {}" }, (rust) => rust.cargoFmt());
    expect(log).toContain("wall/src/lib.rs");
  });
});
