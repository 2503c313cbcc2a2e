/**
 * What is installed has the bytes that plain cargo gives it, at the same place: programs, and libraries for other languages.
 */
import { join } from "node:path";

import type { CargoOptions } from "@ashlar/cargo";
import { source } from "@ashlar/core";
import { beforeAll, describe, expect, test } from "vitest";

import { compareByHand } from "./rig/by-hand.ts";
import { manifestOf } from "./rig/rust-project.ts";
import { rustTests } from "./rig/rust-tests.ts";
import { RustWorkspace } from "./rig/rust-workspace.ts";

const { runner, folder, missing, title } = await rustTests("by-hand");

describe.skipIf(missing.length > 0)(title, { timeout: 120_000 }, () => {
  let project: RustWorkspace;
  beforeAll(() => {
    project = new RustWorkspace(join(folder, "project"));
    project.write({
      "core/Cargo.toml": `${manifestOf("core-lib")}
        [lib]
        crate-type = ["rlib", "cdylib", "staticlib"]
        [dependencies]
        middle.workspace = true`,
    });
  }, 60_000);

  const all = ["bin/app", "bin/tool", "lib/libcore_lib.a", "lib/libcore_lib.so"];
  test.each<[string, Partial<CargoOptions>, string[], string[]]>([
    ["as they are by themselves", {}, [], all],
    ["optimized", { profile: "release" }, ["--release"], all],
    ["with libraries apart", { inner: true }, [], all],
    ["of some packages", { packages: ["tool"] }, ["--package", "tool"], ["bin/tool"]],
  ])("%s", async (_, options, args, expected) => {
    const rust = project.describe(options);
    const crate = rust.buildPackage();
    const src = source(join(project.root, "ws"));
    const build = { runner, store: join(folder, "store") };
    const { paths, ours, theirs } = await compareByHand({ rust, crate, src, args }, build);
    expect(paths.filter((path) => expected.includes(path))).toEqual(expected);
    expect(ours).toEqual(theirs);
  });

  test("of what tests have left", async () => {
    const rust = project.describe();
    const crate = rust.buildPackage({ cargoArtifacts: rust.cargoTest() });
    const src = source(join(project.root, "ws"));
    const build = { runner, store: join(folder, "store") };
    const { ours, theirs } = await compareByHand({ rust, crate, src, args: [] }, build);
    expect(ours).toEqual(theirs);
  });
});
