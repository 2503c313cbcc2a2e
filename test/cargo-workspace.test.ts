import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cargo, coverageTools, rustTools, type CargoWorkspace } from "@ashlar/cargo";
import {
  all,
  build,
  missingTools,
  seq,
  source,
  tryBuild,
  type Report,
  type Runner,
  type Targets,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localCrate, manifestOf, writeProject } from "./rig/rust-project.ts";

const example = new URL("../packages/examples/rust/", import.meta.url);

const runner: Runner = localRunner();
const missing = await missingTools(runner, rustTools());
const withoutCargo = missing.length === 0 ? "" : ` (no ${missing.join(", ")} here)`;

describe("a described workspace", () => {
  const registry = source(new URL("registry", example));
  const rust = cargo({ src: source(new URL("workspace", example)), registry });

  test("is described without running anything, and asks for its parts once", () => {
    expect(rust.buildDepsOnly()).toBe(rust.buildDepsOnly());
    expect(rust.vendorCargoDeps()).toBe(rust.vendorCargoDeps());
    expect(rust.mkDummySrc()).toBe(rust.mkDummySrc());
  });

  test("builds its dependencies once for all that starts from them", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const checks = all({ clippy: rust.clippy(), test: rust.test(), crate: rust.buildPackage() });
    await build(checks, { runner: mock, store: scratch("described") });
    expect(mock.names.toSorted()).toEqual([
      ...["clippy", "deps", "deps-check", "dummy-source", "package", "test"],
    ]);
  });

  test("makes of the dependencies only what is needed", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    await build(rust.cargoTest(), { runner: mock, store: scratch("linking") });
    expect(mock.names.toSorted()).toEqual(["deps", "dummy-source", "test"]);
  });

  test("makes one half without the other, if told so", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const apart = cargo({
      src: source(new URL("workspace", example)),
      registry,
      halves: "apart",
    });
    await build(apart.cargoDoc(), { runner: mock, store: scratch("doc") });
    expect(mock.names.toSorted()).toEqual(["deps-check", "doc", "dummy-source"]);
  });

  test("gives a command that overrides the selection dependencies of its own", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const own = {
      target: "wasm32-unknown-unknown",
      rustflags: ["-Ctarget-feature=+simd128", "-g"],
    };
    expect(rust.buildDepsOnly(own)).toBe(rust.buildDepsOnly({ ...own }));
    await build(all({ one: rust.cargoBuild(own), two: rust.cargoBuild() }), {
      runner: mock,
      store: scratch("override"),
    });
    const deps = mock.calls.filter(({ name }) => name === "deps");
    expect(deps.map(({ argv }) => argv.at(-1)?.includes("wasm32"))).toEqual([true, false]);
    for (const { name, env, argv } of mock.calls) {
      const isOwn = argv.at(-1)?.includes("wasm32") === true;
      const flags = isOwn ? "-Ctarget-feature=+simd128\u001F-g" : undefined;
      expect(env["CARGO_ENCODED_RUSTFLAGS"], name).toBe(flags);
    }
  });

  test("an edit of the build file alone, wherever it lies in the sources, runs nothing again", async () => {
    const folder = scratch("build-file");
    cpSync(new URL("workspace", example), join(folder, "project"), { recursive: true });
    const own = cargo({ src: source(join(folder, "project")), registry });
    const options = {
      runner: mockRunner({ onUnmatched: "succeed-empty" }),
      store: join(folder, "store"),
    };
    const checks = all({
      clippy: own.clippy(),
      fmt: own.cargoFmt(),
      subset: own.cargoTest({ packages: ["tally"] }),
    });
    mkdirSync(join(folder, "project", "ci"));
    await build(checks, options);
    for (const place of ["", "ci/"]) {
      writeFileSync(join(folder, "project", `${place}ashlar.build.ts`), "// other flags");
    }
    expect((await build(checks, options)).ran).toEqual([]);
  });

  test("the other half of the dependencies is there after a command has changed sides", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const chain = rust.cargoTest({ cargoArtifacts: rust.cargoClippy() });
    await build(chain, { runner: mock, store: scratch("chain") });
    expect(mock.names.toSorted()).toEqual([
      ...["clippy", "deps", "deps-check", "dummy-source", "test"],
    ]);
  });

  const others = "a tool that others wrote for cargo is asked for by name, and never downloaded";
  test.skipIf(missing.length > 0)(`${others}${withoutCargo}`, async () => {
    const bare = localRunner({ searchPath: await pathWithout("cargo-nextest") });
    const checks = [
      [rust.cargoNextest(), "cargo install --locked cargo-nextest"],
      [rust.cargoDeny(), "cargo install --locked cargo-deny"],
      [rust.cargoAudit({ advisoryDb: registry }), "cargo install --locked cargo-audit"],
      [rust.taploFmt(), "taplo"],
    ] as const;
    for (const [target, hint] of checks) {
      const report = await tryBuild(target, { runner: bare, store: scratch("plugins") });
      expect(report.errors[0]?.code).toBe("TOOL_NOT_FOUND");
      expect(report.errors[0]?.hint).toContain(hint);
    }
    await bare[Symbol.asyncDispose]();
  });

  test("hands every command the flags of the workspace", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    const strange = cargo({
      src: source(new URL("workspace", example)),
      registry,
      profile: "bench",
      features: ["a", "b/c"],
      env: { LANG: "C" },
    });
    await build(strange.clippy({ clippyArgs: ["--", "--deny", "warnings"] }), {
      runner: mock,
      store: scratch("flags"),
    });
    const clippy = mock.calls.find(({ name }) => name === "clippy");
    expect(JSON.parse(clippy?.argv.at(-1) ?? "")).toEqual({
      args: [
        ...["clippy", "--locked", "--offline", "--config", "../vendor/config.toml"],
        ...["--profile", "bench", "--features", "a,b/c", "--", "--deny", "warnings"],
      ],
    });
    expect(clippy?.env).toMatchObject({ CARGO_HOME: "../home", LANG: "C" });
    const deps = mock.calls.find(({ name }) => name === "deps-check");
    expect(deps?.argv.at(-1)).toContain('"--profile","bench","--features","a,b/c"');
  });
});

