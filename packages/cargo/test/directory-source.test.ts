import { BuildError, type Digest, type ReadableTree } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { findCrates, indexDirectorySource } from "../src/directory-source.ts";
import type { LockedPackage } from "../src/programs/lock.ts";
import { CRATES_IO } from "../src/programs/source-replacement.ts";

/** A tree of files in memory, which counts what is read. */
class Files implements ReadableTree {
  readonly digest = "" as Digest;
  readonly read: string[] = [];
  readonly #files = new Map<string, string>();

  unpack(folder: string, name: string, version: string, checksum: string): this {
    const manifest = `[package]\nname = "${name}"\nversion = "${version}"\n`;
    this.#files.set(`${folder}/Cargo.toml`, manifest);
    const record = JSON.stringify({ files: {}, package: checksum });
    this.#files.set(`${folder}/.cargo-checksum.json`, record);
    return this;
  }

  write(path: string): this {
    this.#files.set(path, "");
    return this;
  }

  readonly list = (): Promise<string[]> => Promise.resolve([...this.#files.keys()].toSorted());

  readonly file = (path: string): ReturnType<ReadableTree["file"]> => {
    const text = (): Promise<string> => {
      const content = this.#files.get(path);
      if (content === undefined) throw new BuildError({ code: "VIEW_MISSING", message: path });
      this.read.push(path);
      return Promise.resolve(content);
    };
    return {
      text,
      json: async () => JSON.parse(await text()) as null,
      bytes: async () => Buffer.from(await text()),
    };
  };
}

describe("a directory source", () => {
  test("a crate is found by its manifest, whatever its folder is called", async () => {
    const registry = new Files()
      .unpack("anything", "leaf", "1.0.0", "ab")
      .unpack("leaf-1.0.0", "other", "1.0.0", "cd");
    expect(await findCrates(registry, [wanted("leaf", "1.0.0", "ab")])).toEqual(["anything"]);
  });

  test("where folders are called like crates, no manifest is read", async () => {
    const registry = new Files()
      .unpack("leaf-1.0.0", "leaf", "1.0.0", "ab")
      .unpack("twig-2.0.0", "twig", "2.0.0", "cd");
    const both = [wanted("twig", "2.0.0", "cd"), wanted("leaf", "1.0.0", "ab")];
    expect(await findCrates(registry, both)).toEqual(["twig-2.0.0", "leaf-1.0.0"]);
    expect(registry.read.filter((path) => path.endsWith(".toml"))).toEqual([]);
  });

  test("folders that are no crate do not matter", async () => {
    const registry = new Files()
      .write("notes/Cargo.toml")
      .write("README.md")
      .write("a/b/Cargo.toml");
    expect((await indexDirectorySource(registry)).size).toBe(0);
  });

  test("a missing crate is an error that names the versions that are there", async () => {
    const registry = new Files().unpack("leaf", "leaf", "1.0.0", "ab");
    await expect(findCrates(registry, [wanted("leaf", "2.0.0", "ab")])).rejects.toThrow(
      expect.objectContaining({
        message: "crate `leaf 2.0.0` is in Cargo.lock but not in the registry",
        hint: "the registry has leaf 1.0.0: vendor again, or update the lock",
      }),
    );
    await expect(findCrates(registry, [wanted("twig", "1.0.0", "ab")])).rejects.toThrow(
      expect.objectContaining({ hint: expect.stringContaining("cargo vendor") as string }),
    );
  });

  test("another checksum is an error", async () => {
    const registry = new Files().unpack("leaf-1.0.0", "leaf", "1.0.0", "ab");
    await expect(findCrates(registry, [wanted("leaf", "1.0.0", "cd")])).rejects.toThrow(
      "crate `leaf 1.0.0` in the registry has the checksum ab, but Cargo.lock wants cd",
    );
  });
});

function wanted(name: string, version: string, checksum: string): LockedPackage {
  return { name, version, checksum, source: CRATES_IO, dependencies: [] };
}
