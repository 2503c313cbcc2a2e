/**
 * Several toolchains side by side: by rustup's names, by paths and as trees; and what becomes of those who mix them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { cargo, rustTools } from "@ashlar/cargo";
import { all, missingTools, source, tryBuild, type Report, type Targets } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localCrate, writeProject } from "./rig/rust-project.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-toolchains-"));
const root = join(folder, "project");
const first = binariesOf(undefined);
/** One that is not the one that is used by default. */
const second = ["stable", "beta", "nightly"].find((name) => {
  const other = binariesOf(name);
  return other !== undefined && versionOf(other) !== versionOf(first);
});
const runner = localRunner({ visible: [folder, ...(first === undefined ? [] : [dirname(first)])] });
const missing = await missingTools(runner, rustTools());
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const reason =
  missing.length > 0 ? `no ${missing.join(", ")} here` : "no toolchains of rustup here";
const isSkipped = missing.length > 0 || first === undefined;
describe.skipIf(isSkipped)(isSkipped ? `toolchains (${reason})` : "toolchains", () => {
  beforeAll(() => {
    writeProject(root, {
      "Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"',
      "Cargo.lock": `version = 4\n\n${localCrate("app", "0.1.0")}`,
      "build.rs": `
        fn main() {
          let rustc = std::env::var("RUSTC").unwrap();
          let out = std::process::Command::new(rustc).arg("-vV").output().unwrap();
          let text = String::from_utf8(out.stdout).unwrap();
          println!("cargo:rustc-env=MADE_BY={}", text.lines().find(|line| line.starts_with("release")).unwrap());
        }`,
      "src/main.rs": 'fn main() { println!("{}", env!("MADE_BY")); }',
    });
  });
  const workspace = (toolchain?: Parameters<typeof rustTools>[0]) =>
    cargo({ src: source(root), profile: "dev", ...(toolchain !== undefined && { toolchain }) });

  async function run(targets: Targets): Promise<Report> {
    return await tryBuild(targets, { runner, store: join(folder, "store") });
  }

  const alone = second === undefined ? " (only one toolchain here)" : "";
  test.skipIf(second === undefined)(
    `two build side by side, each with dependencies of its own${alone}`,
    async () => {
      const [one, two] = [workspace().buildPackage(), workspace(second).buildPackage()];
      const report = await run(all({ one, two }));
      expect(report.errors).toEqual([]);
      expect(report.ran.filter((name) => name === "deps")).toHaveLength(2);
      await report.export(one.installed, join(folder, "one"));
      await report.export(two.installed, join(folder, "two"));
      const { stdout } = await execa(join(folder, "one/bin/app"));
      expect((await execa(join(folder, "two/bin/app"))).stdout).not.toBe(stdout);

      // Back and forth: nothing is made again.
      expect((await run(all({ two, one }))).ran).toEqual([]);
    },
  );

  test.skipIf(second === undefined)(
    `artifacts of another toolchain are refused${alone}`,
    async () => {
      const cargoArtifacts = workspace(second).buildDepsOnly();
      const report = await run(workspace().cargoBuild({ cargoArtifacts }));
      expect(report.failed).toEqual(["build"]);
      expect(report.errors[0]?.facts["log"]).toMatch(
        /error: the inherited target directory was filled by rustc \S+ .*, this is rustc \S+ .*\nhint: use one toolchain for the dependencies and for all that is built on them/,
      );
    },
  );

  test("one is found by its path, and a path without one is an error before anything runs", async () => {
    const place = dirname(first ?? "");
    const crate = workspace(place).buildPackage();
    expect((await run(crate)).errors).toEqual([]);
    const absent = await run(workspace(join(folder, "nowhere")).buildPackage());
    expect(absent.errors[0]?.code).toBe("TOOL_NOT_FOUND");
    expect(absent.errors[0]?.hint).toContain("there must be a toolchain at");
  });

  test("a tree is a toolchain, with its content in the key", async () => {
    // Programs that start the real ones: a toolchain of a few bytes.
    const place = join(folder, "toolchain");
    const write = (comment: string): void => {
      mkdirSync(join(place, "bin"), { recursive: true });
      for (const name of ["cargo", "rustc", "rustdoc"]) {
        const text = `#!/bin/sh\n# ${comment}\nexec ${join(first ?? "", name)} "$@"\n`;
        writeFileSync(join(place, "bin", name), text, { mode: 0o755 });
      }
    };
    write("first");
    const crate = workspace(source(place)).buildPackage();
    expect((await run(crate)).errors).toEqual([]);
    expect((await run(crate)).ran).toEqual([]);
    write("second");
    const again = await run(crate);
    expect(again.ran).toContain("package");
    expect(String(await again.why(crate))).toContain("bin/cargo");
  });
});

/** The folder of a toolchain's real programs. */
function binariesOf(toolchain: string | undefined): string | undefined {
  const choice = toolchain === undefined ? [] : ["--toolchain", toolchain];
  const { stdout, status } = spawnSync("rustup", ["which", ...choice, "rustc"], {
    encoding: "utf8",
  });
  return status === 0 ? dirname(stdout.trim()) : undefined;
}

function versionOf(binaries: string | undefined): string {
  return spawnSync(join(binaries ?? "", "rustc"), ["-vV"], { encoding: "utf8" }).stdout;
}
