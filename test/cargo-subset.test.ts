/**
 * Some packages of a workspace: what they need is built, and only what they need runs them again.
 */
import { join } from "node:path";

import { build, tryBuild, type Handle, type Report } from "@ashlar/core";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";

import { rustTests } from "./rig/rust-tests.ts";
import { compiledIn, RustWorkspace } from "./rig/rust-workspace.ts";

const { runner, folder, missing, title } = await rustTests("subset");

describe.skipIf(missing.length > 0)(title, () => {
  let project: RustWorkspace;
  beforeAll(() => {
    project = new RustWorkspace(join(folder, "project"));
  });

  async function run(target: Handle): Promise<Report> {
    return await build(target, { runner, store: join(folder, "store") });
  }
  const app = () => project.describe({ packages: ["app"] }).buildPackage();

  test("only they and what they need are built: local packages and external crates", async () => {
    const report = await run(app());
    expect(await compiledIn(report)).toEqual({
      package: { local: ["app 0.1.0", "core-lib 0.1.0"], external: [] },
    });
    const deps = report.stages.find(({ name }) => name === "deps");
    const log = deps === undefined ? "" : await report.log(deps);
    expect(log).toMatch(/Compiling (leaf|middle|side) /);
    expect(log).not.toContain("shape");
  });

  test("code, dependencies and manifests of others run nothing of theirs again", async () => {
    project.append("tool/src/main.rs", "// A comment.");
    expect((await run(app())).ran).toEqual([]);

    project.append("tool/Cargo.toml", 'leaf = "1"');
    project.write({ "Cargo.toml": moreShared });
    project.cargo("update", "--workspace");
    // Somebody has to look at it; what these packages need has not changed.
    expect((await run(app())).ran).toEqual(["subset"]);
  });

  test("their own code does, and that of packages below them", async () => {
    project.append("core/src/lib.rs", "// A comment.");
    expect((await run(app())).ran).toEqual(["package"]);
  });

  test("a member that is added elsewhere changes nothing", async () => {
    project.write({
      "Cargo.toml": moreShared.replace('"tool"]', '"tool", "other"]'),
      "other/Cargo.toml": '[package]\nname = "other"\nversion = "0.1.0"\nedition = "2021"',
      "other/src/lib.rs": "",
    });
    project.cargo("update", "--workspace");
    expect((await run(app())).reused).toContain("package");
  });

  test("a command may choose its own, with the dependencies of those", async () => {
    const rust = project.describe();
    const report = await run(rust.cargoTest({ packages: ["core-lib"] }));
    expect(await compiledIn(report)).toEqual({
      test: { local: ["core-lib 0.1.0"], external: [] },
    });
    const tools = await run(rust.cargoClippy({ packages: ["to*"] }));
    expect(await compiledIn(tools)).toEqual({
      clippy: { local: ["tool 0.1.0"], external: [] },
    });
  });

  test("code that an external crate stands on is code of the dependencies", async () => {
    project.write({
      "Cargo.toml": `${moreShared}\n[patch.crates-io]\nleaf = { path = "leaf" }`,
      "leaf/Cargo.toml": '[package]\nname = "leaf"\nversion = "1.0.5"\nedition = "2021"',
      "leaf/src/lib.rs": "pub fn grow() -> u32 { 3 }",
    });
    project.cargo("update", "-p", "leaf");
    const crate = app();
    const report = await run(crate);
    await report.export(crate.installed, join(folder, "patched"));
    expect((await execa(join(folder, "patched/bin/app"))).stdout).toBe("60 none");

    project.write({ "leaf/src/lib.rs": "pub fn grow() -> u32 { 4 }" });
    const edited = await run(crate);
    expect(edited.ran).toContain("deps");
    await edited.export(crate.installed, join(folder, "edited"));
    expect((await execa(join(folder, "edited/bin/app"))).stdout).toBe("80 none");
    project.write({ "Cargo.toml": moreShared });
    project.cargo("update", "--workspace");
  });

  test("a lock file that is behind the manifests is not brought up to date in silence", async () => {
    project.append("app/Cargo.toml", 'shape = "1"');
    const report = await tryBuild(app(), { runner, store: join(folder, "store") });
    expect(report.errors[0]?.facts["log"]).toContain("`app` depends on `shape`, and not there");
  });
});

const moreShared = `
  [workspace]
  members = ["app", "core", "tool"]
  resolver = "2"
  [workspace.dependencies]
  middle = "1"
  shape = "1.0"`;
