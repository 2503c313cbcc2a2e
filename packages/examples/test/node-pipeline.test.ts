import { Rig } from "@ashlar/runner-mock";
import { matchers } from "@ashlar/runner-mock/vitest";
import { expect, test } from "vitest";

import { nodePipeline } from "../src/node-pipeline.ts";

expect.extend(matchers);

const files = { "words.txt": "lime", "tools/lint.mjs": "", "src/main.js": "", "package.json": "" };
const options = { root: ".", lintFlags: [] } as const;

test("an edit re-runs what it reaches, in either order", async () => {
  await using rig = new Rig({ files, onUnmatched: "succeed-empty" });
  const { checks } = nodePipeline({ ...options, order: "sequential" });
  expect(await rig.executed(checks)).toEqual(["deps", "lint", "tests", "package"]);
  expect(rig.mock).toRunBefore("lint", "tests");
  expect(await rig.executed(nodePipeline({ ...options, order: "parallel" }).checks)).toEqual([]);
  await rig.edit({ "words.txt": "lime, sand" }); // what is generated stays as it was
  expect(await rig.executed(checks)).toEqual(["deps", "tests"]);
  await rig.edit({ "package.json": "{}" });
  expect(await rig.executed(checks)).toEqual(["tests", "package"]);
});

test("what lint complains about is not packaged, if one goes after another", async () => {
  await using rig = new Rig({ files, onUnmatched: "succeed-empty" });
  rig.mock.fault("lint", "fail");
  const report = await rig.tryBuild(nodePipeline({ ...options, order: "sequential" }).checks);
  expect(report).toHaveSkipped("tests", "package");
});
