import { expect, test } from "vitest";

import { reachable, reachableLock } from "../../src/programs/lock-reach.ts";
import { parseLock } from "../../src/programs/lock.ts";
import { patchedNames } from "../../src/programs/patches.ts";
import { parseToml } from "../../src/programs/table.ts";

const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";
const entry = (name: string, version: string, needs: readonly string[] = [], source = ""): string =>
  `[[package]]\nname = "${name}"\nversion = "${version}"\n${source && `source = "${source}"\n`}dependencies = [${needs.map((one) => `"${one}"`).join()}]\n`;
const text = [
  "version = 4\n",
  entry("app", "0.1.0", ["core", "leaf 1.0.0"]),
  entry("core", "0.1.0", ["leaf 2.0.0", `twin 1.0.0 (${CRATES_IO})`]),
  entry("leaf", "1.0.0", ["core"], CRATES_IO),
  entry("leaf", "2.0.0", [], CRATES_IO),
  entry("lonely", "1.0.0", ["leaf 1.0.0"], CRATES_IO),
  entry("offered", "1.0.0", ["lonely"], "git+https://git.example/offered#abc"),
  entry("tool", "0.1.0", ["lonely", "offered"]),
  entry("twin", "1.0.0", [], CRATES_IO),
  entry("twin", "1.0.0", [], "git+https://git.example/twin#abc"),
  '[[patch.unused]]\nname = "idle"\nversion = "1.0.0"\n',
].join("\n");
const lock = parseLock(text, "Cargo.lock");
const titles = (names: readonly string[], patches: readonly string[] = []): readonly string[] =>
  reachable({
    lock,
    locals: names.map((name) => ({ name, version: "0.1.0" })),
    patches: new Set(patches),
  }).map(({ name, version }) => `${name} ${version}`);

test("what packages need is reached in any depth, by versions and sources, and through local ones", () => {
  expect(titles(["core"])).toEqual(["core 0.1.0", "leaf 2.0.0", "twin 1.0.0"]);
  expect(titles(["app"])).toEqual([
    ...["app 0.1.0", "core 0.1.0", "leaf 1.0.0", "leaf 2.0.0", "twin 1.0.0"],
  ]);
});

test("what a patch offers is there, though nothing that it needs", () => {
  expect(titles(["core"], ["offered"])).toEqual([
    ...["core 0.1.0", "leaf 2.0.0", "offered 1.0.0", "twin 1.0.0"],
  ]);
});

test("a crate of the name of a local package is not where it begins", () => {
  expect(titles(["leaf"])).toEqual([]);
});

test("all else of the lock file stays", () => {
  const reach = { lock, locals: [{ name: "core", version: "0.1.0" }], patches: new Set<string>() };
  const reduced = parseToml(reachableLock(text, "Cargo.lock", reach), "Cargo.lock");
  expect(reduced["version"]).toBe(4);
  expect(reduced["patch"]).toEqual({ unused: [{ name: "idle", version: "1.0.0" }] });
});

test("patches from elsewhere are known by the names of their crates", () => {
  const manifest = `
    [patch.crates-io]
    local = { path = "local" }
    plain = { git = "https://git.example/plain" }
    second = { package = "renamed", git = "https://git.example/renamed" }
    [replace]
    "old:1.0.0" = { git = "https://git.example/old" }
    "https://github.com/rust-lang/crates.io-index#older@1.0.0" = { git = "https://git.example/older" }`;
  expect(patchedNames(parseToml(manifest, "Cargo.toml"))).toEqual([
    ...["plain", "renamed", "old", "older"],
  ]);
});
