/**
 * Plans of dynamic stages: what their bodies read is known or not, and nothing is done meanwhile.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import {
  all,
  dynamic,
  MemoryStore,
  merge,
  planGraph,
  source,
  text,
  type Check,
  type File,
  type Handle,
  type ReadableFile,
} from "@ashlar/core";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

const words = async (list: Pick<ReadableFile, "text">): Promise<readonly string[]> =>
  (await list.text()).split(" ");

// list ──▶ many (dynamic) ──▶ one stage a word ──▶ merge ──▶ use
async function project(list: File = source.file("list"), store?: MemoryStore) {
  const rig = await BuildRig.create(store);
  rig.write({ list: "a b", "a.c": "1", "b.c": "1", "c.c": "1" });
  const compile = (name: string): File => {
    const [object, tool] = rig.stage(`cc-${name}`, { in: source.file(`${name}.c`) }, "o");
    tool.always(async (call) => ({ o: await call.text("in") }));
    return object;
  };
  const made = new Map(["a", "b", "c"].map((name) => [name, compile(name)]));
  const objects = dynamic.tree("many", { list }, async (inputs) => {
    const names = await words(inputs.list);
    return merge(Object.fromEntries(names.map((name) => [name, made.get(name)!])));
  });
  const [used, use] = rig.stage("use", { objects }, "used");
  use.always({ used: "" });
  return { rig, used, objects };
}

test("what a dynamic stage describes is planned when all that it reads is known", async () => {
  const { rig, used } = await project();
  await using _ = rig;
  expect(String(await rig.plan(used))).toMatchInlineSnapshot(`
    "0 reused, 2 to run, 2 unknown
      run      cc-a  first time
      run      cc-b  first time
      unknown  many  it has described its graph, and waits for \`cc-a\` and \`cc-b\`
      unknown  use   first time, after \`many\`"
  `);
  await rig.build(used);
  expect(String(await rig.plan(used))).toMatchInlineSnapshot(`
    "4 reused, 0 to run, 0 unknown
      hit      cc-a
      hit      cc-b
      hit      many
      hit      use"
  `);
  rig.write({ "b.c": "2" });
  expect(String(await rig.plan(used))).toMatchInlineSnapshot(`
    "1 reused, 1 to run, 2 unknown
      hit      cc-a
      run      cc-b  b.c differs
      unknown  many  it has described its graph, and waits for \`cc-b\`
      unknown  use   runs unless \`many\` comes out unchanged"
  `);
  expect(await rig.build(used)).toMatchObject({ ran: ["cc-b", "use"] });
  rig.write({ list: "b" });
  const shorter = await rig.plan(used);
  expect(String(shorter)).toMatchInlineSnapshot(`
    "2 reused, 1 to run, 0 unknown
      hit      cc-b
      hit      many
      run      use   a in \`result\` of \`many\` is gone"
  `);
  expect(String(await shorter.why(used))).toMatchInlineSnapshot(`
    "\`use\` would run:
      a in \`result\` of \`many\` is gone
    \`many\` would be reused: it describes its graph in every build"
  `);
  rig.write({ list: "b c" });
  expect(String(await rig.plan(used))).toMatchInlineSnapshot(`
    "1 reused, 1 to run, 2 unknown
      hit      cc-b
      run      cc-c  first time
      unknown  many  it has described its graph, and waits for \`cc-c\`
      unknown  use   runs unless \`many\` comes out unchanged"
  `);
});

test("one that reads what others make is unknown as long as that is", async () => {
  await using rig = await BuildRig.create();
  rig.write({ seed: "1" });
  const [list, tool] = rig.stage("list", { seed: source.file("seed") }, "list");
  const [leaf, grow] = rig.stage("leaf", {}, "leaf");
  tool.always({ list: "l" });
  grow.always({ leaf: "" });
  const chosen = dynamic.file("inner", { list }, () => leaf);
  const outer = dynamic("outer", { chosen }, () => all({ leaf, list }));
  expect(String(await rig.plan(outer))).toMatchInlineSnapshot(`
    "0 reused, 1 to run, 2 unknown
      run      list   first time
      unknown  inner  it describes its graph in the build
      unknown  outer  it describes its graph in the build"
  `);
  await rig.build(outer);
  expect(String(await rig.plan(outer))).toMatchInlineSnapshot(`
    "4 reused, 0 to run, 0 unknown
      hit      list
      hit      leaf
      hit      inner
      hit      outer"
  `);
  rig.write({ seed: "2" });
  const coming = await rig.plan(outer);
  expect(String(coming)).toMatchInlineSnapshot(`
    "0 reused, 1 to run, 2 unknown
      run      list   seed differs
      unknown  inner  it describes its graph in the build
      unknown  outer  it describes its graph in the build"
  `);
  expect(String(await coming.why(outer))).toMatchInlineSnapshot(`
    "\`outer\`: it describes its graph in the build
    \`inner\`: it describes its graph in the build
    \`list\` would run:
      seed differs
        - 1
        + 2"
  `);
});

test("a body that throws fails no plan, which says what the build would", async () => {
  await using rig = await BuildRig.create();
  const [rest, tool] = rig.stage("rest", {}, "rest");
  tool.always({ rest: "" });
  const bad: Record<string, Handle> = {
    throws: dynamic("throws", {}, () => {
      throw new Error("no such list");
    }),
    returns: dynamic("returns", {}, () => 1 as never),
    missing: dynamic.file("missing", {}, () => merge({ a: text("") }).file("b")),
    nowhere: dynamic("nowhere", {}, () => all({ src: source("nowhere") })),
  };
  const itself: Check = dynamic("itself", {}, () => itself);
  const targets = all({ ...bad, itself, rest });
  const coming = await rig.plan(targets);
  expect(String(coming).replace(rig.project, ".")).toMatchInlineSnapshot(`
    "0 reused, 6 to run, 0 unknown
      run      throws   it would fail: the body of dynamic stage \`throws\` failed: no such list
      run      returns  it would fail: the body of dynamic stage \`returns\` returned the number 1 instead of a handle
      run      missing  it would fail: \`merge of a\` holds no \`b\`
      run      nowhere  it would fail: source \`./nowhere\` does not exist
      run      itself   it would fail: dynamic stage \`itself\` waits for itself
      run      rest     first time"
  `);
  const { errors } = await rig.tryBuild(targets, { keepGoing: true });
  const reasons = coming.stages.map(({ reason }) => reason);
  for (const { message } of errors) expect(reasons).toContain(`it would fail: ${message}`);
  expect(errors).toHaveLength(5);
});

test("nothing is written down, and the next build does what it would have done", async () => {
  const { rig, used } = await project();
  await using _ = rig;
  await rig.build(used);
  // All but contents, which decide nothing.
  const kept = (): unknown =>
    ["notes", "ac"].flatMap((half) => {
      const folder = join(rig.folder, "store", half);
      if (!existsSync(folder)) return [];
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile());
      return paths.map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path, readFileSync(path, "hex")];
      });
    });
  const before = kept();
  expect(before).not.toEqual([]);
  rig.write({ list: "b c", "b.c": "2" });
  const coming = await rig.plan(used);
  expect(kept()).toEqual(before);
  rig.write({ list: "a b", "b.c": "1" });
  expect(await rig.build(used)).toMatchObject({ ran: [], reused: ["cc-a", "cc-b", "use"] });
  rig.write({ list: "b c", "b.c": "2" });
  const report = await rig.build(used);
  expect(report.ran).toEqual(["cc-b", "cc-c", "use"]);
  expect(coming.named("run")).toEqual(["cc-b", "cc-c"]);
});

test("what the body reads may be lost: sources are taken again, outputs count as lost", async () => {
  const store = new MemoryStore();
  const { rig, used } = await project(undefined, store);
  await using _ = rig;
  const report = await rig.build(used);
  store.evict(await report.digest(source.file("list")));
  expect((await rig.plan(used)).named("hit")).toEqual(["cc-a", "cc-b", "many", "use"]);

  rig.write({ seed: "" });
  const [list, tool] = rig.stage("list", { seed: source.file("seed") }, "list");
  tool.always({ list: "a" });
  const [leaf, grow] = rig.stage("leaf", {}, "leaf");
  grow.always({ leaf: "" });
  const late = dynamic("late", { list }, async (inputs) => {
    expect(await inputs.list.text()).toBe("a");
    return all({ leaf });
  });
  const made = await rig.build(late);
  store.evict(await made.digest(list));
  expect(String(await rig.plan(late))).toMatchInlineSnapshot(`
    "0 reused, 1 to run, 1 unknown
      run      list  its result was lost
      unknown  late  it describes its graph in the build"
  `);
  expect(await rig.build(late)).toMatchObject({ ran: ["list"] });
});

test("the graph of a plan has what dynamic stages describe, and they wait for it", async () => {
  const { rig, used } = await project();
  await using _ = rig;
  const coming = await rig.plan(used);
  const graph = await coming.graph();
  const stages = graph.filterNodes((_key, { type }) => type === "stage");
  expect(stages).toEqual(["cc-a", "cc-b", "many", "use"]);
  expect(stages).toEqual(coming.stages.map(({ stage }) => stage));
  expect((await coming.whyEach()).map(({ stage }) => stage)).toEqual(stages);
  expect(graph.inNeighbors("many")).toEqual(["source:list", "cc-a", "cc-b"]);
  expect(graph.getNodeAttributes("cc-a")).toMatchObject({ status: "run", reason: "first time" });
  expect((await planGraph(used)).hasNode("cc-a")).toBe(false);
});
