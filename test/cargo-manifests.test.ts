/**
 * What crane's users read of manifests and folders, in the script.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import {
  cleanCargoSource,
  cleanCargoToml,
  crateNameFromCargoToml,
  filters,
  findCargoFiles,
} from "@ashlar/cargo";
import { build, source, stage, sh, type Tree } from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = mkdtempSync(join(tmpdir(), "ashlar-manifests-"));
const files = {
  "Cargo.toml": '[package]\nname = "wall"\nversion = "0.3.0"',
  "Cargo.lock": "version = 4",
  ".cargo/config.toml": "",
  "old/.cargo/config": "",
  "gate/Cargo.toml": "",
  "target/package/Cargo.toml": "",
  "src/lib.rs": "",
  "src/song.txt": "",
};

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

describe("the name of a crate", () => {
  test.each([
    ['[package]\nname = "a"\nversion = "1.2.3"', "a", "1.2.3"],
    ['[package]\nname = "a"\n[package.metadata.crane]\nname = "chosen"', "chosen", "0.0.1"],
    [
      '[package]\nname = "a"\nversion.workspace = true\n[workspace.package]\nversion = "4.0.0"',
      "a",
      "4.0.0",
    ],
    ['[workspace]\n[workspace.metadata.crane]\nname = "all"', "all", "0.0.1"],
    ["[workspace]", "cargo-package", "0.0.1"],
  ])("of %j", (cargoTomlContents, pname, version) => {
    expect(crateNameFromCargoToml({ cargoTomlContents })).toEqual({ pname, version });
  });

  test("is read from a folder and from a file", () => {
    const wall = { pname: "wall", version: "0.3.0" };
    expect(crateNameFromCargoToml({ src: root })).toEqual(wall);
    expect(crateNameFromCargoToml({ src: pathToFileURL(root) })).toEqual(wall);
    expect(crateNameFromCargoToml({ cargoToml: join(root, "Cargo.toml") })).toEqual(wall);
  });

  test("of a broken manifest is an error with a line", () => {
    expect(() => crateNameFromCargoToml({ cargoTomlContents: "[package]\nname =" })).toThrow(
      "`Cargo.toml` is not TOML, line 2",
    );
  });
});

describe("a clean manifest", () => {
  const cargoTomlContents = `
    surprise = 1
    [package]
    name = "a"
    rust_version = "1.80"
    description = "words"
    odd = true
    [lints.rust]
    missing_docs = "warn"
    [dependencies]
    serde = { version = "1", optional = true }
    [[bin]]
    name = "b"
    test = false
    odd = 1
    [workspace.metadata.x]
    y = 1
    [workspace.dependencies]
    log = "1"`;

  test("loses what is for people, and keeps what is unknown", () => {
    expect(cleanCargoToml({ cargoTomlContents })).toEqual({
      surprise: 1,
      package: { name: "a", odd: true },
      dependencies: { serde: { version: "1", optional: true } },
      bin: [{ name: "b", odd: 1 }],
      workspace: { dependencies: { log: "1" } },
    });
  });

  test("loses what is unknown, if that is wanted", () => {
    expect(cleanCargoToml({ cargoTomlContents }, filters.cargoTomlAggressive)).toEqual({
      package: { name: "a" },
      dependencies: { serde: { version: "1", optional: true } },
      bin: [{ name: "b" }],
      workspace: { dependencies: { log: "1" } },
    });
  });

  test("goes by a filter of one's own, which is asked by paths", () => {
    const cleaned = cleanCargoToml(
      { cargoTomlContents },
      (path) => filters.cargoTomlDefault(path, undefined) && path[0] !== "bin",
    );
    expect(Object.keys(cleaned)).toEqual(["surprise", "package", "dependencies", "workspace"]);
  });
});

describe("files of cargo", () => {
  test("are found below a folder, without what cargo made", () => {
    expect(findCargoFiles(root)).toEqual({
      cargoTomls: [join(root, "Cargo.toml"), join(root, "gate/Cargo.toml")],
      cargoConfigs: [join(root, ".cargo/config.toml"), join(root, "old/.cargo/config")],
    });
  });

  test("are all of a clean source, and what was asked for besides", async () => {
    const wanted = ["Cargo.lock", "Cargo.toml", "gate/Cargo.toml", "src/lib.rs"];
    const whole = source(root);
    for (const src of [cleanCargoSource(root), cleanCargoSource(whole)]) {
      const paths = await list(src);
      expect(paths).toEqual(expect.arrayContaining(wanted));
      expect(paths).not.toContain("src/song.txt");
    }
    expect(await list(cleanCargoSource(root, ["src/*.txt"]))).toContain("src/song.txt");
  });

  async function list(tree: Tree): Promise<readonly string[]> {
    const look = stage("look", () => sh`look ${tree}`);
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    const report = await build(look(), { runner, store: join(root, "target/store") });
    return await report.list(tree);
  }
});
