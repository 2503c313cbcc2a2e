/**
 * Target directories in layers: a command starts from links to what was built before, and leaves what it has added.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cargo, rustTools } from "@ashlar/cargo";
import {
  all,
  build,
  missingTools,
  source,
  type Handle,
  type Report,
  type Runner,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localCrate, manifestOf, writeProject } from "./rig/rust-project.ts";
import { compiledIn, RustWorkspace } from "./rig/rust-workspace.ts";

const runner: Runner = localRunner();
const bare: Runner = localRunner({ sandbox: "none" });
const missing = await missingTools(runner, rustTools());
const folder = mkdtempSync(join(tmpdir(), "ashlar-layers-"));
afterAll(async () => {
  await Promise.all([runner, bare].map((each) => each[Symbol.asyncDispose]()));
  rmSync(folder, { recursive: true, force: true });
});

const title = missing.length === 0 ? "with cargo" : `with cargo (no ${missing.join(", ")} here)`;
describe.skipIf(missing.length > 0)(title, () => {
  let project: RustWorkspace;
  beforeAll(() => {
    project = new RustWorkspace(join(folder, "project"));
  });

  async function run(target: Handle, where = runner): Promise<Report> {
    return await build(target, { runner: where, store: join(folder, "store") });
  }

  async function logOf(report: Report): Promise<string> {
    const stage = report.stages.find(({ name }) => name === "package");
    return stage === undefined ? "" : await report.log(stage);
  }

  test("what a command leaves is all of a target directory, and holds no links", async () => {
    const crate = project.describe().buildPackage();
    const report = await run(crate);
    const target = join(folder, "target");
    await report.export(crate.target, target);
    const { stdout: links } = await execa("find", [target, "-type", "l"]);
    expect(links).toBe("");
    const { stdout: files } = await execa("find", [join(target, "debug/deps"), "-name", "*.rlib"]);
    expect(files).toMatch(/libmiddle-/);
    expect(files).toMatch(/libcore_lib-/);
    const app = await execa(join(target, "debug/app"));
    expect(app.stdout).toBe("20 none");
  });

  test("what commands leave has the same bytes each time, of however many files a crate is made", async () => {
    const many = new RustWorkspace(join(folder, "many"));
    const names = "abcdefgh".split("");
    many.write({
      "core/src/lib.rs": `${names.map((name) => `mod ${name};`).join("\n")}\npub fn size() -> u32 { a::ONE }`,
      ...Object.fromEntries(
        names.map((name) => [`core/src/${name}.rs`, "pub const ONE: u32 = 1;"]),
      ),
    });
    const digests = async (store: string): Promise<readonly string[]> => {
      const rust = many.describe({ inner: true });
      const [clippy, crate] = [rust.cargoClippy(), rust.buildPackage()];
      const options = { runner, store: join(folder, store) };
      const report = await build(all({ clippy, crate }), options);
      return [await report.digest(clippy.target), await report.digest(crate.target)];
    };
    expect(await digests("once")).toEqual(await digests("again"));
  });

  test("who does not know where it comes from can go on in it", async () => {
    const cargoArtifacts = project.describe().buildPackage().target;
    const stranger = project.describe({ env: { STRANGER: "1" } });
    const report = await run(stranger.buildPackage({ cargoArtifacts }));
    expect(await compiledIn(report)).toEqual({ package: { local: [], external: [] } });
  });

  test("an external crate that has to be built again is, from copies, and that is said", async () => {
    const crate = project.describe().buildPackage({ env: { TUNE: "loud" } });
    const report = await run(crate);
    const log = await logOf(report);
    if (runner.hermeticity === "sandbox") expect(log).toContain("cargo is started again");
    expect(log).toContain("warning: external rebuilt: side 1.0.0");
    await report.export(crate.installed, join(folder, "installed"));
    expect((await execa(join(folder, "installed/bin/app"))).stdout).toBe("20 loud");

    // What has been built again is kept with the rest: nobody mixes it with what was there before.
    const more = { env: { TUNE: "loud" }, cargoArtifacts: crate };
    const next = project.describe().buildPackage({ ...more, buildArgs: ["--bins"] });
    expect(await compiledIn(await run(next))).toEqual({ package: { local: [], external: [] } });
    const quiet = project.describe().buildPackage({ cargoArtifacts: crate });
    const silenced = await run(quiet);
    expect((await compiledIn(silenced))["package"]?.external).toEqual(["side 1.0.0"]);
    await silenced.export(quiet.installed, join(folder, "silenced"));
    expect((await execa(join(folder, "silenced/bin/app"))).stdout).toBe("20 none");
  });

  test("without a sandbox, what a command leaves is the same", async () => {
    const inside = project.describe().buildPackage();
    const first = await run(inside);
    const outside = project.describe().buildPackage();
    const second = await build(outside, { runner: bare, store: join(folder, "bare") });
    expect(await compiledIn(second)).toMatchObject({ package: { external: [] } });
    expect(await second.digest(outside.target)).toBe(await first.digest(inside.target));

    const loud = project.describe().buildPackage({ env: { TUNE: "loud" } });
    const again = await build(loud, { runner: bare, store: join(folder, "bare") });
    expect((await compiledIn(again))["package"]?.external).toEqual(["side 1.0.0"]);
    await again.export(loud.installed, join(folder, "bare-installed"));
    expect((await execa(join(folder, "bare-installed/bin/app"))).stdout).toBe("20 loud");
  });

  test("what a build script has written among the sources is written for each command", async () => {
    const root = join(folder, "writing");
    writeProject(root, {
      "Cargo.toml": manifestOf("writing"),
      "Cargo.lock": `version = 4\n\n${localCrate("writing", "0.1.0")}`,
      "build.rs": `
        fn main() {
          std::fs::create_dir_all("made").unwrap();
          std::fs::write("made/word.txt", "written").unwrap();
          println!("cargo:rerun-if-changed=build.rs");
        }`,
      "src/main.rs": 'fn main() { println!("{}", include_str!("../made/word.txt")); }',
    });
    const rust = cargo({ src: source(root), profile: "dev" });
    const crate = rust.buildPackage({ cargoArtifacts: rust.cargoTest() });
    const report = await run(crate);
    expect(await logOf(report)).toContain("a build script wrote `made/word.txt` among the sources");
    await report.export(crate.installed, join(folder, "written"));
    expect((await execa(join(folder, "written/bin/writing"))).stdout).toBe("written");
  });
});
