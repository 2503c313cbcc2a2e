import { describe, expect, test } from "vitest";

import { maskablePackages } from "../../src/programs/dummy-tree.ts";
import { packagesUnderExternals } from "../../src/programs/locals.ts";
import type { LockedPackage } from "../../src/programs/lock.ts";
import { patchFolders } from "../../src/programs/patches.ts";
import { CRATES_IO } from "../../src/programs/source-replacement.ts";

const local = (name: string, ...dependencies: string[]): LockedPackage => ({
  name,
  version: "1.0.0",
  source: undefined,
  checksum: undefined,
  dependencies,
});
const external = (name: string, ...dependencies: string[]): LockedPackage => ({
  ...local(name, ...dependencies),
  source: CRATES_IO,
});

describe("packages under external crates", () => {
  test("are those that an external crate reaches", () => {
    // app ──▶ twig (external) ──▶ leaf (local) ──▶ seed (local)
    const lock = [
      local("app", "twig", "side"),
      local("leaf", "seed"),
      local("seed"),
      local("side"),
      external("twig", "leaf"),
    ];
    expect([...packagesUnderExternals(lock, new Set())].toSorted()).toEqual([
      "leaf 1.0.0",
      "seed 1.0.0",
    ]);
  });

  test("are also those that a patch needs", () => {
    const lock = [local("app", "leaf"), local("leaf", "seed"), local("seed")];
    expect([...packagesUnderExternals(lock, new Set(["leaf"]))]).toEqual(["seed 1.0.0"]);
  });
});

test("a version is masked only where its name stands for one package, and nobody asks for it", () => {
  const lock = [
    ...[local("app"), local("twin"), external("twin"), local("kept")],
    ...[local("offered"), local("named")],
  ];
  const packages = ["app", "twin", "kept", "absent", "offered", "named"].map((name) => ({
    name,
    directory: `/ws/${name}`,
    isKept: name === "kept",
  }));
  const patches = ["/ws/offered"];
  expect([...maskablePackages({ packages, lock, patches, versioned: ["named"] })]).toEqual(["app"]);
  expect([...maskablePackages({ packages, lock, patches })]).toEqual(["app", "named"]);
});

test("patches are found in each form that cargo knows", () => {
  const fields = {
    patch: { "crates-io": { one: { path: "a" }, two: { git: "elsewhere" } } },
    replace: { "three:1.0.0": { path: "../b" } },
    paths: ["/c"],
  };
  expect(patchFolders(fields, "/ws/app")).toEqual(["/ws/app/a", "/ws/b", "/c"]);
});
