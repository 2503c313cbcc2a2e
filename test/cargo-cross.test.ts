/**
 * Another target, with a toolchain that is an input: its parts are fetched, pinned by their digests, and laid together.
 *
 * This needs the network and 150 MB of it, so it runs when asked for: `ASHLAR_NETWORK=1`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cargo, cargoUnits, rustTools } from "@ashlar/cargo";
import {
  fetch,
  merge,
  missingTools,
  out,
  sh,
  source,
  stage,
  tool,
  tryBuild,
  type File,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";

import { localCrate, writeProject } from "./rig/rust-project.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-cross-"));
const root = join(folder, "project");
const runner = localRunner();
const missing = await missingTools(runner, [
  // Of what the machine has, the tree of a toolchain needs what links.
  ...rustTools(source(folder)).filter(({ type }) => type === "host-tool"),
  tool.host("xz"),
]);
const isAsked = process.env["ASHLAR_NETWORK"] === "1";
const isHere = process.platform === "linux" && process.arch === "x64";
afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const host = "x86_64-unknown-linux-gnu";
const parts: Readonly<Record<string, string>> = {
  [`rustc-1.95.0-${host}`]: "8426a3d170a5879f5682f5fbdd024a1779b3951e7baba685af2d6dc32a6dfc15",
  [`cargo-1.95.0-${host}`]: "e74edd2cf7d0f1f1383b4f00eb90c843750bc489e2ccf7214e6476678a907425",
  [`rust-std-1.95.0-${host}`]: "047ea7098803d3500fa1072e9cee5392697e21525559e4458128a2bf874aa382",
  "rust-std-1.95.0-wasm32-unknown-unknown":
    "5587b89ff69623d09e476439d44a24453b4e4ea3d5e0b53a5c0a935151ff3fd1",
};

const unpackPart = stage("unpack-part", ({ packed }: { packed: File }) => {
  // Each component has a folder of its own in the archive, and a list of its files in there.
  const script = `
mkdir "$2" && tar -xJf "$1" -C "$2" --strip-components=2 --no-same-owner
rm -rf "$2/manifest.in" "$2/share"`;
  const tools = ["sh", "mkdir", "tar", "xz", "rm"].map((name) => tool.host(name));
  return sh({ tools })`sh -e -c ${script} unpack ${packed} ${out.tree("part")}`;
});

const why = !isAsked ? "it runs with ASHLAR_NETWORK=1" : `no ${missing.join(", ")} here`;
const isSkipped = !isAsked || !isHere || missing.length > 0;
test.skipIf(isSkipped)(
  isSkipped ? `another target (skipped: ${why})` : "another target",
  async () => {
    const toolchain = merge(
      Object.entries(parts).map(([name, sha256]) => {
        const packed = fetch(`https://static.rust-lang.org/dist/${name}.tar.xz`, { sha256 });
        return unpackPart({ packed });
      }),
    );
    writeProject(root, {
      "Cargo.toml":
        '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n[profile.release]\npanic = "abort"',
      "Cargo.lock": `version = 4\n\n${localCrate("app", "0.1.0")}`,
      // The host's library and the target's, in one build.
      "build.rs": 'fn main() { println!("cargo:rustc-env=ANSWER={}", 6 * 7); }',
      "src/lib.rs":
        '#[unsafe(no_mangle)] pub extern "C" fn answer() -> i32 { env!("ANSWER").parse().unwrap() }',
    });
    const rust = cargo({ src: source(root), toolchain, target: "wasm32-unknown-unknown" });
    const crate = rust.buildPackage();
    const report = await tryBuild(crate, { runner, store: join(folder, "store") });
    expect(report.errors).toEqual([]);
    const log = await report.log(report.stages.find(({ name }) => name === "package")!);
    expect(cargoUnits(log)?.rebuilt).toEqual([]);
    await report.export(crate.installed, join(folder, "installed"));
    const script =
      "WebAssembly.instantiate(fs.readFileSync(process.argv[1])).then(({ instance }) => console.log(instance.exports.answer()))";
    const wasm = join(folder, "installed/lib/app.wasm");
    expect((await execa(process.execPath, ["-e", script, wasm])).stdout).toBe("42");

    // The store has all of it: nothing is fetched, or made, again.
    const again = await tryBuild(crate, { runner, store: join(folder, "store") });
    expect(again.ran).toEqual([]);
  },
  1_800_000,
);

describe("the toolchain's tree", () => {
  test("is where the programs of Rust come from, and of nothing else", () => {
    const tools = rustTools(source(folder));
    const own = tools.filter(({ type }) => type === "artifact-tool").map(({ name }) => name);
    expect(own).toEqual(["cargo", "rustc", "rustdoc"]);
  });
});
