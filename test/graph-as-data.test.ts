/**
 * The graph as data: what people ask of it. The pieces marked `docs` are the snippets of `docs/graph.md`, which
 * `-u` writes anew.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  foldReport,
  MemoryStore,
  out,
  planGraph,
  readEvents,
  recordEvents,
  seq,
  sh,
  source,
  stage,
  toDot,
  toJson,
  toMermaid,
  tryBuild,
  type BuildEvent,
  type File,
  type Tree,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, onTestFinished, test } from "vitest";

import { allPackages, sourcesOf } from "./house/sources.ts";
import { renderPage } from "./rig/snippets.ts";

// docs: pipeline
const compile = stage("compile", (inputs: { src: Tree; deps: Tree }) => {
  return sh`cc ${inputs.src}/main.c -I ${inputs.deps} -o ${out.file("app")}`;
});
const vendor = stage("vendor", (lock: File) => sh`vendor ${lock} ${out.tree("deps")}`);
const lint = stage("lint", (src: Tree) => sh`lint ${src}`);
const check = stage("check", (app: File) => sh`${app} --self-test`);

const src = source("src");
const app = compile({ src, deps: vendor(source.file("lock")) });
const checked = check(app).after(lint(src));

const graph = await planGraph(all({ app, checked }));
// docs end

test("the graph of the page has the nodes and edges that it shows", () => {
  expect(graph.nodes()).toEqual([
    ...["source:lock", "vendor", "source:src", "compile", "lint", "check"],
  ]);
  expect(graph.edges()).toEqual([
    "source:lock -> vendor at in/lock",
    "source:src -> compile at in/src",
    "vendor -> compile at in/deps",
    "source:src -> lint at in/src",
    "compile -> check at in/app",
    "lint -> check",
  ]);
});

test("what needs a source", () => {
  // docs: what-needs-it
  const affected = new Set(["source:src"]);
  for (const key of affected) {
    for (const { attributes, target } of graph.outEdgeEntries(key)) {
      if (attributes.type === "input") affected.add(target);
    }
  }
  // docs end
  expect([...affected]).toEqual(["source:src", "compile", "lint", "check"]);
});

test("the critical path, by the number of commands", () => {
  // docs: critical-path
  const lengthOf = (key: string): number => graph.getNodeAttribute(key, "pathLength");
  const path: string[] = [];
  let next = graph.filterNodes((_, { type }) => type === "stage");
  while (next.length > 0) {
    const longest = next.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a));
    path.push(longest);
    next = graph.outNeighbors(longest);
  }
  // docs end
  expect(path).toEqual(["vendor", "compile", "check"]);
});

test("the shortest time that a build could take", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-graph-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "build.jsonl");
  const recording = recordEvents(file);
  const runs = { vendor: 40, compile: 30, lint: 60, check: 20 };
  for (const [id, [name, durationMs]] of Object.entries(runs).entries()) {
    recording.onEvent({
      ...{
        type: "stage-settled",
        atMs: 1,
        id,
        name,
        durationMs,
        outcome: "ran",
        attempts: 1,
        key: undefined,
      },
      ...{ ranBy: undefined, error: undefined, reason: undefined },
    });
  }
  await recording.close();

  // docs: by-duration
  const stages = graph.filterNodes((_, { type }) => type === "stage");
  const summary = await foldReport(readEvents(file));
  const durations = new Map(summary.stages.map(({ id, durationMs }) => [stages[id], durationMs]));

  const finish = new Map<string, number>();
  for (const key of graph.nodes()) {
    const before = graph.inNeighbors(key).map((below) => finish.get(below) ?? 0);
    finish.set(key, Math.max(0, ...before) + (durations.get(key) ?? 0));
  }
  const atLeastMs = Math.max(...finish.values());
  // docs end
  expect(atLeastMs).toBe(90);
});

test("a part of a graph is written like the whole, and JSON is read back", () => {
  // docs: export
  const part = graph.copy();
  part.forEachNode((key, { type }) => {
    if (type !== "stage") part.dropNode(key);
  });
  const picture = toDot(part);

  const restored = graph.nullCopy();
  restored.import(JSON.parse(toJson(graph)));
  // docs end
  expect(picture).not.toContain("source:");
  expect(toJson(restored)).toBe(toJson(graph));
});

test("stages of a graph are numbered as those of a build's events", async () => {
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  const call = (name: string): File => stage(name, () => sh`x ${out.file("made")}`)();
  const pipeline = seq({ a: call("a"), b: all({ c: call("c"), d: call("d") }), e: call("a") });
  const events: BuildEvent[] = [];
  await tryBuild(pipeline, {
    ...{ runner, store: new MemoryStore() },
    onEvent: (event) => events.push(event),
  });
  const plan = await planGraph(pipeline);
  const names = plan.filterNodes((_, { type }) => type === "stage");
  for (const { id, name } of foldReport(events).stages) {
    expect(plan.getNodeAttribute(names[id], "name")).toBe(name);
  }
});

test("core does not load graphology before a graph is made", () => {
  const core = allPackages().find(({ manifest }) => manifest.name === "@ashlar/core");
  const loaded = sourcesOf(core!).flatMap(({ path, program }) =>
    program.body.flatMap((statement) => {
      const isStatic = statement.type === "ImportDeclaration" && statement.importKind !== "type";
      return isStatic && statement.source.value.startsWith("graphology") ? [path] : [];
    }),
  );
  expect(loaded).toEqual([]);
});

test("docs/graph.md shows pieces of this file, and the pictures of its graph", async () => {
  const page = renderPage("graph.md", { mermaid: toMermaid(graph), dot: toDot(graph) });
  await expect(page).toMatchFileSnapshot("../docs/graph.md");
});
