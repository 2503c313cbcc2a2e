/**
 * Inner packages: libraries of a workspace that are compiled apart from the programs that stand on them.
 *
 *     app ──▶ core        deps ──▶ inner (core) ──▶ package (app)
 */
import { join } from "node:path";

import type { CargoOptions } from "@ashlar/cargo";
import { build, type Report } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { beforeEach, describe, expect, test } from "vitest";

import { rustTests } from "./rig/rust-tests.ts";
import { compiledIn, RustWorkspace } from "./rig/rust-workspace.ts";

const { runner, folder, missing, title } = await rustTests("inner");

describe.skipIf(missing.length > 0)(title, { timeout: 120_000 }, () => {
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
  ): Promise<{ report: Report; compiled: unknown; said: string }> {
    const crate = project.describe(options).buildPackage();
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
