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
