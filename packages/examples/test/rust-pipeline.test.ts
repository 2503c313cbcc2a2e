import { cpSync } from "node:fs";

import { Rig } from "@ashlar/runner-mock";
import { matchers } from "@ashlar/runner-mock/vitest";
import { expect, test } from "vitest";

import { rustPipeline, strictClippy } from "../src/rust-pipeline.ts";

expect.extend(matchers);

const options = { root: ".", clippyArgs: strictClippy, withCoverage: true };
const { checks } = rustPipeline({ ...options, order: "parallel" });
const strict = rustPipeline({ ...options, order: "sequential" }).checks;

test("dependencies are built once, and what goes wrong ends the strict order", async () => {
  await using rig = new Rig({ onUnmatched: "succeed-empty" });
  cpSync(new URL("../rust", import.meta.url), rig.project, { recursive: true });
  const all = ["clippy", "coverage", "deps", "deps-check", "dummy-source", "package"];
  // Side by side: in which order is nobody's business.
  expect((await rig.executed(checks)).toSorted()).toEqual(all);
  expect(await rig.executed(strict)).toEqual([]);
  await rig.edit({ "workspace/crates/tally/src/lib.rs": "// shorter" });
  rig.mock.fault("clippy", "fail", { nth: 1, stderr: "error: unused variable" });
  const report = await rig.tryBuild(strict);
  expect(report).toHaveReused("deps", "deps-check");
  expect(report).toHaveSkipped("coverage", "package");
  expect(await rig.executed(strict)).toEqual(["clippy", "coverage", "package"]);
});

test("a plan looks into the dependencies, and says what an edit would run", async () => {
  await using rig = new Rig({ onUnmatched: "succeed-empty" });
  cpSync(new URL("../rust", import.meta.url), rig.project, { recursive: true });
  await rig.build(checks);
  expect(String(await rig.plan(checks))).toMatchInlineSnapshot(`
    "9 reused, 0 to run, 0 unknown
      hit      dummy-source
      hit      dummy
      hit      crates
      hit      vendor
      hit      deps
      hit      deps-check
      hit      clippy
      hit      coverage
      hit      package"
  `);
  await rig.edit({ "workspace/crates/tally/src/lib.rs": "// shorter" });
  expect(String(await rig.plan(checks))).toMatchInlineSnapshot(`
    "6 reused, 3 to run, 0 unknown
      hit      dummy-source
      hit      dummy
      hit      crates
      hit      vendor
      hit      deps
      hit      deps-check
      run      clippy        workspace/crates/tally/src/lib.rs differs
      run      coverage      workspace/crates/tally/src/lib.rs differs
      run      package       workspace/crates/tally/src/lib.rs differs"
  `);
  await rig.build(checks);
  await rig.edit({ "workspace/Cargo.lock": "version = 4" });
  expect(String(await rig.plan(checks))).toMatchInlineSnapshot(`
    "2 reused, 1 to run, 6 unknown
      run      dummy-source  workspace/Cargo.lock differs
      unknown  dummy         it describes its graph in the build
      hit      crates
      hit      vendor
      unknown  deps          ashlar-example-table-0.3.1-888f370de1e8be9b/ in \`result\` of \`vendor\` is gone, and 1 more; after \`dummy\`
      unknown  deps-check    ashlar-example-table-0.3.1-888f370de1e8be9b/ in \`result\` of \`vendor\` is gone, and 1 more; after \`dummy\` and \`deps\`
      unknown  clippy        workspace/Cargo.lock differs, and 2 more; after \`deps-check\`
      unknown  coverage      workspace/Cargo.lock differs, and 2 more; after \`deps\`
      unknown  package       workspace/Cargo.lock differs, and 2 more; after \`deps\`"
  `);
  await rig.edit({ "workspace/Cargo.lock": "version =" });
  expect(String(await rig.plan(checks))).toMatchInlineSnapshot(`
    "0 reused, 2 to run, 6 unknown
      run      dummy-source  workspace/Cargo.lock differs
      unknown  dummy         it describes its graph in the build
      run      vendor        it would fail: the body of dynamic stage \`vendor\` failed: \`Cargo.lock\` is not TOML, line 1: Invalid TOML document: invalid value
      unknown  deps          runs unless \`dummy\` and \`vendor\` come out unchanged
      unknown  deps-check    runs unless \`dummy\`, \`vendor\` and \`deps\` come out unchanged
      unknown  clippy        workspace/Cargo.lock differs; after \`vendor\` and \`deps-check\`
      unknown  coverage      workspace/Cargo.lock differs; after \`vendor\` and \`deps\`
      unknown  package       workspace/Cargo.lock differs; after \`vendor\` and \`deps\`"
  `);
});
