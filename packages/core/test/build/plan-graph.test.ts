/**
 * The graph of a plan: the same calls and edges as the plan's own tables, under keys that can be read.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { fetch } from "../../src/artifact/fetch.ts";
import type { Artifact, File, Gate } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { toDot, toJson, toMermaid } from "../../src/build/graph-text.ts";
import type { PlanGraph } from "../../src/build/plan-attributes.ts";
import { planGraph } from "../../src/build/plan-graph.ts";
import { writable } from "../../src/graph/command.ts";
import { all, seq } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { tool } from "../../src/graph/tool.ts";

const make = (name: string, ...inputs: readonly Artifact[]): File =>
  stage(name, () => sh`make ${inputs} ${out.file("made")}`)();

const edgesOf = (graph: PlanGraph): string[] =>
  graph.mapEdges((_, edge, from, to) => {
    return edge.type === "gate" ? `${from} .. ${to}` : `${from} -> ${to}`;
  });

describe("nodes", () => {
  test("say what a stage call is", async () => {
    const root = { ".": source("src"), deps: writable(make("deps").as("d")) };
    const outputs = { dist: out.tree("dist"), log: out.file("log.txt", { optional: true }) };
    const bundle = stage(
      "bundle",
      () => sh({ root, outputs, cwd: "web", tools: [tool.host("node")] })`node build.js --fast`,
    );
    const graph = await planGraph(bundle().dist);
    expect(graph.getNodeAttributes("bundle")).toEqual({
      type: "stage",
      name: "bundle",
      label: "bundle",
      argv: ["node", "build.js", "--fast"],
      cwd: "web",
      outputs: [
        { name: "dist", kind: "tree", path: "dist", isOptional: false },
        { name: "log", kind: "file", path: "log.txt", isOptional: true },
      ],
      tools: ["node"],
      pathLength: 1,
      isTarget: true,
    });
    expect(graph.getNodeAttributes("deps")).toMatchObject({ pathLength: 2, isTarget: false });
  });

  test("show what is fetched by its name, for addresses may end alike, and tell two of one name apart", async () => {
    const file = (host: string): File =>
      fetch(`https://${host}/1.0.0/download`, { name: "one.crate" });
    const graph = await planGraph(make("m", file("a.example"), file("b.example")));
    const sources = graph.mapNodes((_, node) => (node.type === "source" ? [node] : [])).flat();
    expect(sources.map(({ name, label }) => [name, label])).toEqual([
      ["https://a.example/1.0.0/download", "one.crate"],
      ["https://b.example/1.0.0/download", "one.crate#2"],
    ]);
  });

  test("say what a source and a text are, but not what they hold", async () => {
    const src = source("src", { include: ["*.c", "*.h"], exclude: ["gen"], gitignore: false });
    const run = text("echo é", { executable: true }).as("run.sh");
    const graph = await planGraph(all({ made: make("m", make("n", src), run), src }));
    expect(graph.nodes()).toEqual(["source:src/{*.c,*.h} without gen", "n", "text:run.sh", "m"]);
    expect(graph.getNodeAttributes("source:src/{*.c,*.h} without gen")).toEqual({
      type: "source",
      name: "src",
      label: "src/{*.c,*.h} without gen",
      location: "src",
      filter: { include: ["*.c", "*.h"], exclude: ["gen"], gitignore: false },
      pathLength: 2,
      isTarget: true,
    });
    expect(graph.getNodeAttributes("text:run.sh")).toEqual({
      type: "text",
      name: "run.sh",
      label: "run.sh",
      sizeBytes: 7,
      isExecutable: true,
      pathLength: 1,
      isTarget: false,
    });
  });

  test("are numbered when names meet, whatever the names are", async () => {
    const texts = [text("a"), text("b")];
    const calls = [make("m#2"), make("m", ...texts), make("m"), make("text:text"), make("m")];
    const graph = await planGraph(calls);
    expect(graph.nodes()).toEqual([
      ...["m#2", "text:text", "text:text#2", "m", "m#3", "text:text#3", "m#4"],
    ]);
  });

  test("are one for equal sources, however often they are written down", async () => {
    const made = make("m", source("src").dir("a"), source("./src/").dir("b"), source("src", {}));
    const other = make("m", source("src", { gitignore: false }), source.file("src/main.c"));
    const graph = await planGraph([made, other]);
    expect(graph.filterNodes((_, { type }) => type === "source")).toEqual([
      ...["source:src", "source:src#2", "source:src/main.c"],
    ]);
  });

  test("are there for targets that no call needs, and for what those wait for", async () => {
    const gate = make("gate");
    const graph = await planGraph([source("a").after(gate, source("b")).dir("x"), text("t")]);
    expect(graph.mapNodes((key, { isTarget, pathLength }) => [key, isTarget, pathLength])).toEqual([
      ["gate", false, 1],
      ["source:a", true, 0],
      ["source:b", false, 0],
      ["text:text", true, 0],
    ]);
  });

  test("are targets when they were asked for by a group, a check, a view or all outputs", async () => {
    const check = stage("check", (app: File) => sh`${app}`)(make("app"));
    const both = stage("both", () => sh`both ${out.file("a")} ${out.tree("b")}`)();
    const other = stage("other", () => sh`other ${out.file("a")} ${out.tree("b")}`)();
    const graph = await planGraph([all({ inner: all({ check }) }), both, other.b.file("x")]);
    expect(graph.filterNodes((_, { isTarget }) => isTarget)).toEqual(["check", "both", "other"]);
  });
});

describe("edges", () => {
  test("say which output is laid where, how, and what of it", async () => {
    const { tree } = stage("make", () => sh`make ${out.tree("tree")} ${out.file("log")}`)();
    const root = {
      ".": tree.dir("a").pick("*.c"),
      copy: writable(tree),
      src: source("src").after(make("gate")).file("main.c"),
    };
    const graph = await planGraph(stage("use", () => sh({ root })`use`)().after(tree));
    const edges = graph.mapEdges((key, edge, from, to) => [key, from, to, edge]);
    expect(edges).toEqual([
      [
        "make -> use at .",
        "make",
        "use",
        {
          type: "input",
          output: "tree",
          path: "",
          isWritable: false,
          views: [
            { type: "dir", path: "a" },
            { type: "pick", globs: ["*.c"] },
          ],
        },
      ],
      [
        "make -> use at copy",
        "make",
        "use",
        { type: "input", output: "tree", path: "copy", isWritable: true },
      ],
      [
        "source:src -> use at src",
        "source:src",
        "use",
        {
          type: "input",
          path: "src",
          isWritable: false,
          views: [{ type: "file", path: "main.c" }],
        },
      ],
      ["make -> use", "make", "use", { type: "gate" }],
      ["gate -> use", "gate", "use", { type: "gate" }],
    ]);
  });

  test("are gates in a sequence", async () => {
    const [a, b, c] = [make("a"), make("b"), make("c")];
    expect(edgesOf(await planGraph(seq({ a, b, c })))).toEqual(["a .. b", "b .. c"]);
    expect(edgesOf(await planGraph(all({ a, b, c })))).toEqual([]);
  });

  test("lead from sources that a gate waits for, and not from texts", async () => {
    const made = make("m").after(text("t"), all({ src: source("src"), again: source("src") }));
    expect(edgesOf(await planGraph(made))).toEqual(["source:src .. m"]);
  });
});

/** Any acyclic pipeline: a call takes inputs and gates only from calls before it. */
const pipelines = fc
  .array(
    fc.record({
      name: fc.oneof(fc.constantFrom("a", "b", "a#2"), fc.string({ unit: "binary", minLength: 1 })),
      inputs: fc.array(fc.nat(), { maxLength: 3 }),
      gates: fc.array(fc.nat(), { maxLength: 3 }),
      location: fc.constantFrom("src", "lib", "."),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .filter((rows) => rows.every(({ name }) => name.trim() !== ""));

type Pipeline = typeof pipelines extends fc.Arbitrary<infer T> ? T : never;

function layOut(rows: Pipeline): File[] {
  const calls: File[] = [];
  for (const { name, inputs, gates, location } of rows) {
    const below = (picks: readonly number[]): File[] =>
      calls.length === 0 ? [] : picks.map((pick) => calls[pick % calls.length]!);
    const made = make(name, source(location), ...new Set(below(inputs)));
    calls.push(gates.length === 0 ? made : made.after(...(below(gates) as Gate[])));
  }
  return calls;
}

test("over any graph: the plan's calls in the plan's order, its edges, and nothing upside down", async () => {
  await fc.assert(
    fc.asyncProperty(pipelines, async (rows) => {
      const targets = layOut(rows);
      const graph = await planGraph(targets);
      const { nodes, sources } = makePlan(targets);
      const stages = graph.filterNodes((_, { type }) => type === "stage");

      expect(stages.map((key) => graph.getNodeAttribute(key, "name"))).toEqual(
        nodes.map(({ name }) => name),
      );
      expect(stages.map((key) => graph.getNodeAttribute(key, "pathLength"))).toEqual(
        nodes.map(({ pathLength }) => pathLength),
      );
      for (const [id, key] of stages.entries()) {
        const below = graph.inNeighbors(key).filter((each) => stages.includes(each));
        const wanted = nodes[id]!.dependencies.map((each) => stages[each]!);
        expect(below.toSorted()).toEqual(wanted.toSorted());
      }
      const locations = new Set([...sources].map(({ location }) => location));
      expect(graph.filterNodes((_, { type }) => type === "source")).toHaveLength(locations.size);

      const at = new Map(graph.nodes().map((key, index) => [key, index]));
      graph.forEachEdge((_, _edge, from, to) => {
        expect(at.get(from)).toBeLessThan(at.get(to)!);
        const length = (key: string): number => graph.getNodeAttribute(key, "pathLength");
        const own = graph.getNodeAttribute(from, "type") === "stage" ? 1 : 0;
        expect(length(from)).toBeGreaterThanOrEqual(length(to) + own);
      });
    }),
    { numRuns: 200 },
  );
});

test("over any graph: made anew it is written the same, with as many lines as it has parts", async () => {
  await fc.assert(
    fc.asyncProperty(pipelines, async (rows) => {
      const [one, two] = [await planGraph(layOut(rows)), await planGraph(layOut(rows))];
      for (const write of [toDot, toMermaid, toJson]) expect(write(one)).toBe(write(two));
      const lines = (written: string): number => written.split("\n").length;
      expect(lines(toDot(one))).toBe(one.order + one.size + 5);
      expect(lines(toMermaid(one))).toBe(one.order + one.size + 3);
    }),
    { numRuns: 100 },
  );
});

test("a stage may have a name that objects have a meaning for", async () => {
  const file = stage("__proto__", () => sh`a ${out.file("f")}`)();
  const graph = await planGraph(stage("constructor", () => sh`b ${file}`)());
  expect(graph.inNeighbors("constructor")).toEqual(["__proto__#2"]);
});

test("a target that is no handle is refused", async () => {
  await expect(planGraph("app" as never)).rejects.toMatchObject({ code: "NOT_A_HANDLE" });
});

test("10,000 calls, 100 a layer with three inputs each, take seconds at most", async () => {
  let layer: File[] = [];
  for (let row = 0; row < 100; row++) {
    const below = layer;
    layer = Array.from({ length: 100 }, (_, at) => {
      const inputs = below.length === 0 ? [] : [0, 1, 2].map((n) => below[(at + n) % 100]!);
      return make("link", source.file(`src/${row}/${at}`), ...inputs);
    });
  }
  const graph = await planGraph(layer);
  expect(graph.order).toBe(20_000);
  expect(graph.size).toBe(10_000 + 3 * 9900);
  expect(graph.hasNode("link#10000")).toBe(true);
  for (const write of [toDot, toMermaid, toJson]) expect(write(graph)).toContain("src/99/99");
});
