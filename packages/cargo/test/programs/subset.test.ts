import { expect, test } from "vitest";

import { closureOf, droppedPaths } from "../../src/programs/closure.ts";
import { Failure } from "../../src/programs/failure.ts";
import type { LocalPackage } from "../../src/programs/locals.ts";
import type { LockedPackage } from "../../src/programs/lock.ts";
import { subsetManifest } from "../../src/programs/subset-manifest.ts";
import { parseToml } from "../../src/programs/table.ts";

/** A package at a folder below `/ws`, with one source file. */
function local(name: string, needs: readonly string[] = [], isKept = false): LocalPackage {
  const directory = name === "root" ? "/ws" : `/ws/${name}`;
  const path = `${directory}/src/lib.rs`;
  const target = { name, kind: ["lib"], crateTypes: ["lib"], path, requiredFeatures: [] };
  return {
    ...{ name, directory, isKept, version: "0.1.0", manifest: `${directory}/Cargo.toml` },
    ...{ targets: [target], features: [], isMember: true, workspaceRoot: "/ws" },
    pathDependencies: needs.map((each) => `/ws/${each}`),
  };
}

/** An entry of a lock file. */
function locked(
  name: string,
  dependencies: readonly string[] = [],
  source?: string,
): LockedPackage {
  return { name, version: "0.1.0", source, checksum: undefined, dependencies };
}

const packages = [local("app", ["core"]), local("core", ["base"]), local("base"), local("tool")];
const names = (found: readonly LocalPackage[]): readonly string[] => found.map(({ name }) => name);

test("a closure holds what its packages need, in any depth", () => {
  expect(names(closureOf(["app"], { packages, lock: [] }))).toEqual(["app", "core", "base"]);
  expect(names(closureOf(["base@0.1.0"], { packages, lock: [] }))).toEqual(["base"]);
  expect(names(closureOf(["*o*"], { packages, lock: [] }))).toEqual(["core", "base", "tool"]);
});

test("a closure holds what a patch puts under its packages, and under external crates that they need", () => {
  const all = [...packages, local("patched", ["below"], true), local("below"), local("direct")];
  const lock = [
    locked("tool", ["external"]),
    locked("external", ["patched"], "registry+https://example.org"),
    locked("patched", ["below"]),
    locked("below"),
    locked("core", ["direct"]),
    locked("direct"),
  ];
  expect(names(closureOf(["tool"], { packages: all, lock }))).toEqual(["tool", "patched", "below"]);
  expect(names(closureOf(["core"], { packages: all, lock }))).toEqual(["core", "base", "direct"]);
  const always = new Set(["/ws/patched"]);
  expect(names(closureOf(["base"], { packages: all, lock, always }))).toEqual([
    ...["base", "patched", "below"],
  ]);
});

test("what is no member comes with the members that need it, for cargo knows it by them alone", () => {
  const outside = { ...local("outside"), isMember: false };
  const all = [...packages, local("far", ["outside"]), outside];
  expect(names(closureOf(["outside"], { packages: all, lock: [] }))).toEqual(["far", "outside"]);
  expect(names(closureOf(["base"], { packages: all, lock: [] }))).toEqual(["base"]);
});

test("a name that is nobody's is answered with the nearest", () => {
  expect(() => closureOf(["coer"], { packages, lock: [] })).toThrow(Failure);
  expect(() => closureOf(["coer"], { packages, lock: [] })).toThrow(
    "the workspace has no package `coer`",
  );
});

test("all of other packages is left out, and nothing that belongs to nobody", () => {
  const dropped = droppedPaths(closureOf(["core"], { packages, lock: [] }), {
    packages,
    tree: "/ws",
    root: "/ws",
  });
  expect(dropped).toEqual(["app", "tool"]);
});

test("of a package that lies around one that is needed, only the code is left out", () => {
  const around = [...packages, local("root")];
  expect(
    droppedPaths(closureOf(["base"], { packages: around, lock: [] }), {
      packages: around,
      tree: "/ws",
      root: "/ws",
    }),
  ).toEqual([...["app", "core", "src", "tool"]]);
});

test("the root names the members that are left, and what they inherit", () => {
  const manifest = `
    [workspace]
    members = ["crates/*"]
    default-members = ["crates/a"]
    resolver = "2"
    [workspace.package]
    edition = "2021"
    [workspace.dependencies]
    used = "1"
    onUnix = "1"
    unused = "1"
    [profile.release]
    lto = true`;
  const member = `
    [dependencies]
    used = { workspace = true, features = ["x"] }
    [target.'cfg(unix)'.build-dependencies]
    onUnix.workspace = true`;
  const left = subsetManifest(parseToml(manifest, "Cargo.toml"), {
    members: ["crates/a"],
    manifests: [parseToml(member, "Cargo.toml")],
    isRootNeeded: false,
    isLeft: () => true,
  });
  expect(left).toEqual({
    workspace: {
      members: ["crates/a"],
      resolver: "2",
      package: { edition: "2021" },
      dependencies: { used: "1", onUnix: "1" },
    },
    profile: { release: { lto: true } },
  });
});

test("a root whose package is not needed is none any more, but for what its members go by", () => {
  const manifest = `
    [package]
    name = "root"
    edition = "2021"
    [dependencies]
    serde = "1"
    [workspace]
    members = ["a"]`;
  const subset = { members: ["a"], manifests: [], isRootNeeded: false, isLeft: () => true };
  const left = subsetManifest(parseToml(manifest, "Cargo.toml"), subset);
  expect(left).toEqual({
    workspace: { members: ["a"], resolver: "2", dependencies: {} },
  });
  const kept = subsetManifest(parseToml(manifest, "Cargo.toml"), { ...subset, isRootNeeded: true });
  expect(kept["package"]).toEqual({ name: "root", edition: "2021" });
});

test("a resolver is chosen by an edition that the root's package inherits, too", () => {
  const manifest = `
    [package]
    name = "root"
    edition.workspace = true
    [workspace]
    members = ["a"]
    [workspace.package]
    edition = "2024"`;
  const subset = { members: ["a"], manifests: [], isRootNeeded: false, isLeft: () => true };
  const left = subsetManifest(parseToml(manifest, "Cargo.toml"), subset);
  expect(left["workspace"]).toMatchObject({ resolver: "3" });
  // Without a package at the root, members' editions choose nothing.
  const { package: _, ...virtual } = parseToml(manifest, "Cargo.toml");
  expect(subsetManifest(virtual, subset)["workspace"]).not.toHaveProperty("resolver");
});

test("of patches, those are left that lead to a folder that is, or elsewhere", () => {
  const manifest = `
    [workspace]
    [patch.crates-io]
    near = { path = "./near" }
    gone = { path = "gone" }
    far = { git = "https://git.example/far" }
    [replace]
    "gone:1.0.0" = { path = "gone" }`;
  const isLeft = (path: string): boolean => path === "./near";
  const subset = { members: [], manifests: [], isRootNeeded: false, isLeft };
  const left = subsetManifest(parseToml(manifest, "Cargo.toml"), subset);
  expect(left).toMatchObject({
    patch: { "crates-io": { near: { path: "./near" }, far: { git: "https://git.example/far" } } },
    replace: {},
  });
  expect(JSON.stringify(left)).not.toContain('gone"');
});
