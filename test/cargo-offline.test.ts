/**
 * Cargo never asks the network, whatever a project's own settings say of where crates come from.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { cargo, rustTools } from "@ashlar/cargo";
import { all, missingTools, source, tryBuild, type Runner } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  commitAll,
  externalCrate,
  localCrate,
  packCrate,
  writeProject,
} from "./rig/rust-project.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-cargo-offline-"));
const root = join(folder, "project");
const crates = join(folder, "crates");
/** Nothing keeps these commands from the network but what they are told. */
const runner: Runner = localRunner({ sandbox: "none" });
const missing = await missingTools(runner, rustTools());

/** What all that knows proxies would talk to. */
const proxy = createServer((socket) => {
  asked += 1;
  socket.end("HTTP/1.1 502 Nobody\r\n\r\n");
}).listen(0, "127.0.0.1");
await new Promise((resolve) => proxy.once("listening", resolve));
const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
const proxied = { CARGO_HTTP_PROXY: address, https_proxy: address, http_proxy: address };
let asked = 0;

afterAll(async () => {
  proxy.close();
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const title = missing.length === 0 ? "with cargo" : `with cargo (no ${missing.join(", ")} here)`;
describe.skipIf(missing.length > 0)(title, () => {
  const repository = join(folder, "repositories/twin");
  const git = "https://git.example/twin";

  beforeAll(() => {
    mkdirSync(crates);
    const word = (text: string) => ({
      "src/lib.rs": `pub fn word() -> &'static str { "${text}" }`,
    });
    const leaf = packCrate(crates, "off-leaf", "1.0.0", word("leaf"));
    const named = packCrate(crates, "off-named", "1.0.0", word("named"));
    const indexed = packCrate(crates, "off-indexed", "1.0.0", word("indexed"));
    const twin = packCrate(crates, "off-twin", "1.0.0", word("twin of the registry"));
    writeProject(repository, {
      "Cargo.toml": '[package]\nname = "off-twin"\nversion = "1.0.0"\nedition = "2021"',
      ...word("twin of the repository"),
    });
    const commit = commitAll(repository);
    writeProject(root, {
      "Cargo.toml": `
        [package]
        name = "app"
        version = "0.1.0"
        edition = "2021"
        [dependencies]
        off-leaf = "1"
        off-named = { version = "1", registry = "mine" }
        off-indexed = { version = "1", registry-index = "https://index.example/git" }
        off-twin = "1"
        other-twin = { package = "off-twin", git = "${git}" }`,
      "Cargo.lock": [
        "version = 4\n",
        localCrate("app", "0.1.0", [
          "off-indexed",
          "off-leaf",
          "off-named",
          `off-twin 1.0.0 (git+${git})`,
          "off-twin 1.0.0 (registry+https://github.com/rust-lang/crates.io-index)",
        ]),
        externalCrate("off-indexed", "1.0.0", indexed, "registry+https://index.example/git"),
        externalCrate("off-leaf", "1.0.0", leaf),
        externalCrate("off-named", "1.0.0", named, "sparse+https://named.example/index/"),
        `[[package]]\nname = "off-twin"\nversion = "1.0.0"\nsource = "git+${git}#${commit}"\n`,
        externalCrate("off-twin", "1.0.0", twin),
      ].join("\n"),
      "src/main.rs": `
        fn main() {
          println!("{}, {}, {}, {}, {}", off_leaf::word(), off_named::word(), off_indexed::word(), off_twin::word(), other_twin::word());
        }
        #[test] fn runs() { main(); }`,
      // What would send cargo to a mirror, to a registry by name, and to git by its own program.
      ".cargo/config.toml": `
        [source.crates-io]
        replace-with = "mirror"
        [source.mirror]
        registry = "sparse+https://mirror.example/index/"
        [registries.mine]
        index = "sparse+https://named.example/index/"
        [net]
        git-fetch-with-cli = true
        offline = false`,
    });
  });

  test("every command works without it", async () => {
    const dl = `${pathToFileURL(crates).href}/{crate}-{version}.crate`;
    const rust = cargo({
      src: source(root),
      profile: "dev",
      env: proxied,
      gitCheckouts: { [git]: source(repository) },
      registries: [
        "crates-io",
        "https://index.example/git",
        "sparse+https://named.example/index/",
      ].map((index) => ({ index, dl })),
    });
    const crate = rust.buildPackage();
    const checks = { check: rust.cargoCheck(), tests: rust.cargoTest(), docs: rust.cargoDoc() };
    const report = await tryBuild(all({ crate, ...checks }), {
      runner,
      store: join(folder, "store"),
    });
    expect(report.errors).toEqual([]);
    expect(asked).toBe(0);
    await report.export(crate.installed, join(folder, "installed"));
    const { stdout } = await execa(join(folder, "installed/bin/app"));
    expect(stdout).toBe("leaf, named, indexed, twin of the registry, twin of the repository");
  });

  test("cargo by itself would have asked", async () => {
    const { exitCode } = await execa("cargo", ["fetch"], {
      cwd: root,
      env: { ...proxied, CARGO_HOME: join(folder, "home"), CARGO_NET_RETRY: "0" },
      reject: false,
    });
    expect(exitCode).not.toBe(0);
    expect(asked).toBeGreaterThan(0);
  });
});
