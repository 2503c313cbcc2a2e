/**
 * External crates from where they really come: packed crates of registries, and git repositories.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, rustTools } from "@ashlar/cargo";
import {
  all,
  missingTools,
  source,
  tryBuild,
  type Handle,
  type Report,
  type Runner,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { commitAll, manifestOf, packCrate, writeProject } from "./rig/rust-project.ts";

const runner: Runner = localRunner();
const missing = await missingTools(runner, rustTools());
const folder = mkdtempSync(join(tmpdir(), "ashlar-vendoring-"));
const crates = join(folder, "crates");
const registries = [
  { index: "crates-io", dl: `${pathToFileURL(crates).href}/{crate}-{version}.crate` },
  {
    index: "sparse+https://crates.example/index/",
    dl: `${pathToFileURL(crates).href}/{crate}-{version}.crate?{lowerprefix}`,
  },
];
const cratesIo = "registry+https://github.com/rust-lang/crates.io-index";
let server: Server | undefined;
let root = "";

afterAll(async () => {
  await runner[Symbol.asyncDispose]();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An entry of a lock file. */
function locked(name: string, version: string, rest: string): string {
  return `[[package]]\nname = "${name}"\nversion = "${version}"\n${rest}\n`;
}

function external(name: string, version: string, from: string, checksum: string): string {
  return locked(name, version, `source = "${from}"\nchecksum = "${checksum}"`);
}

async function run(target: Handle): Promise<Report> {
  return await tryBuild(target, { runner, store: join(folder, "store") });
}

