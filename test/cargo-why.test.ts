/**
 * Why cargo compiled something again: in the log of the stage in which it did, in the event of its end, and in `why`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, cargoUnits, type CargoWorkspace } from "@ashlar/cargo";
import { source, tryBuild, type BuildEvent, type Handle, type Report } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { beforeAll, describe, expect, test } from "vitest";

import { externalCrate, localCrate, packCrate, writeProject } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("cargo-why");

describe.skipIf(missing.length > 0)(title, () => {
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

  /** Texts of what the last build has remarked on its last stage of a name. */
  let remarked: (stage: string) => readonly string[];

  async function buildIt(target: Handle, use = runner, store = "store"): Promise<Report> {
    const events: BuildEvent[] = [];
    const onEvent = (event: BuildEvent): unknown => events.push(event);
    const report = await tryBuild(target, { runner: use, store: join(folder, store), onEvent });
    remarked = (stage) => {
      const ends = events.filter((event) => event.type === "stage-settled");
      const remarks = ends.findLast(({ name }) => name === stage)?.remarks ?? [];
      return remarks.map(({ severity, text }) => `${severity}: ${text}`);
    };
    return report;
  }

  async function logOf(target: Handle, stage: string): Promise<string> {
    const report = await buildIt(target);
    expect(report.errors).toEqual([]);
    return await report.log(report.stages.findLast(({ name }) => name === stage)!);
  }

  test("an edit is named with what cargo compiled for it", async () => {
    const target = rust.cargoBuild();
    await buildIt(target);
    expect(remarked("deps")).toEqual([
      expect.stringMatching(
        /^note: cargo compiled why-watch 1\.0\.0; \d+ units? (was|were) fresh$/,
      ),
    ]);
    const main = join(folder, "project/src/main.rs");
    writeFileSync(main, readFileSync(main, "utf8").replace("{}", "now {}"));
    const report = await buildIt(target);
    expect(report.ran).toEqual(["build"]);
    const told = await report.why(target);
    expect(String(told)).toContain(`\`build\` ran:
  project/src/main.rs differs
    - fn main() { println!("{}", why_watch::watch()); }
    + fn main() { println!("now {}", why_watch::watch()); }
  from its log:
    warning: the build script of app watches \`proto/a.proto\`, which is not among the sources: if it is to be there, add \`proto/*.proto\` to \`include\`
    cargo compiled app 0.1.0; 2 units were fresh`);
    // As well of what is reused, then.
    await buildIt(target);
    expect(remarked("build")).toEqual(
      told.stages.at(-1)?.remarks?.map(({ severity, text }) => `${severity}: ${text}`),
    );
  });

  test("an external crate that watches a variable is named with it", async () => {
    const log = await logOf(rust.cargoBuild({ env: { WATCHED: "now" } }), "build");
    expect(log).toContain(
      "warning: external rebuilt: why-watch 1.0.0\n  because the variable `WATCHED` was not set, and is now\n",
    );
    expect(log).not.toContain("cargo::core");
    expect(remarked("build")).toEqual([
      "warning: why-watch 1.0.0, which is no local crate, was compiled again: the variable `WATCHED` was not set, and is now",
      "warning: the build script of app watches `proto/a.proto`, which is not among the sources: if it is to be there, add `proto/*.proto` to `include`",
      "note: cargo compiled app 0.1.0, why-watch 1.0.0; 1 unit was fresh",
    ]);
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
    expect(remarked("build")[0]).toBe(
      "warning: why-watch 1.0.0, which is no local crate, was compiled again: the profile differs",
    );
  });

  test("local code that is compiled again in a chain says why, too", async () => {
    const first = rust.cargoBuild();
    const log = await logOf(rust.cargoBuild({ cargoArtifacts: first, env: { OWN: "1" } }), "build");
    expect(log).toContain("rebuilt: app 0.1.0: the variable `OWN` was not set, and is 1");
    const units = cargoUnits(log);
    expect(units?.compiled).toEqual({ local: ["app 0.1.0"], external: [] });
    expect(remarked("build")[0]).toContain("note: app 0.1.0 was compiled again: ");
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
    const report = await buildIt(target, open, "open-store");
    expect(report.errors).toEqual([]);
    const log = await report.log(report.stages.findLast(({ name }) => name === "build")!);
    expect(cargoUnits(log)?.warnings).toEqual([
      `\`${words}\` is read by local code, and is no input: changes of it re-run nothing; lay it in \`src\``,
    ]);
    expect(remarked("build")[0]).toContain(`warning: \`${words}\` is read by local code`);
  });

  test("a file that is kept out is named with the glob to add, in the event of the failure", async () => {
    writeProject(join(folder, "shut"), {
      ".gitignore": "songs\n",
      "Cargo.toml": '[package]\nname = "shut"\nversion = "0.1.0"\nedition = "2021"',
      "Cargo.lock": `version = 4\n\n${localCrate("shut", "0.1.0")}`,
      "songs/first.txt": "la",
      "src/main.rs":
        'const W: &str = include_str!("../songs/first.txt");\nfn main() { println!("{W}"); }',
    });
    const target = cargo({ src: source(join(folder, "shut")), profile: "dev" }).cargoBuild();
    const report = await buildIt(target);
    expect(report.failed).toEqual(["build"]);
    const text =
      "`songs/first.txt` is not among the sources: `.gitignore`, `include` or `exclude` keeps it out; add `songs/*.txt` to `include`";
    expect(remarked("build")).toContain(`warning: ${text}`);
    expect(String(await report.why(target))).toContain(`    warning: ${text}`);
  });

  test("where tests fail, files that are no inputs are named, too", async () => {
    writeProject(join(folder, "failing"), {
      "Cargo.toml": '[package]\nname = "failing"\nversion = "0.1.0"\nedition = "2021"',
      "Cargo.lock": `version = 4\n\n${localCrate("failing", "0.1.0")}`,
      "build.rs": 'fn main() { println!("cargo:rerun-if-changed=data/x.txt"); }',
      "src/lib.rs": '#[test]\nfn reads() { std::fs::read("data/x.txt").unwrap(); }',
    });
    const target = cargo({ src: source(join(folder, "failing")), profile: "dev" }).cargoTest();
    const report = await buildIt(target);
    expect(report.failed).toEqual(["test"]);
    expect(remarked("test")[0]).toContain("add `data/*.txt` to `include`");
  });

  test("a log without cargo has no units", () => {
    expect(cargoUnits("compiled everything\n")).toBeUndefined();
  });
});
