/**
 * Graphs as texts: golden, and safe for any name.
 *
 * @module
 */
import { MultiDirectedGraph } from "graphology";
import { expect, test } from "vitest";

import type { File } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { toDot, toJson, toMermaid } from "../../src/build/graph-text.ts";
import type { PlanGraph, PlanGraphEdge, PlanGraphNode } from "../../src/build/plan-attributes.ts";
import { planGraph } from "../../src/build/plan-graph.ts";
import { writable } from "../../src/graph/command.ts";
import { all } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";

// src ──▶ compile ──▶ app ──▶ check ◀╌╌ lint
async function smallGraph(): Promise<PlanGraph> {
  const config = text("x").as("config");
  const compile = stage("compile", () => {
    const root = { ".": writable(source("src")), config };
    return sh({ root, outputs: { app: out.file("app") } })`cc`;
  });
  const lint = stage("lint", () => sh`lint ${source("src")}`)();
  const check = stage("check", (app: File) => sh`${app} --self-test`);
  return await planGraph(all({ checked: check(compile()).after(lint) }));
}

async function oddGraph(): Promise<PlanGraph> {
  const made = stage('say "hi"\\', () => sh`x ${out.file('a"b')}`)();
  const end = stage("two\nlines\r\n& <b>`#1;`</b> 🧱 é", () => sh`x ${made}`)();
  return await planGraph(end.after(stage("style:#fff; %%{end}", () => sh`x`)()));
}

test("DOT shows kinds of nodes and edges", async () => {
  expect(toDot(await smallGraph())).toMatchInlineSnapshot(`
    "digraph plan {
      rankdir=LR;
      node [shape=box];
      "source:src" [label="src", shape=folder];
      "text:config" [label="config", shape=note];
      "compile" [label="compile"];
      "lint" [label="lint"];
      "check" [label="check", peripheries=2];
      "source:src" -> "compile" [label=". (writable)"];
      "text:config" -> "compile" [label="config"];
      "source:src" -> "lint" [label="in/src"];
      "compile" -> "check" [label="in/app"];
      "lint" -> "check" [style=dashed];
    }
    "
  `);
});

test("DOT keeps odd names apart from its own signs", async () => {
  expect(toDot(await oddGraph())).toMatchInlineSnapshot(`
    "digraph plan {
      rankdir=LR;
      node [shape=box];
      "say \\"hi\\"\\\\" [label="say \\"hi\\"\\\\"];
      "style:#fff; %%{end}" [label="style:#fff; %%{end}"];
      "two\\nlines\\r\\n& <b>\`#1;\`</b> 🧱 é" [label="two\\nlines\\n&amp; <b>\`#1;\`</b> 🧱 é", peripheries=2];
      "say \\"hi\\"\\\\" -> "two\\nlines\\r\\n& <b>\`#1;\`</b> 🧱 é" [label="in/a\\"b"];
      "style:#fff; %%{end}" -> "two\\nlines\\r\\n& <b>\`#1;\`</b> 🧱 é" [style=dashed];
    }
    "
  `);
});

test("Mermaid shows kinds of nodes and edges", async () => {
  expect(toMermaid(await smallGraph())).toMatchInlineSnapshot(`
    "flowchart LR
      n0[/"src"/]
      n1>"config"]
      n2["compile"]
      n3["lint"]
      n4["check"]:::target
      n0 -->|". (writable)"| n2
      n1 -->|"config"| n2
      n0 -->|"in/src"| n3
      n2 -->|"in/app"| n4
      n3 -.-> n4
      classDef target stroke-width:3px
    "
  `);
});

test("Mermaid keeps odd names apart from its own signs", async () => {
  expect(toMermaid(await oddGraph())).toMatchInlineSnapshot(`
    "flowchart LR
      n0["say #34;hi#34;#92;"]
      n1["style#58;#35;fff#59; #37;#37;#123;end#125;"]
      n2["two<br/>lines<br/>#38; #60;b#62;#96;#35;1#59;#96;#60;/b#62; 🧱 é"]:::target
      n0 -->|"in/a#34;b"| n2
      n1 -.-> n2
      classDef target stroke-width:3px
    "
  `);
});

test("JSON is graphology's own, and can be read back", async () => {
  const graph = await planGraph(stage("use", () => sh`use ${text("x")}`)());
  expect(toJson(graph)).toMatchInlineSnapshot(`
    "{
      "options": {
        "type": "directed",
        "multi": true,
        "allowSelfLoops": true
      },
      "attributes": {},
      "nodes": [
        {
          "key": "text:text",
          "attributes": {
            "type": "text",
            "name": "text",
            "label": "text",
            "sizeBytes": 1,
            "isExecutable": false,
            "pathLength": 1,
            "isTarget": false
          }
        },
        {
          "key": "use",
          "attributes": {
            "type": "stage",
            "name": "use",
            "label": "use",
            "argv": [
              "use",
              "in/text"
            ],
            "cwd": "",
            "outputs": [],
            "tools": [
              "use"
            ],
            "pathLength": 1,
            "isTarget": true
          }
        }
      ],
      "edges": [
        {
          "key": "text:text -> use at in/text",
          "source": "text:text",
          "target": "use",
          "attributes": {
            "type": "input",
            "path": "in/text",
            "isWritable": false
          }
        }
      ]
    }
    "
  `);
  for (const each of [await smallGraph(), await oddGraph()]) {
    const copy: PlanGraph = new MultiDirectedGraph<PlanGraphNode, PlanGraphEdge>();
    copy.import(JSON.parse(toJson(each)) as Parameters<typeof copy.import>[0]);
    expect(copy.export()).toEqual(each.export());
    for (const write of [toDot, toMermaid, toJson]) expect(write(copy)).toBe(write(each));
  }
});

test("an empty graph has a form too", async () => {
  const graph = await planGraph([]);
  expect(toDot(graph)).toBe("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n}\n");
  expect(toMermaid(graph)).toBe("flowchart LR\n");
  expect(JSON.parse(toJson(graph))).toMatchObject({ nodes: [], edges: [] });
});
