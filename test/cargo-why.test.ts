/**
 * Why cargo compiled something again, in the log of the stage in which it did.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, cargoUnits, type CargoWorkspace } from "@ashlar/cargo";
import { source, tryBuild, type Handle } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { beforeAll, describe, expect, test } from "vitest";

import { externalCrate, localCrate, packCrate, writeProject } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("cargo-why");

describe.skipIf(missing.length > 0)(title, { timeout: 120_000 }, () => {
  let rust: CargoWorkspace;
  beforeAll(() => {
    const crates = join(folder, "crates");
    mkdirSync(crates);
    const sum = packCrate(crates, "why-watch", "1.0.0", {
      "build.rs": 'fn main() { println!("cargo:rerun-if-env-changed=WATCHED"); }',
      "src/lib.rs": "pub fn watch() -> u32 { 1 }",
    });
    writeProject(join(folder, "project"), {
      "Cargo.toml":
        '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nwhy-watch = "1"\n[profile.other]\ninherits = "dev"\nopt-level = 1',
      "Cargo.lock": `version = 4\n\n${localCrate("app", "0.1.0", ["why-watch"])}\n${externalCrate("why-watch", "1.0.0", sum)}`,
      "build.rs": `
        fn main() {
          println!("cargo:rerun-if-changed=proto/a.proto");
          println!("cargo::rerun-if-env-changed=OWN");
        }`,
      "src/main.rs": 'fn main() { println!("{}", why_watch::watch()); }',
    });
    rust = cargo({
      src: source(join(folder, "project")),
      profile: "dev",
      registries: [
        { index: "crates-io", dl: `${pathToFileURL(crates).href}/{crate}-{version}.crate` },
      ],
    });
  });

  async function logOf(target: Handle, stage: string): Promise<string> {
    const report = await tryBuild(target, { runner, store: join(folder, "store") });
    expect(report.errors).toEqual([]);
    return await report.log(report.stages.findLast(({ name }) => name === stage)!);
  }

  test("an external crate that watches a variable is named with it", async () => {
    const log = await logOf(rust.cargoBuild({ env: { WATCHED: "now" } }), "build");
    expect(log).toContain(
      "warning: external rebuilt: why-watch 1.0.0\n  because the variable `WATCHED` was not set, and is now\n",
    );
    expect(log).not.toContain("cargo::core");
    expect(cargoUnits(log)).toEqual({
      compiled: { local: ["app 0.1.0"], external: ["why-watch 1.0.0"] },
      fresh: 1,
      rebuilt: [
        { crate: "why-watch 1.0.0", reasons: ["the variable `WATCHED` was not set, and is now"] },
      ],
      warnings: [
        "the build script of app watches `proto/a.proto`, which is not among the sources: if it is to be there, add `proto/*.proto` to `include`",
      ],
    });
  });

  test("one of another profile with the field in which cargo's fingerprints differ", async () => {
    const log = await logOf(rust.cargoBuild({ buildArgs: ["--profile=other"] }), "build");
    // Both go to one folder, so there is a fingerprint to compare with.
    expect(cargoUnits(log)?.rebuilt[0]).toEqual({
      crate: "why-watch 1.0.0",
      reasons: ["the profile differs"],
    });
  });

  test("local code that is compiled again in a chain says why, too", async () => {
    const first = rust.cargoBuild();
    const log = await logOf(rust.cargoBuild({ cargoArtifacts: first, env: { OWN: "1" } }), "build");
    expect(log).toContain("rebuilt: app 0.1.0: the variable `OWN` was not set, and is 1");
    const units = cargoUnits(log);
    expect(units?.compiled).toEqual({ local: ["app 0.1.0"], external: [] });
  });

  test("a file outside of all inputs is named where it could be read", async () => {
    const words = join(folder, "words.txt");
    writeFileSync(words, "outside");
    writeProject(join(folder, "open"), {
      "Cargo.toml": '[package]\nname = "open"\nversion = "0.1.0"\nedition = "2021"',
      "Cargo.lock": `version = 4\n\n${localCrate("open", "0.1.0")}`,
      "src/main.rs": `const W: &str = include_str!("${words}");\nfn main() { println!("{W}"); }`,
    });
    await using open = localRunner({ sandbox: "none" });
    const target = cargo({ src: source(join(folder, "open")), profile: "dev" }).cargoBuild();
    const report = await tryBuild(target, { runner: open, store: join(folder, "open-store") });
    expect(report.errors).toEqual([]);
    const log = await report.log(report.stages.findLast(({ name }) => name === "build")!);
    expect(cargoUnits(log)?.warnings).toEqual([
      `\`${words}\` is read by local code, and is no input: changes of it re-run nothing; lay it in \`src\``,
    ]);
  });

  test("a log without cargo has no units", () => {
    expect(cargoUnits("compiled everything\n")).toBeUndefined();
  });
});
