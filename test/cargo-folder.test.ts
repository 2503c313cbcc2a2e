/**
 * A workspace in a folder of the sources, which depends on what lies beside it.
 *
 *     app/       the workspace: Cargo.toml, Cargo.lock, .cargo/config.toml
 *     common/    a package that it depends on by path
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, cargoUnits, type CargoWorkspace } from "@ashlar/cargo";
import { all, source, tryBuild, type Handle, type Report } from "@ashlar/core";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";

import { externalCrate, localCrate, packCrate, writeProject } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("cargo-folder");
const root = join(folder, "sources");

describe.skipIf(missing.length > 0)(title, () => {
  let rust: CargoWorkspace;
  beforeAll(() => {
    const crates = join(folder, "crates");
    mkdirSync(crates);
    const sum = packCrate(crates, "folder-leaf", "1.0.0", {
      "src/lib.rs": 'pub fn leaf() -> &\'static str { if cfg!(told) { "told" } else { "untold" } }',
    });
    writeProject(root, {
      "app/Cargo.toml":
        '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ncommon = { path = "../common" }\n[workspace]',
      "app/Cargo.lock": `version = 4\n\n${localCrate("app", "0.1.0", ["common"])}\n${localCrate("common", "0.3.0", ["folder-leaf"])}\n${externalCrate("folder-leaf", "1.0.0", sum)}`,
      "app/.cargo/config.toml":
        '[build]\nrustflags = ["--cfg", "told"]\n[env]\nWORD = "word"\n[source.crates-io]\nreplace-with = "nowhere"\n[source.nowhere]\ndirectory = "nowhere"',
      "app/src/main.rs":
        'fn main() {\nprintln!("{} {}", env!("WORD"), common::common());\n}\n#[test]\nfn says() {\nassert_eq!(common::common(), "told");\n}',
      "common/Cargo.toml":
        '[package]\nname = "common"\nversion = "0.3.0"\nedition = "2021"\n[dependencies]\nfolder-leaf = "1"',
      "common/src/lib.rs":
        "#[allow(unexpected_cfgs)]\npub fn common() -> &'static str {\nfolder_leaf::leaf()\n}",
    });
    rust = cargo({
      src: source(root),
      workspace: "app",
      profile: "dev",
      registries: [
        { index: "crates-io", dl: `${pathToFileURL(crates).href}/{crate}-{version}.crate` },
      ],
    });
  });

  async function run(target: Handle): Promise<Report> {
    return await tryBuild(target, { runner, store: join(folder, "store") });
  }

  test("its settings count for it and for its dependencies, and its neighbours are found", async () => {
    const crate = rust.buildPackage();
    const commands = { crate, check: rust.cargoCheck(), tests: rust.cargoTest() };
    const report = await run(all({ ...commands, docs: rust.cargoDoc() }));
    expect(report.errors).toEqual([]);
    for (const one of report.stages) {
      const units = cargoUnits(await report.log(one));
      if (units !== undefined) expect([one.name, units.rebuilt]).toEqual([one.name, []]);
    }
    await report.export(crate.installed, join(folder, "installed"));
    expect((await execa(join(folder, "installed/bin/app"))).stdout).toBe("word told");
  });

  test("an edit of a neighbour runs what is made of it, and builds no dependency", async () => {
    writeProject(root, { "common/src/extra.rs": "// Not used." });
    const report = await run(rust.buildPackage());
    expect(report.errors).toEqual([]);
    expect(report.ran).not.toContain("deps");
    expect(report.ran).toContain("package");
  });

  test("a package alone is asked of it as well", async () => {
    const report = await run(rust.cargoCheck({ packages: ["app"] }));
    expect(report.errors).toEqual([]);
  });
});
