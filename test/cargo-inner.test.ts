/**
 * Inner packages: libraries of a workspace that are compiled apart from the programs that stand on them.
 *
 *     app ──▶ core        deps ──▶ inner (core) ──▶ package (app)
 */
import { symlinkSync } from "node:fs";
import { join } from "node:path";

import type { CargoOptions } from "@ashlar/cargo";
import { build, type Report } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { beforeEach, describe, expect, test } from "vitest";

import { manifestOf } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";
import { compiledIn, RustWorkspace } from "./rig/rust-workspace.ts";

const { runner, folder, missing, title } = await rustTests("inner");

describe.skipIf(missing.length > 0)(title, () => {
  let project: RustWorkspace;
  let count = 0;
  beforeEach(() => {
    count += 1;
    project = new RustWorkspace(join(folder, `project-${count}`));
  });

  /** Builds and runs `app`. */
  async function run(
    options: Partial<CargoOptions> = { inner: true },
    where = runner,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ report: Report; compiled: unknown; said: string }> {
    const crate = project.describe(options).buildPackage({ env });
    const report = await build(crate, { runner: where, store: join(project.root, "store") });
    await report.export(crate.installed, join(project.root, "out"));
    const { stdout } = await execa(join(project.root, "out/bin/app"));
    return { report, compiled: (await compiledIn(report))["package"], said: stdout };
  }

  test("an edit of a program compiles that program alone", async () => {
    const first = await run();
    expect(first.report.ran).toEqual(["dummy-source", "deps", "inner", "package"]);
    expect(first.compiled).toEqual({ local: ["app 0.1.0", "tool 0.1.0"], external: [] });
    project.append("app/src/main.rs", "// edited");
    const { report, compiled } = await run();
    expect(report.ran).toEqual(["package"]);
    expect(compiled).toEqual({ local: ["app 0.1.0", "tool 0.1.0"], external: [] });
  });

  test("an edit of a library compiles it, and reaches the program", async () => {
    expect((await run()).said).toBe("20 none");
    project.write({ "core/src/lib.rs": "pub fn size() -> u32 { middle::grow() * 3 }" });
    const { report, said } = await run();
    expect(report.ran).toEqual(["inner", "package"]);
    expect(said).toBe("30 none");
  });

  test("a library with a program of its own is compiled with it, once", async () => {
    project.write({ "core/src/main.rs": 'fn main() { println!("{}", core_lib::size()); }' });
    await run();
    project.append("app/src/main.rs", "// edited");
    const { report, compiled } = await run();
    expect(report.ran).toEqual(["package"]);
    expect(compiled).toEqual({ local: ["app 0.1.0", "tool 0.1.0"], external: [] });
    expect((await execa(join(project.root, "out/bin/core-lib"))).stdout).toBe("20");
  });

  test("the program has the bytes that it has without", async () => {
    await using bare = localRunner({ sandbox: "none" });
    const digest = async (options: Partial<CargoOptions>, where = runner): Promise<string> => {
      const crate = project.describe(options).buildPackage();
      const store = join(project.root, JSON.stringify(options).length + where.hermeticity);
      const report = await build(crate, { runner: where, store });
      return await report.digest(crate.installed);
    };
    const plain = await digest({});
    expect(await digest({ inner: true })).toBe(plain);
    expect(await digest({ inner: true }, bare)).toBe(plain);
  });

  test("a library that reads a program's code is compiled with that", async () => {
    project.write({
      "core/src/lib.rs": `
        pub fn size() -> u32 { middle::grow() + include_str!("../../app/src/number.rs").len() as u32 }`,
      "app/src/number.rs": "// 123456789",
    });
    const { length } = "// 123456789\n";
    expect((await run()).said).toBe(`${10 + length} none`);
  });

  test("a library that reads a program's code through a link is compiled with that, and what stands on it", async () => {
    project.write({
      "core/src/lib.rs": `
        pub const TEXT: &str = include_str!("number.rs");
        pub fn size() -> u32 { middle::grow() + TEXT.len() as u32 }`,
      "app/src/number.rs": "// 123456789",
    });
    symlinkSync("../../app/src/number.rs", join(project.root, "ws/core/src/number.rs"));
    const { length } = "// 123456789\n";
    expect((await run()).said).toBe(`${10 + length} none`);
  });

  test("a library may be made of a program's code", async () => {
    project.write({
      "core/src/lib.rs": `
        #[path = "../../app/src/number.rs"] mod number;
        pub fn size() -> u32 { middle::grow() + number::half() }`,
      "app/src/number.rs": "pub fn half() -> u32 { 7 }",
    });
    expect((await run()).said).toBe("17 none");
  });

  test("a library whose file is that of a program's library, too, is never its stub", async () => {
    project.write({
      "core/Cargo.toml": manifestOf("core-lib", "[dependencies]\nmiddle.workspace = true"),
      "core/src/lib.rs": 'pub fn size() -> usize { include_str!("lib.rs").len() }',
      "tool/Cargo.toml": manifestOf("tool", '[lib]\npath = "../core/src/lib.rs"'),
      "tool/src/main.rs": "fn main() {}",
    });
    project.cargo("update", "--workspace");
    const { length } = 'pub fn size() -> usize { include_str!("lib.rs").len() }\n';
    expect((await run()).said).toBe(`${length} none`);
  });

  test("code in another folder, which a program's folder is a link to, is never its stub", async () => {
    project.write({
      "core/src/parts/mod.rs": "pub fn name() -> u32 { 8 }",
      "core/src/lib.rs": 'pub fn size() -> usize { include_str!("parts/mod.rs").len() }',
      "tool/Cargo.toml": manifestOf(
        "tool",
        '[dependencies]\nshape.workspace = true\n[lib]\npath = "parts/mod.rs"',
      ),
    });
    symlinkSync("../core/src/parts", join(project.root, "ws/tool/parts"));
    const { length } = "pub fn name() -> u32 { 8 }\n";
    expect((await run()).said).toBe(`${length} none`);
  });

  test("what a macro finds in the variables of a command is of that command", async () => {
    project.write({
      "core/Cargo.toml": manifestOf(
        "core-lib",
        '[dependencies]\nmiddle.workspace = true\nlook = { path = "../look" }',
      ),
      "core/src/lib.rs": "pub fn size() -> u32 { look::look!() }",
      "look/Cargo.toml": manifestOf("look", "[lib]\nproc-macro = true"),
      "look/src/lib.rs": `
        #[proc_macro]
        pub fn look(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
          std::env::var("LOOK").unwrap_or("0".into()).parse().unwrap()
        }`,
      "Cargo.toml": `
        [workspace]
        members = ["app", "core", "look", "tool"]
        resolver = "2"
        [workspace.dependencies]
        middle = "1"
        shape = "1"`,
    });
    project.cargo("generate-lockfile");
    expect((await run()).said).toBe("0 none");
    expect((await run({ inner: true }, runner, { LOOK: "3" })).said).toBe("3 none");
  });

  test("a library with a build script is compiled with the programs", async () => {
    project.write({
      "core/build.rs": `
        fn main() {
          let text = std::fs::read_to_string("../app/src/main.rs").unwrap();
          println!("cargo:rustc-env=HAS_CODE={}", !text.is_empty());
        }`,
      "core/src/lib.rs": 'pub fn size() -> &\'static str { env!("HAS_CODE") }',
    });
    const { report, said } = await run();
    expect(said).toBe("true none");
    expect(report.ran).toEqual(["dummy-source", "deps", "package"]);
  });

  test("what tests and coverage start from is the same", async () => {
    const rust = project.describe({ inner: true });
    const report = await build(rust.cargoTest(), { runner, store: join(project.root, "store") });
    expect(report.ran).toEqual(["dummy-source", "deps", "inner", "test"]);
    expect((await compiledIn(report))["test"]?.external).toEqual([]);
  });
});
