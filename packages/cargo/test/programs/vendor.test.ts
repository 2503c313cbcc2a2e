import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { findCrate, indexDirectorySource } from "../../src/programs/directory-source.ts";
import type { LockedPackage } from "../../src/programs/lock.ts";
import { CRATES_IO, sourceReplacement } from "../../src/programs/source-replacement.ts";

describe("a directory source", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "ashlar-registry-"));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function unpack(folder: string, name: string, version: string, checksum: string): void {
    mkdirSync(join(root, folder));
    const manifest = `[package]\nname = "${name}"\nversion = "${version}"\n`;
    writeFileSync(join(root, folder, "Cargo.toml"), manifest);
    const record = JSON.stringify({ files: {}, package: checksum });
    writeFileSync(join(root, folder, ".cargo-checksum.json"), record);
  }

  test("a crate is found by its manifest, whatever its folder is called", () => {
    unpack("anything", "leaf", "1.0.0", "ab");
    unpack("leaf-1.0.0", "other", "1.0.0", "cd");

    const { directory } = findCrate(indexDirectorySource(root), wanted("leaf", "1.0.0", "ab"));

    expect(directory).toBe(join(root, "anything"));
  });

  test("folders that are no crate do not matter", () => {
    mkdirSync(join(root, "notes"));
    writeFileSync(join(root, "README.md"), "");

    expect(indexDirectorySource(root).size).toBe(0);
  });

  test("a missing crate is an error that names the versions that are there", () => {
    unpack("leaf", "leaf", "1.0.0", "ab");
    const index = indexDirectorySource(root);

    expect(() => findCrate(index, wanted("leaf", "2.0.0", "ab"))).toThrow(
      expect.objectContaining({
        message: "crate `leaf 2.0.0` is in Cargo.lock but not in the registry",
        hint: "the registry has leaf 1.0.0: vendor again, or update the lock",
      }),
    );
    expect(() => findCrate(index, wanted("twig", "1.0.0", "ab"))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("cargo vendor") as string }),
    );
  });

  test("another checksum is an error", () => {
    unpack("leaf", "leaf", "1.0.0", "ab");

    expect(() => findCrate(indexDirectorySource(root), wanted("leaf", "1.0.0", "cd"))).toThrow(
      "crate `leaf 1.0.0` in the registry has the checksum ab, but Cargo.lock wants cd",
    );
  });
});

describe("the source replacement", () => {
  const replace = (sources: string[], projectConfig = {}): unknown =>
    parse(sourceReplacement(sources, { directory: "vendor", projectConfig }));

  test("replaces crates-io even where nothing comes from it", () => {
    expect(replace([])).toEqual({
      source: {
        "crates-io": { "replace-with": "ashlar-vendored" },
        "ashlar-vendored": { directory: "vendor" },
      },
    });
    expect(replace([CRATES_IO, CRATES_IO])).toEqual(replace([]));
  });

  test("calls other registries what the project calls them", () => {
    const sources = ["registry+https://one.example/index", "sparse+https://two.example/index/"];
    const projectConfig = { source: { mine: { registry: "https://one.example/index" } } };

    expect(replace(sources, projectConfig)).toMatchObject({
      source: {
        mine: { registry: "https://one.example/index", "replace-with": "ashlar-vendored" },
        "sparse+https://two.example/index/": {
          registry: "sparse+https://two.example/index/",
          "replace-with": "ashlar-vendored",
        },
      },
    });
  });
});

function wanted(name: string, version: string, checksum: string): LockedPackage {
  return { name, version, checksum, source: CRATES_IO, dependencies: [] };
}
