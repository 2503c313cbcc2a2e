/**
 * Merged trees in builds: laid out like any tree, made where they are needed, and no work of their own.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import {
  all,
  DiskStore,
  fetch,
  MemoryStore,
  merge,
  planGraph,
  seq,
  source,
  text,
  toDot,
  writable,
} from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { blobPath, BuildRig } from "./rig/build-rig.ts";
import { HttpServer } from "./rig/http-server.ts";

test("a command sees one tree", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/main.c": "main", "src/lib/a.c": "a" });

  // src ──┬──────────────▶ merged ──▶ compile
  //       └─▶ generate ──────┘
  const [generated, generate] = rig.stage("generate", { src: source("src") }, "gen/");
  const parts = { ".": source("src"), lib: generated, "etc/conf": text("on") };
  const [app, compile] = rig.stage("compile", { all: merge(parts) }, "app");
  generate.always({ gen: { "b.c": "b" } });

  const building = rig.build(app);
  const { call, exit } = bound(await compile.next());
  expect(await call.list()).toEqual(["all/etc/conf", "all/lib/a.c", "all/lib/b.c", "all/main.c"]);
  expect(await call.text("all/lib/b.c")).toBe("b");
  exit({ app: "machine code" });
  expect((await building).ran).toEqual(["generate", "compile"]);
});

test("the key is that of an equal tree, however it came about", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a.c": "a", "src/b.c": "b", "src/b.h": "h" });
  const src = source("src");
  const shared = merge([src.pick("*.c"), src.without("*.c")]);
  const keys = [];
  for (const tree of [src, shared, merge({ ".": shared }), merge([src, shared.pick("a.c")])]) {
    const [made, make] = rig.stage("make", { src: tree }, "made");
    make.always({ made: "made" });
    keys.push((await rig.build(made)).stages[0]?.key);
  }
  expect(new Set(keys).size).toBe(1);
});

describe("rebuilding", () => {
  test("nothing is done when nothing has changed", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "a/x": "x", "b/y": "y" });
    const inner = merge({ a: source("a"), gen: rigged(rig) });
    const tree = merge([merge({ in: inner }), merge({ b: source("b"), more: inner.dir("gen") })]);
    const [made, make] = rig.stage("make", { tree }, "made");
    make.always({ made: "made" });
    expect((await rig.build(made)).ran).toEqual(["generate", "make"]);
    // Twice: the first time goes by keys where the trace has nothing yet to say.
    for (const _ of [1, 2]) expect((await rig.build(made)).reused).toEqual(["generate", "make"]);

    rig.write({ "b/y": "other" });
    expect(await rig.build(made)).toMatchObject({ ran: ["make"], reused: ["generate"] });
  });

  test("then nothing is even looked up but what was asked for, and what is fetched", async () => {
    await using rig = await BuildRig.create();
    await using server = await HttpServer.start({ "/f": "fetched" });
    rig.write({ "src/x": "x" });
    const inner = new MemoryStore();
    const asked: string[] = [];
    const watch = <T extends object>(half: T): T =>
      new Proxy(half, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...words: unknown[]): unknown => {
            asked.push(String(name));
            return Reflect.apply(value, target, words);
          };
        },
      });
    const { content, actions, notes } = inner;
    const store = { content: watch(content), actions: watch(actions), notes };
    // The change times of files cannot be set, so the clock stands in the future.
    const clock = { now: () => Date.now() + 60_000, after: () => () => {} };
    const pinned = { sha256: createHash("sha256").update("fetched").digest("hex") };
    const file = fetch(server.url("/f"), pinned);
    const shared = merge({ x: source("src"), file, gen: rigged(rig) });
    const tree = merge([merge({ a: shared }), merge({ b: shared, t: text("t") })]);
    const [made, make] = rig.stage("make", { tree }, "made");
    const [used, use] = rig.stage("use", { made }, "used");
    make.always({ made: "made" });
    use.always({ used: "used" });
    await rig.build(used, { store, clock });
    await rig.build(used, { store, clock });
    asked.length = 0;
    expect((await rig.build(used, { store, clock })).reused).toEqual(["generate", "make", "use"]);
    expect(asked).toEqual(["missing", "missing"]);
  });

  test("a part that is not looked at does not count", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "a/x": "x", "b/y": "y" });
    const tree = merge({ a: source("a"), b: source("b") });
    const [made, make] = rig.stage("make", { tree: tree.without("b/y") }, "made");
    make.always({ made: "made" });
    await rig.build(made);
    rig.write({ "b/y": "other" });
    expect((await rig.build(made)).ran).toEqual([]);
    rig.write({ "b/z": "new" });
    expect((await rig.build(made)).ran).toEqual(["make"]);
  });

  test("the rule, the paths and the order of parts count", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "a/x": "1", "b/x": "2" });
    const [a, b] = [source("a"), source("b")];
    const trees = [
      merge([a, b], { onConflict: "last" }),
      merge([b, a], { onConflict: "last" }),
      merge({ ".": a, sub: b }),
    ];
    const seen: string[] = [];
    for (const tree of trees) {
      // The same stage of the same name each time, as the trace of the last build has it.
      const [made, make] = rig.stage("make", { tree }, "made");
      make.always(async ({ text: read }) => ({ made: await read("tree/x") }));
      seen.push(await (await rig.build(made)).text(made));
    }
    expect(seen).toEqual(["2", "1", "1"]);
  });

  test("a directory that is lost from the store is made again", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "a/lib/x": "x", "b/lib/y": "y" });
    const tree = merge([source("a"), source("b")]);
    const [made, make] = rig.stage("make", { tree }, "made");
    make.always({ made: "made" });
    const first = await rig.build(all({ made, tree }));
    const lib = await first.digest(tree.dir("lib"));
    rmSync(blobPath(rig, lib));
    await first.export(tree, "dist");
    expect(readFileSync(join(rig.project, "dist/lib/y"), "utf8")).toBe("y");

    rmSync(blobPath(rig, lib));
    const [other, another] = rig.stage("another", { tree }, "made");
    another.always(async ({ text: read }) => ({ made: await read("tree/lib/x") }));
    expect(await (await rig.build(other)).text(other)).toBe("x");
  });
});

test("a directory of a part that is lost is made again, when a report needs it", async () => {
  await using rig = await BuildRig.create();
  const generated = rigged(rig);
  const [made, make] = rig.stage("make", { generated }, "made");
  make.always({ made: "made" });
  const lost = await (await rig.build(made)).digest(generated);
  rmSync(blobPath(rig, lost));
  // Another process, that has not yet seen the directory, nor has a reason to.
  const report = await rig.build(made, { store: new DiskStore(join(rig.folder, "store")) });
  expect(report.ran).toEqual([]);
  const tree = merge({ gen: generated.without("x"), note: text("hello") });
  expect(await report.text(tree.file("gen/made.c"))).toBe("made");
});

describe("as a target", () => {
  test("a merge is made of what was built for it", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "src/main.c": "main" });
    const tree = merge({ src: source("src"), gen: rigged(rig), note: text("hello") });
    const report = await rig.build(tree);
    expect(report.ran).toEqual(["generate"]);
    expect(await report.list(tree)).toEqual(["gen/made.c", "note", "src/main.c"]);
    expect(await report.text(tree.file("note"))).toBe("hello");
    await report.export(tree, "dist");
    expect(readFileSync(join(rig.project, "dist/gen/made.c"), "utf8")).toBe("made");
  });

  test("even of parts that the build did not mention together", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "src/main.c": "main" });
    const generated = rigged(rig);
    const report = await rig.build(all({ generated, src: source("src") }));
    expect(await report.list(merge([source("src"), generated]))).toEqual(["made.c", "main.c"]);
  });

  test("but not of one that was not built", async () => {
    await using rig = await BuildRig.create();
    const report = await rig.build(text("x"));
    const reading = report.list(merge({ gen: rigged(rig) }));
    await expect(reading).rejects.toMatchObject({ code: "ARTIFACT_NOT_BUILT" });
  });
});

test("parts that differ are the failure of the stage that uses the tree", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "a/lib/x": "1", "b/lib/x": "22" });
  const tree = merge([source("a"), source("b")]);
  const [, use] = rig.stage("use", { tree }, "made");
  const [made] = rig.stage("make", { tree }, "made");
  const [other, others] = rig.stage("other", {}, "made");
  others.always({ made: "made" });

  const report = await rig.tryBuild(all({ made, other }), { keepGoing: true });
  expect(report).toMatchObject({ failed: ["make"], ran: ["other"] });
  expect(report.errors[0]).toMatchObject({
    code: "PATH_CONFLICT",
    message: "two parts of a merge differ at `lib/x`",
    facts: { first: "source a: a file of 1 bytes, 6b86b273", stage: "make" },
    hint: expect.stringContaining("without"),
  });
  expect(use.runs).toBe(0);
});

test("a merge waits for its gates, and in a sequence for what comes before", async () => {
  await using rig = await BuildRig.create();
  const [checked, check] = rig.stage("check", {});
  const tree = merge({ gen: rigged(rig) });
  const [made, make] = rig.stage("make", { tree: tree.after(checked) }, "made");
  make.always({ made: "made" });
  const building = rig.build(made);
  (await check.next()).exit();
  expect((await building).ran).toEqual(["check", "generate", "make"]);

  const [linted, lint] = rig.stage("lint", {});
  const [packed, pack] = rig.stage("pack", { tree: merge({ made }) }, "packed");
  pack.always({ packed: "packed" });
  check.always({});
  const strict = rig.tryBuild(seq({ linted, packed }));
  (await lint.next()).fail();
  expect(await strict).toMatchObject({ failed: ["lint"] });
  expect(pack.runs).toBe(0);
});

test("a writable merge, and mounts inside a merge, are laid like any", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "a/x": "x" });
  const tree = merge({ ".": source("a"), b: text("b") });
  const root = { ".": writable(tree), "c/d": text("d") };
  const [made, make] = rig.stage("make", root, "made");
  make.always(async ({ list }) => ({ made: (await list()).join(" ") }));
  expect(await (await rig.build(made)).text(made)).toBe("b c/d x");
});

test("in the graph of a plan a merge is a node, and its parts are its inputs", async () => {
  await using rig = await BuildRig.create();
  const inner = merge({ gen: rigged(rig) }).as("inner");
  const tree = merge([source("src").pick("*.c"), inner], { onConflict: "last" });
  const [made] = rig.stage("make", { tree: tree.dir("x") }, "made");
  const [other] = rig.stage("other", { inner, made }, "done");
  const graph = await planGraph(all({ made, other, tree }));
  expect(toDot(graph)).toMatchInlineSnapshot(`
    "digraph plan {
      rankdir=LR;
      node [shape=box];
      "generate" [label="generate"];
      "merge:inner" [label="inner", shape=hexagon];
      "source:src" [label="src", shape=folder];
      "merge:merged" [label="merged", shape=hexagon, peripheries=2];
      "make" [label="make", peripheries=2];
      "other" [label="other", peripheries=2];
      "generate" -> "merge:inner" [label="gen"];
      "source:src" -> "merge:merged" [label="."];
      "merge:inner" -> "merge:merged" [label="."];
      "merge:merged" -> "make" [label="tree"];
      "merge:inner" -> "other" [label="inner"];
      "make" -> "other" [label="made"];
    }
    "
  `);
  expect(graph.getNodeAttributes("merge:merged")).toEqual({
    ...{ type: "merge", name: "merged", label: "merged", onConflict: "last" },
    ...{ pathLength: 2, isTarget: true },
  });
  expect(graph.inEdges("make").map((edge) => graph.getEdgeAttributes(edge))).toEqual([
    { type: "input", path: "tree", isWritable: false, views: [{ type: "dir", path: "x" }] },
  ]);
});

/** A tree with one file, that a stage makes. */
function rigged(rig: BuildRig) {
  const [generated, generate] = rig.stage("generate", {}, "gen/");
  generate.always({ gen: { "made.c": "made" } });
  return generated;
}

function bound<T extends { call: unknown; exit: (...words: never[]) => void }>(run: T) {
  return { call: run.call as T["call"], exit: run.exit.bind(run) as T["exit"] };
}