const title = missing.length === 0 ? "with cargo" : `with cargo (no ${missing.join(", ")} here)`;
describe.skipIf(missing.length > 0)(title, () => {
  const leaf = (number: number) => ({ "src/lib.rs": `pub fn leaf() -> u32 { ${number} }` });
  let leafSum = "";
  let otherLeafSum = "";

  beforeAll(() => {
    mkdirSync(crates);
    leafSum = packCrate(crates, "vend-leaf", "1.0.0", leaf(1));
    otherLeafSum = packCrate(crates, "vend-other", "0.2.0", {
      "src/lib.rs": "pub fn other() -> u32 { 20 }",
    });
  });

  function project(name: string, dependencies: string, lock: string, main: string): string {
    root = join(folder, name);
    writeProject(root, {
      "Cargo.toml": `[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n${dependencies}`,
      "src/main.rs": `fn main() { println!("{}", ${main}); }`,
      "Cargo.lock": `version = 4\n\n${lock}`,
    });
    return root;
  }

  test("crates of registries are fetched, each for itself", async () => {
    project(
      "registries",
      'vend-leaf = "1"\nvend-other = { version = "0.2", registry = "mine" }',
      [
        locked("app", "0.1.0", 'dependencies = [\n"vend-leaf",\n"vend-other",\n]'),
        external("vend-leaf", "1.0.0", cratesIo, leafSum),
        external("vend-other", "0.2.0", "sparse+https://crates.example/index/", otherLeafSum),
      ].join("\n"),
      "vend_leaf::leaf() + vend_other::other()",
    );
    writeProject(root, {
      ".cargo/config.toml": '[registries.mine]\nindex = "sparse+https://crates.example/index/"',
    });
    const rust = cargo({ src: source(root), profile: "dev", registries });
    const crate = rust.buildPackage();
    const report = await run(crate);
    expect(report.errors).toEqual([]);
    expect(report.ran.filter((name) => name.startsWith("unpack-"))).toHaveLength(2);
    await report.export(crate.installed, join(folder, "installed"));
    expect((await execa(join(folder, "installed/bin/app"))).stdout).toBe("21");

    // Everything is in the store now: the crates may be gone.
    const again = await run(rust.vendorCargoDeps());
    expect(again.ran).toEqual([]);
  });

  test("a lock file of the first format is read as cargo reads it", async () => {
    const inner = locked("inner", "0.1.0", `dependencies = [\n"vend-leaf 1.0.0 (${cratesIo})",\n]`);
    project(
      "first-format",
      'inner = { path = "inner" }\n[workspace]',
      [
        locked("app", "0.1.0", 'dependencies = [\n"inner 0.1.0",\n]'),
        inner,
        locked("vend-leaf", "1.0.0", `source = "${cratesIo}"`),
        `[metadata]\n"checksum vend-leaf 1.0.0 (${cratesIo})" = "${leafSum}"`,
      ].join("\n"),
      "inner::leaf()",
    );
    writeProject(root, {
      "inner/Cargo.toml": manifestOf("inner", '[dependencies]\nvend-leaf = "1"'),
      "inner/src/lib.rs": "pub use vend_leaf::leaf;",
    });
    const lock = join(root, "Cargo.lock");
    writeFileSync(lock, readFileSync(lock, "utf8").replace("version = 4\n", ""));
    const rust = cargo({ src: source(root), profile: "dev", registries });
    const crate = rust.buildPackage();
    const report = await run(all({ crate, alone: rust.cargoCheck({ packages: ["inner"] }) }));
    expect(report.errors).toEqual([]);
    await report.export(crate.installed, join(folder, "first"));
    expect((await execa(join(folder, "first/bin/app"))).stdout).toBe("1");
  });

  test("cargo deny finds the crates, offline", async () => {
    // What cargo-deny starts with: it asks cargo for all packages.
    const tools = join(folder, "tools");
    writeProject(tools, {
      "cargo-deny": `#!/bin/sh
        case "$*" in *--version*) echo cargo-deny 0.0.0; exit;; esac
        echo "asked: $*"
        exec cargo metadata --offline --locked --format-version 1`,
    });
    chmodSync(join(tools, "cargo-deny"), 0o755);
    const searchPath = `${tools}:${process.env["PATH"] ?? ""}`;
    await using own = localRunner({ searchPath, visible: [tools] });
    const rust = cargo({ src: source(join(folder, "registries")), registries });
    const checked = rust.cargoDeny({ checks: ["bans"] });
    const report = await tryBuild(checked, { runner: own, store: join(folder, "store") });
    expect(report.errors).toEqual([]);
    const log = await report.log(report.stages.find(({ name }) => name === "deny")!);
    expect(log).toContain("asked: deny --offline check bans");
    expect(log).toContain('"name":"vend-leaf"');
  });

  test("a crate with another content than the lock file says is refused", async () => {
    project(
      "tampered",
      'vend-leaf = "1"',
      [
        locked("app", "0.1.0", 'dependencies = [\n"vend-leaf",\n]'),
        external("vend-leaf", "1.0.0", cratesIo, "7".repeat(64)),
      ].join("\n"),
      "vend_leaf::leaf()",
    );
    const report = await run(cargo({ src: source(root), registries }).vendorCargoDeps());
    expect(report.errors[0]?.code).toBe("FETCH_WRONG_DIGEST");
    expect(report.errors[0]?.message).toBe(
      "crate `vend-leaf 1.0.0` of crates.io has another content than it should",
    );
    expect(report.errors[0]?.facts["from"]).toContain("vend-leaf-1.0.0.crate");
  });

  test("a crate that is nowhere is named, and so is a registry that nobody has described", async () => {
    const lock = (from: string): string =>
      [
        locked("app", "0.1.0", 'dependencies = [\n"vend-gone",\n]'),
        external("vend-gone", "1.0.0", from, "7".repeat(64)),
      ].join("\n");
    project("gone", 'vend-gone = "1"', lock(cratesIo), "0");
    const gone = await run(cargo({ src: source(root), registries }).vendorCargoDeps());
    expect(gone.errors[0]?.code).toBe("FETCH_FAILED");
    expect(gone.errors[0]?.message).toBe("crate `vend-gone 1.0.0` of crates.io cannot be fetched");
    expect(gone.errors[0]?.hint).toContain("`cargo update -p vend-gone` takes another version");

    project("unknown", 'vend-gone = "1"', lock("registry+https://other.example/index"), "0");
    const unknown = await run(cargo({ src: source(root), registries }).vendorCargoDeps());
    expect(unknown.errors[0]?.message).toContain(
      '`registries: [{ index: "https://other.example/index", dl: "…" }]`',
    );
  });

  test("a workspace without Cargo.lock is told how to get one", async () => {
    project("lockless", "", "", "0");
    rmSync(join(root, "Cargo.lock"));
    const report = await run(cargo({ src: source(root), registries }).vendorCargoDeps());
    expect(report.errors[0]?.hint).toContain("`cargo generate-lockfile`");
  });

  const gitDaemon = "/usr/lib/git-core/git-daemon";
  test.skipIf(!existsSync(gitDaemon))(
    "several crates of one repository, which inherit and include from their workspace",
    async () => {
      const repository = join(folder, "repositories/stones");
      writeProject(repository, {
        "Cargo.toml": `
          [workspace]
          members = ["one", "two"]
          [workspace.package]
          version = "3.1.4"
          edition = "2021"
          [workspace.dependencies]
          two = { path = "two" }
          vend-leaf = { version = "1", default-features = false }`,
        "words.txt": "from above",
        "one/Cargo.toml": `
          [package]
          name = "stone-one"
          version.workspace = true
          edition.workspace = true
          [dependencies]
          two = { workspace = true, package = "stone-two" }
          vend-leaf.workspace = true`.replace(', package = "stone-two"', ""),
        "one/src/lib.rs": `
          pub fn one() -> u32 { two::two() + vend_leaf::leaf() }
          pub const WORDS: &str = include_str!("../../words.txt");`,
        "two/Cargo.toml": '[package]\nname = "two"\nversion.workspace = true',
        "two/src/lib.rs": "pub fn two() -> u32 { 40 }",
      });
      const commit = commitAll(repository);
      const port = await startDaemon(join(folder, "repositories"));
      const url = `git://127.0.0.1:${port}/stones`;
      const git = (query: string): string => `source = "git+${url}?${query}#${commit}"`;
      project(
        "git",
        `stone-one = { git = "${url}", branch = "main" }`,
        [
          locked("app", "0.1.0", 'dependencies = [\n"stone-one",\n]'),
          locked(
            "stone-one",
            "3.1.4",
            `${git("branch=main")}\ndependencies = [\n"two",\n"vend-leaf",\n]`,
          ),
          locked("two", "3.1.4", git("branch=main")),
          external("vend-leaf", "1.0.0", cratesIo, leafSum),
        ].join("\n"),
        'format!("{} {}", stone_one::one(), stone_one::WORDS.trim())',
      );
      const crate = cargo({ src: source(root), profile: "dev", registries }).buildPackage();
      const report = await run(crate);
      expect(report.errors).toEqual([]);
      await report.export(crate.installed, join(folder, "from-git"));
      expect((await execa(join(folder, "from-git/bin/app"))).stdout).toBe("41 from above");

      // A tree in the place of the clone needs no network.
      const gitCheckouts = { [url]: source(repository) };
      const rust = cargo({ src: source(root), registries, gitCheckouts });
      const given = await run(rust.vendorCargoDeps());
      expect(given.reused.concat(given.ran)).not.toContain("git-checkout");
    },
  );
});

/** Serves repositories, and returns the port: one daemon for each who asks, so that nobody can take its port before. */
async function startDaemon(base: string): Promise<number> {
  const words = ["daemon", "--inetd", "--export-all", `--base-path=${base}`, base];
  server = createServer((socket) => {
    const daemon = spawn("git", words, { stdio: ["pipe", "pipe", "ignore"] });
    socket.on("error", () => daemon.kill());
    daemon.stdin.on("error", () => {});
    socket.pipe(daemon.stdin);
    daemon.stdout.pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}
