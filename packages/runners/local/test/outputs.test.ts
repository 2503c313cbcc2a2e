import { MemoryStore, out, sh, stage, tryBuild } from "@ashlar/core";
import { expect, test } from "vitest";

import { localRunner } from "../src/index.ts";

test("an output inside of another does not make that one", async () => {
  const outputs = { dist: out.tree("dist"), js: out.file("dist/a.js", { optional: true }) };
  const idle = stage("idle", () => sh({ outputs })`true`);
  await using runner = localRunner();
  const report = await tryBuild(idle(), { runner, store: new MemoryStore() });
  expect(report.errors).toMatchObject([{ code: "OUTPUT_MISSING" }]);
});

test("an output inside of another is captured with it, and by itself", async () => {
  const outputs = { dist: out.tree("a/dist"), js: out.file("a/dist/a.js") };
  const busy = stage("busy", () => sh.bash({ outputs })`mkdir a/dist && echo 1 > a/dist/a.js`);
  await using runner = localRunner();
  const made = busy();
  const report = await tryBuild(made, { runner, store: new MemoryStore() });
  expect(report.errors).toEqual([]);
  expect(await report.list(made.dist)).toEqual(["a.js"]);
  expect(await report.text(made.js)).toBe("1\n");
});
