/**
 * A registry in the life of its crates: they are published, taken back, and lost.
 */
import { join } from "node:path";

import { cargo } from "@ashlar/cargo";
import { source, tryBuild, type Handle, type Report } from "@ashlar/core";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { CrateRegistry } from "./rig/crate-registry.ts";
import { writeProject } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";

const { runner, folder, missing, title } = await rustTests("cargo-registry");
const registry = await CrateRegistry.start(join(folder, "crates"));
afterAll(async () => await registry[Symbol.asyncDispose]());
const root = join(folder, "project");

/** Cargo as people run it: with a network, and a home of its own. Returns what it prints. */
async function plainCargo(...args: readonly string[]): Promise<string> {
  const env = { CARGO_HOME: join(folder, "home"), CARGO_TARGET_DIR: join(folder, "plain") };
  return (await execa("cargo", args, { cwd: root, env })).stdout;
}

describe.skipIf(missing.length > 0)(title, () => {
  const rust = cargo({
    src: source(root),
    profile: "dev",
    registries: [{ index: registry.index, dl: registry.dl }],
  });
  const run = async (target: Handle, store = "store"): Promise<Report> =>
    await tryBuild(target, { runner, store: join(folder, store) });

  beforeAll(async () => {
    registry.publish("leaf", "1.0.0", { "src/lib.rs": "pub fn leaf() -> u32 { 1 }" });
    writeProject(root, {
      ".cargo/config.toml": `[registries.mine]\nindex = "${registry.index}"`,
      "Cargo.toml":
        '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nleaf = { version = "1", registry = "mine" }',
      "src/main.rs": 'fn main() { println!("{}", leaf::leaf()); }',
    });
    await plainCargo("generate-lockfile");
  });

  test("a crate that was taken back is built all the same, for the lock file has it, as with cargo", async () => {
    registry.yank("leaf", "1.0.0");
    registry.asked.length = 0;
    const crate = rust.buildPackage();
    const report = await run(crate);
    expect(report.errors).toEqual([]);
    // Not even the index.
    expect(registry.asked).toEqual(["/crates/leaf/1.0.0/download"]);
    await report.export(crate.installed, join(folder, "installed"));
    const plain = await plainCargo("run", "-q", "--locked");
    expect(plain).toBe("1");
    expect((await execa(join(folder, "installed/bin/app"))).stdout).toBe(plain);
  });

  test("a crate that is lost is named, with its registry, and what can be done", async () => {
    registry.lose("leaf", "1.0.0");
    const report = await run(rust.buildPackage(), "empty");
    const [error] = report.errors;
    expect(error?.code).toBe("FETCH_FAILED");
    expect(error?.message).toBe(`crate \`leaf 1.0.0\` of ${registry.index} cannot be fetched`);
    expect(Object.entries(error?.facts ?? {})).toContainEqual([
      `${registry.dl}/leaf/1.0.0/download`,
      "HTTP 404 Not Found",
    ]);
    expect(error?.hint).toContain("`cargo update -p leaf` takes another version");
    // Who has it already goes on.
    expect((await run(rust.buildPackage())).ran).toEqual([]);
  });

  test("a new version is another crate, which alone is fetched", async () => {
    registry.publish("leaf", "1.1.0", { "src/lib.rs": "pub fn leaf() -> u32 { 2 }" });
    await plainCargo("update", "-p", "leaf");
    registry.asked.length = 0;
    const report = await run(rust.buildPackage());
    expect(report.errors).toEqual([]);
    expect(registry.asked).toEqual(["/crates/leaf/1.1.0/download"]);
  });
});
