import * as fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";

import type { Package, Target } from "../../src/programs/metadata.ts";
import { stubManifest, stubRootManifest } from "../../src/programs/stub-manifest.ts";
import { asTable, type Table } from "../../src/programs/table.ts";

const target = (name: string, kind: string, path: string, crateType = "bin"): Target => ({
  name,
  kind: [kind],
  crateTypes: [crateType],
  path: `/ws/app/${path}`,
  requiredFeatures: [],
});

const app: Package = {
  name: "app",
  version: "1.2.0",
  directory: "/ws/app",
  manifest: "/ws/app/Cargo.toml",
  pathDependencies: [],
  features: [],
  targets: [
    target("app", "lib", "src/lib.rs", "lib"),
    target("app", "bin", "src/main.rs"),
    target("found", "test", "tests/found.rs"),
    target("speed", "bench", "benches/speed.rs"),
    target("build-script-build", "custom-build", "build.rs"),
  ],
};

const options = { masked: new Set(["app", "core"]), isInherited: false };

function stub(manifest: string, local = app): Table {
  return parse(stubManifest(parse(manifest), local, options));
}

describe("a stub's manifest", () => {
  test("spells out every target, and a build script", () => {
    expect(
      stub(`
        [package]
        name = "app"
        version = "1.2.0"
        edition = "2021"
        [[bench]]
        name = "speed"
        harness = false`),
    ).toEqual({
      package: {
        name: "app",
        version: "0.0.0",
        edition: "2021",
        build: "__dummy_build__.rs",
        autobins: false,
        autobenches: false,
        autoexamples: false,
        autotests: false,
      },
      lib: { name: "app", path: "src/lib.rs", "crate-type": ["lib"] },
      bin: [{ name: "app", path: "src/main.rs" }],
      test: [{ name: "found", path: "tests/found.rs" }],
      bench: [{ name: "speed", path: "benches/speed.rs", harness: false }],
    });
  });

  test("has a macro for a macro", () => {
    const macro = { ...app, targets: [target("m", "proc-macro", "src/lib.rs", "proc-macro")] };

    expect(stub('[package]\nname = "m"\n[lib]\nproc_macro = true', macro)["lib"]).toEqual({
      name: "m",
      path: "src/lib.rs",
      "proc-macro": true,
    });
  });

  test("drops versions where they are masked, and nowhere else", () => {
    const { dependencies, target: platforms } = stub(`
      [package]
      name = "app"
      [dependencies]
      core = { path = "../core", version = "1" }
      renamed = { path = "../core", version = "1", package = "core" }
      kept = { path = "../kept", version = "1" }
      serde = "1"
      [target.'cfg(unix)'.dev-dependencies]
      core = { path = "../core", version = "1" }`);

    expect(dependencies).toEqual({
      core: { path: "../core" },
      renamed: { path: "../core", package: "core" },
      kept: { path: "../kept", version: "1" },
      serde: "1",
    });
    expect(platforms).toEqual({
      "cfg(unix)": { "dev-dependencies": { core: { path: "../core" } } },
    });
  });

  test("keeps what it does not know", () => {
    expect(
      stub('cargo-features = ["x"]\n[package]\nname = "app"\nfuture = 1\n[news]\na = 1'),
    ).toMatchObject({ "cargo-features": ["x"], news: { a: 1 }, package: { future: 1 } });
  });

  test("is the same bytes for any order, comment and description", () => {
    const lines = [
      'name = "app"',
      'edition = "2021"',
      'description = "one"',
      'authors = ["me"]',
      "# a comment",
      'rust-version = "1.70"',
      'links = "z"',
    ];
    const plain = stubManifest(parse('[package]\nname = "app"\nedition = "2021"'), app, options);
    const orders = fc.shuffledSubarray(lines, { minLength: lines.length });
    fc.assert(
      fc.property(orders, fc.string({ unit: "grapheme-ascii" }), (order, words) => {
        const text = order.join("\n").replace('"one"', () => JSON.stringify(words));
        const manifest = parse(`[package]\n${text}\n[lints.rust]\nmissing_docs = "warn"`);
        expect(stubManifest(manifest, app, options)).toBe(plain);
      }),
    );
  });
});

describe("a root manifest", () => {
  const manifest = parse(`
    [workspace]
    members = ["a"]
    [workspace.metadata.tool]
    x = 1
    [workspace.package]
    version = "1.0.0"
    edition = "2021"
    license = "MIT"
    [workspace.lints.rust]
    missing_docs = "warn"
    [workspace.dependencies]
    core = { path = "core", version = "1" }
    [profile.release]
    lto = true`);

  test("loses what is for people, and keeps profiles", () => {
    expect(parse(stubRootManifest(manifest, options))).toEqual({
      workspace: {
        members: ["a"],
        package: { edition: "2021" },
        dependencies: { core: { path: "core" } },
      },
      profile: { release: { lto: true } },
    });
  });

  test("keeps all that a kept member may inherit", () => {
    const kept = parse(stubRootManifest(manifest, { ...options, isInherited: true }));
    expect(asTable(kept["workspace"])).toMatchObject({
      package: { version: "1.0.0", license: "MIT" },
      lints: { rust: { missing_docs: "warn" } },
    });
  });
});
