/**
 * Tools from artifacts: their content is in the key, wherever they come from, and nothing of the host is.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  build,
  MemoryStore,
  merge,
  out,
  planGraph,
  sh,
  source,
  stage,
  text,
  tool,
  tryBuild,
  type Artifact,
  type Tool,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, onTestFinished, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

const script = (says: string) => text(`#!/bin/sh\necho ${says}\n`, { executable: true });

const use = stage("use", (tools: readonly Tool[]) => {
  return sh({ tools, outputs: { made: out.file("made") } })`cc -o made`;
});

describe("rebuilding", () => {
  test("the tool's content counts, and that of all its artifact, but not the host", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "tc/bin/cc": "1", "tc/lib/crt.o": "1" });
    rig.chmod("tc/bin/cc", 0o755);
    const made = use([tool.from(source("tc"), "bin/cc")]);
    const mock = mockRunner().on(use, { outputs: { made: "made" } });
    const again = async () =>
      (await build(made, { runner: mock, store: rig.store, cwd: rig.project })).ran;
    expect(await again()).toEqual(["use"]);
    expect(await again()).toEqual([]);
    rig.write({ "tc/lib/crt.o": "2" });
    expect(await again()).toEqual(["use"]);
    rig.write({ "tc/bin/cc": "2" });
    expect(await again()).toEqual(["use"]);
    expect(await again()).toEqual([]);
  });

  test("which program of a tree is a tool counts, and under which name", async () => {
    const store = new MemoryStore();
    const mock = mockRunner().on(use, { outputs: { made: "made" } });
    const tree = merge({ "bin/cc": script("cc"), "bin/other": script("other") });
    const keyOf = async (...tools: readonly Tool[]) =>
      (await build(use(tools), { runner: mock, store })).stages[0]?.key;
    const keys = [
      await keyOf(tool.from(tree, "bin/cc")),
      await keyOf(tool.from(tree, "bin/other", { name: "cc" })),
      await keyOf(tool.from(tree, "bin/cc"), tool.from(tree, "bin/other")),
      await keyOf(tool.from(tree, "bin/other"), tool.from(tree, "bin/cc")),
      await keyOf(tool.from(tree, "bin/cc", { name: "c99" })),
    ];
    expect(keys[2]).toBe(keys[3]);
    expect(new Set(keys).size).toBe(4);
  });

  test("another choice among the same programs is another description", async () => {
    const store = new MemoryStore();
    const tree = merge({ a: script("a"), b: script("b") }).as("tree");
    const mock = mockRunner().on(use, { outputs: { made: "made" } });
    const ran = async (path: string) =>
      (await build(use([tool.from(tree, path, { name: "cc" })]), { runner: mock, store })).ran;
    expect(await ran("a")).toEqual(["use"]);
    expect(await ran("b")).toEqual(["use"]);
    expect(await ran("a")).toEqual([]);
  });
});

test("a tool may be made by a stage, and then that stage comes first", async () => {
  await using rig = await BuildRig.create();
  const [toolchain, unpack] = rig.stage("unpack", {}, "tc/");
  unpack.always({ tc: { "bin/cc": "no exec bit" } });
  const made = use([tool.from(toolchain, "bin/cc")]);
  const graph = await planGraph(made);
  expect(graph.inNeighbors("use")).toEqual(["unpack"]);
  expect(graph.getNodeAttributes("use")).toMatchObject({ tools: ["cc"] });

  const report = await rig.tryBuild(made);
  expect(report).toMatchObject({ ran: ["unpack"], failed: ["use"] });
  expect(report.errors[0]).toMatchObject({
    code: "TOOL_NOT_EXECUTABLE",
    facts: { path: "in/tc/bin/cc", found: "a file without exec bit", stage: "use" },
  });
});

test.each<[string, Artifact, string, string]>([
  ["no such path", merge({ "bin/gcc": script("x") }), "bin/cc", "TOOL_NOT_FOUND"],
  ["a folder", merge({ "bin/cc/x": script("x") }), "bin/cc", "TOOL_NOT_EXECUTABLE"],
  ["below a file", merge({ bin: script("x") }), "bin/cc", "TOOL_NOT_FOUND"],
])("a tool that is not one: %s", async (_, tree, path, code) => {
  const made = use([tool.from(tree as Tree, path)]);
  const report = await tryBuild(made, { runner: mockRunner(), store: new MemoryStore() });
  expect(report.errors.map((error) => error.code)).toEqual([code]);
});

test("what is missing from a tree is told by what it holds", async () => {
  const made = use([tool.from(merge({ "bin/gcc": script("x") }), "bin/cc")]);
  const report = await tryBuild(made, { runner: mockRunner(), store: new MemoryStore() });
  expect(report.errors[0]).toMatchObject({
    message: "tool `cc` is not there: `merge of bin/gcc` holds no `bin/cc`",
    facts: { "`bin` holds": "gcc", stage: "use" },
    hint: "did you mean `gcc`?",
  });
});

test("on the local runner: a compiler of your own, in parts, made by a stage", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "ashlar-tool-"));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  await using runner = localRunner({ scratch });
  const make = stage(
    "make",
    () => sh.bash`
      mkdir -p ${out.tree("tc")}/bin ${out.tree("tc")}/lib
      echo "made by" > ${out.tree("tc")}/lib/prefix
      printf '#!/bin/sh\n. "\${0%%/*}/../lib/prefix.sh"\n' > ${out.tree("tc")}/bin/cc
      printf 'read -r prefix < "\${0%%/*}/../lib/prefix"; echo "$prefix $*"\n' > ${out.tree("tc")}/lib/prefix.sh
      chmod +x ${out.tree("tc")}/bin/cc`,
  );
  const cc = tool.from(make(), "bin/cc");
  const direct = stage("direct", () => sh({ tools: [cc] })`cc a ${"b c"}`);
  const nested = stage("nested", () => sh.bash({ tools: [cc] })`cc a "b c" > ${out.file("log")}`);
  const log = nested();
  const report = await build([direct(), log], { runner, store: new MemoryStore() });
  expect(await report.text(log)).toBe("made by a b c\n");
  expect(await report.log(report.stages.find(({ name }) => name === "direct")!)).toBe(
    "made by a b c\n",
  );
});
