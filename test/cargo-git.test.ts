/**
 * Crates from git repositories, by all that a manifest can say of them, with lock files that cargo has written.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, rustTools } from "@ashlar/cargo";
import { missingTools, source, tool, tryBuild, type Report, type Targets } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { commitAll, gitIn, manifestOf, writeProject } from "./rig/rust-project.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-cargo-git-"));
const repositories = join(folder, "repositories");
/** A stage that clones sees the repositories, as it would see a server. */
const runner = localRunner({ visible: [repositories] });
const missing = await missingTools(runner, [...rustTools(), tool.host("git")]);
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const url = (name: string): string => pathToFileURL(join(repositories, name)).href;
const library = (name: string, word: string, version = "1.0.0") => ({
  "Cargo.toml": manifestOf(name, "", version),
  "src/lib.rs": `pub fn word() -> &'static str { "${word}" }`,
});

/** Adds a submodule, and commits it with all else. */
function addSubmodule(repository: string, from: string, path: string): string {
  commitAll(repository);
  gitIn(repository, "remote", "add", "origin", pathToFileURL(repository).href);
  gitIn(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", from, path);
  return commitAll(repository);
}

const title = missing.length === 0 ? "with cargo" : `with cargo (no ${missing.join(", ")} here)`;
describe.skipIf(missing.length > 0)(title, () => {
  let rev = "";
  const root = join(folder, "project");

  beforeAll(() => {
    // Each has a later commit, which must not be taken where another one was asked for.
    for (const name of ["branched", "tagged", "revised", "plain"]) {
      const place = join(repositories, name);
      writeProject(place, library(name, `${name} before`));
      const commit = commitAll(place);
      if (name === "revised") rev = commit;
      if (name === "tagged") gitIn(place, "tag", "v1.0");
      if (name === "branched") gitIn(place, "branch", "dev/one");
      writeProject(place, library(name, `${name} after`));
      commitAll(place);
    }
    // What inherits, and what lies deep in a repository, beside another of the same name in a fixture.
    const nest = join(repositories, "nest");
    writeProject(nest, {
      "Cargo.toml": `
        [workspace]
        members = ["deep/*"]
        [workspace.package]
        version = "2.0.0"
        edition = "2021"
        [workspace.lints.rust]
        unused = "allow"
        [workspace.dependencies]
        egg = { path = "deep/egg", default-features = false, features = ["shell"] }`,
      "deep/bird/Cargo.toml": `
        [package]
        name = "bird"
        version.workspace = true
        edition.workspace = true
        [dependencies]
        egg = { workspace = true, features = ["yolk"] }
        [lints]
        workspace = true`,
      "deep/bird/src/lib.rs": "pub fn word() -> &'static str { egg::word() }",
      "deep/egg/Cargo.toml": `
        [package]
        name = "egg"
        version.workspace = true
        edition.workspace = true
        [features]
        shell = []
        yolk = []`,
      "deep/egg/src/lib.rs": `
        #[cfg(all(feature = "shell", feature = "yolk"))]
        pub fn word() -> &'static str { "egg" }`,
      "tests/fixtures/bird/Cargo.toml": '[package]\nname = "bird"\nversion = "2.0.0"',
      "tests/broken/Cargo.toml": "[package\n",
    });
    commitAll(nest);
    writeProject(root, {
      "Cargo.toml": `
        [package]
        name = "app"
        version = "0.1.0"
        edition = "2021"
        [dependencies]
        branched = { git = "${url("branched")}", branch = "dev/one" }
        tagged = { git = "${url("tagged")}", tag = "v1.0" }
        revised = { git = "${url("revised")}", rev = "${rev.slice(0, 10)}" }
        plain = { git = "${url("plain")}" }
        bird = { git = "${url("nest")}" }`,
      "src/main.rs": `
        fn main() {
          println!("{}, {}, {}, {}, {}", branched::word(), tagged::word(), revised::word(), plain::word(), bird::word());
        }`,
    });
    execFileSync("cargo", ["generate-lockfile"], {
      cwd: root,
      stdio: "pipe",
      env: { ...process.env, CARGO_HOME: join(folder, "home") },
    });
  });
  const run = async (targets: Targets): Promise<Report> =>
    await tryBuild(targets, { runner, store: join(folder, "store") });
  const said = "branched before, tagged before, revised before, plain after, egg";

  test("by branch, tag, revision, and default branch; from workspaces that give to their members", async () => {
    const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
    expect(lock).toContain("?branch=dev%2Fone#");
    expect(lock).toContain("?rev=");
    const rust = cargo({ src: source(root), profile: "dev" });
    const crate = rust.buildPackage();
    const report = await run(crate);
    expect(report.errors).toEqual([]);
    expect(report.ran.filter((name) => name === "git-checkout")).toHaveLength(5);
    await report.export(crate.installed, join(folder, "installed"));
    expect((await execa(join(folder, "installed/bin/app"))).stdout).toBe(said);
  });

  test("from a folder that `cargo vendor` has made, with nothing cloned", async () => {
    const vendored = join(folder, "vendored");
    execFileSync("cargo", ["vendor", "--locked", "--versioned-dirs", vendored], {
      cwd: root,
      stdio: "pipe",
      env: { ...process.env, CARGO_HOME: join(folder, "home") },
    });
    const rust = cargo({ src: source(root), profile: "dev", registry: source(vendored) });
    const crate = rust.buildPackage();
    const report = await run(crate);
    expect(report.errors).toEqual([]);
    expect([...report.ran, ...report.reused]).not.toContain("git-checkout");
    await report.export(crate.installed, join(folder, "again"));
    expect((await execa(join(folder, "again/bin/app"))).stdout).toBe(said);
  });

  test("two commits of one repository, for one package of a workspace", async () => {
    const place = join(folder, "commits");
    writeProject(place, {
      "Cargo.toml": '[workspace]\nmembers = ["one", "two"]\nresolver = "2"',
      "one/Cargo.toml": manifestOf(
        "one",
        `[dependencies]
        before = { package = "tagged", git = "${url("tagged")}", tag = "v1.0" }
        after = { package = "tagged", git = "${url("tagged")}" }`,
      ),
      "one/src/main.rs": 'fn main() { println!("{}, {}", before::word(), after::word()); }',
      "two/Cargo.toml": manifestOf("two", `[dependencies]\nplain = { git = "${url("plain")}" }`),
      "two/src/lib.rs": "",
    });
    execFileSync("cargo", ["generate-lockfile"], {
      cwd: place,
      stdio: "pipe",
      env: { ...process.env, CARGO_HOME: join(folder, "home") },
    });
    const crate = cargo({ src: source(place), profile: "dev", packages: ["one"] }).buildPackage();
    const report = await run(crate);
    expect(report.errors).toEqual([]);
    await report.export(crate.installed, join(folder, "one"));
    expect((await execa(join(folder, "one/bin/one"))).stdout).toBe("tagged before, tagged after");
  });

  test("submodules come along, those of submodules as well, and large files are the pointers that git has", async () => {
    // Two ways to say where one is: from beside the repository, and from anywhere.
    const [outer, inner, core] = ["outer", "inner", "core"].map((name) => join(repositories, name));
    writeProject(core!, library("core-stone", "core"));
    commitAll(core!);
    writeProject(inner!, {
      ...library("inner-stone", "inner"),
      "src/lib.rs": 'pub fn word() -> String { format!("inner {}", core_stone::word()) }',
    });
    appendFileSync(
      join(inner!, "Cargo.toml"),
      '\n[dependencies]\ncore-stone = { path = "deep/core" }\n',
    );
    addSubmodule(inner!, "../core", "deep/core");
    writeProject(outer!, {
      "Cargo.toml": '[workspace]\nmembers = ["stone", "parts/inner"]\nresolver = "2"',
      "stone/Cargo.toml": `${library("outer-stone", "")["Cargo.toml"]}\n[dependencies]\ninner-stone = { path = "../parts/inner" }`,
      "stone/src/lib.rs": `
        pub fn word() -> String { format!("{} {}", inner_stone::word(), include_str!("../../large.bin").lines().count()) }`,
      ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text",
      "large.bin": `
        version https://git-lfs.github.com/spec/v1
        oid sha256:${"7".repeat(64)}
        size 12345`,
    });
    addSubmodule(outer!, url("inner"), "parts/inner");
    const place = join(folder, "modular");
    writeProject(place, {
      "Cargo.toml": `[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nouter-stone = { git = "${url("outer")}" }`,
      "src/main.rs": 'fn main() { println!("{}", outer_stone::word()); }',
    });
    const home = { ...process.env, CARGO_HOME: join(folder, "home") };
    execFileSync("cargo", ["generate-lockfile"], { cwd: place, stdio: "pipe", env: home });
    const crate = cargo({ src: source(place), profile: "dev" }).buildPackage();
    const report = await run(crate);
    expect(report.errors).toEqual([]);
    await report.export(crate.installed, join(folder, "modular-installed"));
    expect((await execa(join(folder, "modular-installed/bin/app"))).stdout).toBe("inner core 3");
    // As cargo itself has it.
    const plain = await execa("cargo", ["run", "-q"], { cwd: place, env: home });
    expect(plain.stdout).toBe("inner core 3");
  });

  test("a submodule that is gone is named, with what to do", async () => {
    const place = join(repositories, "torn");
    writeProject(place, library("torn", "torn"));
    writeProject(join(repositories, "piece"), library("piece", "piece"));
    commitAll(join(repositories, "piece"));
    const commit = addSubmodule(place, url("piece"), "parts/piece");
    rmSync(join(repositories, "piece"), { recursive: true });
    const project = join(folder, "torn");
    writeProject(project, {
      "Cargo.toml": `[package]\nname = "app"\nversion = "0.1.0"\n[dependencies]\ntorn = { git = "${url("torn")}" }`,
      "Cargo.lock": `version = 4\n\n[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = [\n"torn",\n]\n\n[[package]]\nname = "torn"\nversion = "1.0.0"\nsource = "git+${url("torn")}#${commit}"`,
      "src/main.rs": "fn main() {}",
    });
    const report = await run(cargo({ src: source(project) }).vendorCargoDeps());
    expect(report.failed).toContain("git-checkout");
    const log = report.errors[0]?.facts["log"] ?? "";
    expect(log).toContain(`error: not all submodules of ${url("torn")} can be cloned`);
    expect(log).toContain("parts/piece");
    expect(log).toContain("gitCheckouts");
  });

  test("a commit that is gone is named, with its repository", async () => {
    const place = join(folder, "lost");
    writeProject(place, {
      "Cargo.toml": `[package]\nname = "app"\nversion = "0.1.0"\n[dependencies]\nplain = { git = "${url("plain")}" }`,
      "Cargo.lock": `version = 4\n\n[[package]]\nname = "app"\nversion = "0.1.0"\ndependencies = [\n"plain",\n]\n\n[[package]]\nname = "plain"\nversion = "1.0.0"\nsource = "git+${url("plain")}#${"7".repeat(40)}"`,
      "src/main.rs": "fn main() {}",
    });
    const report = await run(cargo({ src: source(place) }).vendorCargoDeps());
    expect(report.failed).toContain("git-checkout");
    const log = report.errors[0]?.facts["log"] ?? "";
    expect(log).toContain(`error: ${url("plain")} has no commit ${"7".repeat(40)}`);
    expect(log).toContain("gitCheckouts");
    expect(existsSync(join(repositories, "plain/.git"))).toBe(true);
  });
});
