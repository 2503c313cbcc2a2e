import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { depInfoSources } from "../../src/programs/dep-info.ts";
import type { LocalPackage } from "../../src/programs/locals.ts";
import { ownershipOf, purgeLocals, remainingLocals } from "../../src/programs/purge.ts";
import { splitUnitFolder, unitCandidates } from "../../src/programs/target-directory.ts";
import { walk } from "../../src/programs/tree.ts";

const hash = (digit: string): string => digit.repeat(16);
const localPackage = (name: string, directory: string, isKept = false): LocalPackage => ({
  name,
  directory,
  isKept,
  version: "1.0.0",
  manifest: join(directory, "Cargo.toml"),
  targets: [],
  pathDependencies: [],
  features: [],
  isMember: true,
  workspaceRoot: "/ws",
});

const ownership = ownershipOf({
  root: "/ws",
  packages: [localPackage("app", "/ws"), localPackage("leaf", "/ws/leaf", true)],
});

describe("dep-info", () => {
  test("names the sources of the first rule", () => {
    const text = "/t/deps/a-1.d: src/lib.rs /t/out/x.rs\n\n/t/a: src/lib.rs\n\nsrc/lib.rs:\n";
    expect(depInfoSources(text)).toEqual(["src/lib.rs", "/t/out/x.rs"]);
  });

  test("may have spaces in paths, or nothing at all", () => {
    expect(depInfoSources("/t\\ t/a.d: src/a\\ b.rs c.rs\n")).toEqual(["src/a b.rs", "c.rs"]);
    expect(depInfoSources("/t/a.d:\n")).toEqual([]);
    expect(depInfoSources("# a comment: no\n")).toEqual([]);
  });
});

describe("names in a target directory", () => {
  test("units are found under the names of their files", () => {
    expect(unitCandidates("libapp-1.rlib")).toEqual(["libapp-1", "app-1"]);
    expect(unitCandidates("app-1.app.7-cgu.0.rcgu.o")).toEqual(["app-1"]);
  });

  test("a unit's folder ends in 16 digits", () => {
    expect(splitUnitFolder(`my-app-${hash("a")}`)).toEqual({ package: "my-app", hash: hash("a") });
    expect(splitUnitFolder("my-app-1.0.0")).toBeUndefined();
  });
});

test("ownership goes by the deepest folder", () => {
  expect(ownership.owns("src/lib.rs")).toBe(true);
  expect(ownership.owns("leaf/src/lib.rs")).toBe(false);
  expect(ownership.owns("/ws/../vendor/serde/src/lib.rs")).toBe(false);
});

test("a target belongs to its package, wherever it lies", () => {
  const target = (path: string) => ({
    ...{ name: "x", kind: ["lib"], crateTypes: ["lib"], requiredFeatures: [] },
    path,
  });
  const far = { ...localPackage("far", "/ws/far"), targets: [target("/code/far.rs")] };
  const kept = { ...localPackage("kept", "/ws/kept", true), targets: [target("/ws/far/kept.rs")] };
  const { owns } = ownershipOf({ root: "/ws", packages: [far, kept] });
  expect(["/code/far.rs", "far/lib.rs"].map(owns)).toEqual([true, true]);
  expect(["/code/other.rs", "far/kept.rs"].map(owns)).toEqual([false, false]);
});

describe("the purge", () => {
  let target: string;

  beforeEach(() => {
    target = mkdtempSync(join(tmpdir(), "ashlar-target-"));
    const files: Readonly<Record<string, string>> = {
      "CACHEDIR.TAG": "",
      ".rustc_info.json": "",
      "doc/index.html": "",
      "debug/.cargo-lock": "",
      "debug/app": "",
      "debug/app.d": "",
      "debug/examples/show": "",
      [`debug/.fingerprint/app-${hash("a")}/bin`]: "",
      [`debug/.fingerprint/app-${hash("b")}/test`]: "",
      [`debug/.fingerprint/serde-${hash("c")}/lib`]: "",
      [`debug/.fingerprint/leaf-${hash("d")}/lib`]: "",
      [`debug/build/app-${hash("e")}/build-script-build`]: "",
      [`debug/build/serde-${hash("f")}/output`]: "",
      [`debug/build/serde-${hash("f")}/out/autocfg_${hash("0")}_1.ll`]: "",
      [`debug/build/serde-${hash("f")}/out/autocfg_notes.rs`]: "",
      [`debug/deps/app-${hash("a")}`]: "",
      [`debug/deps/app-${hash("a")}.d`]: "x: src/main.rs\n",
      // A local test that is called like an external crate.
      [`debug/deps/serde-${hash("b")}`]: "",
      [`debug/deps/serde-${hash("b")}.d`]: "x: tests/serde.rs\n",
      [`debug/deps/libserde-${hash("c")}.rlib`]: "",
      [`debug/deps/serde-${hash("c")}.d`]: "x: /vendor/serde/src/lib.rs\n",
      [`debug/deps/libleaf-${hash("d")}.rlib`]: "",
      [`debug/deps/leaf-${hash("d")}.d`]: "x: leaf/src/lib.rs\n",
      [`triple/debug/.fingerprint/app-${hash("a")}/lib`]: "",
      "triple/debug/deps/libcapi.so": "",
      "triple/debug/deps/capi.d": "x: src/lib.rs\n",
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      writeFileSync(join(target, path), text);
    }
  });

  afterEach(() => {
    rmSync(target, { recursive: true });
  });

  test("takes what is local, and nothing else", () => {
    expect(remainingLocals(target, ownership)).not.toEqual([]);
    expect(purgeLocals(target, ownership)).toBe(3);
    expect(remainingLocals(target, ownership)).toEqual([]);

    const files = [...walk(target)].filter(({ kind }) => kind === "file").map(({ path }) => path);
    expect(files).toEqual([
      "CACHEDIR.TAG",
      `debug/.fingerprint/leaf-${hash("d")}/lib`,
      `debug/.fingerprint/serde-${hash("c")}/lib`,
      `debug/build/serde-${hash("f")}/out/autocfg_notes.rs`,
      `debug/build/serde-${hash("f")}/output`,
      `debug/deps/leaf-${hash("d")}.d`,
      `debug/deps/libleaf-${hash("d")}.rlib`,
      `debug/deps/libserde-${hash("c")}.rlib`,
      `debug/deps/serde-${hash("c")}.d`,
    ]);
  });

  test("an external crate that is called like a local one keeps its units", () => {
    const deps = join(target, "debug/deps");
    writeFileSync(join(deps, `app-${hash("9")}.d`), "x: /vendor/app/src/lib.rs\n");
    mkdirSync(join(target, `debug/.fingerprint/app-${hash("9")}`));

    purgeLocals(target, ownership);

    const paths = [...walk(target)].map(({ path }) => path);
    expect(paths).toContain(`debug/.fingerprint/app-${hash("9")}`);
    expect(paths).toContain(`debug/deps/app-${hash("9")}.d`);
  });
});