// Without the one, nobody asks for the other, which may be there and of no use.
const missingForCoverage =
  missing.length > 0 ? missing : await missingTools(runner, coverageTools());
const folder = mkdtempSync(join(tmpdir(), "ashlar-cargo-"));
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missing.length > 0)(`with cargo${withoutCargo}`, () => {
  const root = join(folder, "project");
  let rust: CargoWorkspace;
  beforeAll(() => {
    cpSync(example, root, { recursive: true });
    rust = cargo({
      src: source(join(root, "workspace")),
      registry: source(join(root, "registry")),
    });
  });
  const strict = ["--all-targets", "--", "--deny", "warnings"];

  test("clippy, tests and package start from one build of the dependencies", async () => {
    const { clippy, crate } = checks(rust);
    const report = await run(all({ clippy, tests: rust.test(), crate }));
    expect(report.ran.toSorted()).toEqual([
      ...["clippy", "deps", "deps-check", "dummy-source", "package", "test"],
    ]);
    await expectNoExternalRebuilt(report);

    await report.export(crate.installed, join(folder, "installed"));
    const tally = await execa(join(folder, "installed/bin/tally"), { input: "lime, sand, lime" });
    expect(tally.stdout).toContain("lime  2");
  });

  test("other clippy flags run clippy alone", async () => {
    const { crate } = checks(rust);
    const clippy = rust.clippy({ clippyArgs: ["--all-targets", "--", "--warn", "clippy::all"] });
    const report = await run(all({ clippy, tests: rust.test(), crate }));
    expect(report.ran).toEqual(["clippy"]);
    await expectNoExternalRebuilt(report);
  });

  test("the order is not in any key", async () => {
    const { clippy, crate } = checks(rust);
    const report = await run(seq({ clippy, tests: rust.test(), crate }));
    expect(report.ran).toEqual([]);
  });

  test("a comment in a source rebuilds no dependency", async () => {
    appendFileSync(join(root, "workspace/crates/tally/src/lib.rs"), "\n// A comment.\n");
    const { clippy, crate } = checks(rust);
    const report = await run(all({ clippy, crate }));
    expect(report.ran.toSorted()).toEqual(["clippy", "package"]);
    expect(report.reused.toSorted()).toEqual(["deps", "deps-check", "dummy-source"]);
    await expectNoExternalRebuilt(report);
  });

  test("the code of a source ends up in the binary, and never a stub", async () => {
    const main = join(root, "workspace/crates/tally-cli/src/main.rs");
    const text = readFileSync(main, "utf8");
    writeFileSync(main, text.replace("tally: {error}", "tally stumbled: {error}"));
    const { crate } = checks(rust);
    const report = await run(crate);
    const binary = await report.bytes(crate.installed.file("bin/tally"));
    expect(binary.includes("tally stumbled: ")).toBe(true);
  });

  test("a lint that fails stops a sequence, and shows what clippy said", async () => {
    const clippy = rust.clippy({ clippyArgs: ["--features", "tally/sloppy", ...strict] });
    const report = await tryBuild(seq({ clippy, crate: rust.buildPackage() }), options());
    expect(report.failed).toEqual(["clippy"]);
    expect(report.skipped).toEqual(["package"]);
    expect(report.errors[0]?.facts["log"]).toContain("needless_return");
  });

  test("a chain hands the target directory from one to the next", async () => {
    const clippy = rust.clippy({ clippyArgs: strict });
    const tests = rust.test({ cargoArtifacts: clippy });
    const crate = rust.buildPackage({ cargoArtifacts: tests });
    const report = await run(crate);
    expect(report.ran.slice(-2)).toEqual(["test", "package"]);
    await expectNoExternalRebuilt(report);
  });

  const why = missingForCoverage.length === 0 ? "" : ` (no ${missingForCoverage.join(", ")} here)`;
  test.skipIf(missingForCoverage.length > 0)(
    `coverage measures the workspace, and compiles no external anew${why}`,
    async () => {
      const coverage = rust.coverage();
      const report = await run(coverage);
      const lcov = await report.text(coverage.report.file("coverage.lcov"));
      expect(lcov).toContain("SF:crates/tally/src/lib.rs");
      expect(lcov).not.toContain("vendor");
      const json = await report.text(coverage.report.file("coverage.json"));
      expect(json).toContain('"filename":"crates/tally/src/lib.rs"');
      const page = await report.text(coverage.report.file("html/index.html"));
      expect(page).toContain("tally/src/lib.rs");
      expect(page).not.toContain("Created:");
      await expectNoExternalRebuilt(report);
    },
  );

  test.skipIf(missingForCoverage.length > 0)(
    `tests that are measured find a program with a dash in its name${why}`,
    async () => {
      const project = join(folder, "dashed");
      writeProject(project, {
        "Cargo.toml": manifestOf("my-app"),
        "Cargo.lock": `version = 4\n${localCrate("my-app", "0.1.0")}`,
        "src/main.rs": "fn main() {}",
        "tests/start.rs": `#[test] fn starts() {
          assert!(std::process::Command::new(env!("CARGO_BIN_EXE_my-app")).status().unwrap().success());
        }`,
      });
      const coverage = cargo({ src: source(project), profile: "dev" }).coverage();
      const report = await run(coverage);
      const lcov = await report.text(coverage.report.file("coverage.lcov"));
      expect(lcov).toMatch(/FNDA:[1-9].*main/);
    },
    60_000,
  );

  test("coverage without LLVM's tools says what to install", async () => {
    const bare = localRunner({ searchPath: await pathWithout("llvm-cov") });
    const report = await tryBuild(rust.coverage(), { ...options(), runner: bare });
    await bare[Symbol.asyncDispose]();
    expect(report.errors[0]?.code).toBe("TOOL_NOT_FOUND");
    expect(report.errors[0]?.hint).toContain("rustup component add llvm-tools");
  });

  test("two cold builds of the dependencies give the same bytes", async () => {
    const deps = rust.buildDepsOnly();
    const [first, second] = await Promise.all(
      ["one", "two"].map(async (name) => {
        const report = await build(deps, { runner, store: scratch(name) });
        return await report.digest(deps.target);
      }),
    );
    expect(first).toBe(second);
  });

  function checks(workspace: CargoWorkspace) {
    const clippy = workspace.clippy({ clippyArgs: strict });
    return { clippy, crate: workspace.buildPackage() };
  }

  function options() {
    return { runner, store: scratch("shared") };
  }

  async function run(targets: Targets): Promise<Report> {
    return await build(targets, options());
  }
});

/** Every command says so when it had to compile an external crate again. */
async function expectNoExternalRebuilt(report: Report): Promise<void> {
  for (const stage of report.stages) {
    const log = await report.log(stage);
    expect(log, stage.name).not.toContain("external rebuilt");
  }
}

function scratch(name: string): string {
  return join(folder, "stores", name);
}

/** Links to what a Rust build needs, and nothing more. */
async function pathWithout(left: string): Promise<string> {
  const path = mkdtempSync(join(folder, `without-${left}-`));
  const names = ["rustup", "cargo", "rustc", "rustdoc", "cc", "ld", "as", "ar", "sh", "node"];
  for (const name of [...names, "cargo-clippy", "clippy-driver"]) {
    const { stdout, exitCode } = await execa("which", [name], { reject: false });
    if (exitCode === 0) await execa("ln", ["-s", stdout, join(path, name)]);
  }
  return path;
}
