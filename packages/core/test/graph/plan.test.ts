/**
 * Plans: all that is needed, once, and in an order that can be run.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { state, type Artifact, type File } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { all } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";

const make = (name: string, ...inputs: Artifact[]): File =>
  stage(name, () => sh`make ${inputs} ${out.file("made")}`)();

test("over any graph: every call once, what is needed first, edges both ways, longest paths", () => {
  const rows = fc.array(fc.array(fc.nat(), { maxLength: 4 }), {
    minLength: 1,
    maxLength: 30,
    size: "max",
  });
  fc.assert(
    fc.property(rows, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (graph, picks) => {
      const calls: File[] = [];
      const inputs: number[][] = [];
      for (const [at, row] of graph.entries()) {
        const from = at === 0 ? [] : [...new Set(row.map((pick) => pick % at))];
        // Every other edge is a gate.
        const laid = from.filter((_, n) => n % 2 === 0).map((pick) => calls[pick]!);
        const gates = from.filter((_, n) => n % 2 === 1).map((pick) => calls[pick]!);
        const made = make(`n${at}`, ...laid);
        calls.push(gates.length > 0 ? made.after(...gates) : made);
        inputs.push(from);
      }
      const targets = picks.map((pick) => pick % calls.length);
      const needed = new Set<number>();
      const need = (at: number): void => {
        if (!needed.has(at)) for (const below of inputs[at]!) need(below);
        needed.add(at);
      };
      for (const target of targets) need(target);

      const { nodes, nodeByCall } = makePlan(targets.map((target) => calls[target]!));
      expect(nodes.map(({ name }) => name).toSorted()).toEqual(
        [...needed].map((at) => `n${at}`).toSorted(),
      );
      for (const [at, node] of nodes.entries()) {
        expect(node.id).toBe(at);
        expect(nodeByCall.get(node.call)).toBe(node);
        const names = node.dependencies.map((id) => nodes[id]!.name);
        const number = Number(node.name.slice(1));
        expect(names.toSorted()).toEqual(inputs[number]!.map((from) => `n${from}`).toSorted());
        for (const below of node.dependencies) {
          expect(below).toBeLessThan(at);
          expect(nodes[below]!.dependents).toContain(at);
        }
        const above = node.dependents.map((id) => nodes[id]!.pathLength);
        expect(node.pathLength).toBe(1 + Math.max(0, ...above));
      }
      const edges = nodes.reduce((sum, node) => sum + node.dependencies.length, 0);
      expect(nodes.reduce((sum, node) => sum + node.dependents.length, 0)).toBe(edges);
    }),
    { numRuns: 300 },
  );
});

test("calls stand in the order in which they are mentioned", () => {
  const [a, b, c] = [make("a"), make("b"), make("c")];
  const names = (...targets: Parameters<typeof makePlan>[0]): string[] =>
    makePlan(targets).nodes.map(({ name }) => name);
  expect(names(a, b, c)).toEqual(["a", "b", "c"]);
  expect(names(all({ c, a, b }))).toEqual(["c", "a", "b"]);
  expect(names(make("d", c, a), b)).toEqual(["c", "a", "d", "b"]);
  expect(names(make("d", b).after(c, a))).toEqual(["b", "c", "a", "d"]);
});

test("sources are found wherever they are used", () => {
  const [one, two, three] = [source("one"), source("two"), source("three")];
  const made = make("m", one.dir("x").file("y"), make("n", two.after(make("g", three))));
  const locations = [...makePlan([made]).sources].map(({ location }) => location);
  expect(locations.toSorted()).toEqual(["one", "three", "two"]);
  expect([...makePlan([one.pick("*")]).sources].map(({ location }) => location)).toEqual(["one"]);
});

test("two handles on one output are one call", () => {
  const made = make("m");
  expect(makePlan([made, made.as("x"), all({ made })]).nodes).toHaveLength(1);
});

test("a chain of 100,000 calls, or gates, is planned", () => {
  const link = stage(
    "link",
    (before: readonly Artifact[]) => sh`link ${before} ${out.file("made")}`,
  );
  let end: File = link([]);
  for (let n = 1; n < 90_000; n++) end = link([end]);
  for (let n = 0; n < 10_000; n++) end = link([]).after(end);
  const { nodes } = makePlan([end]);
  expect(nodes).toHaveLength(100_000);
  expect(nodes[0]?.pathLength).toBe(100_000);
});

test("a group of 200,000 members is planned", () => {
  const made = make("m");
  const members = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`m${n}`, made]));
  expect(makePlan([all(members)]).nodes).toHaveLength(1);
});

test("groups that share groups are looked into once", () => {
  let group = all({ made: make("m") });
  for (let depth = 0; depth < 60; depth++) {
    group = all({ left: group, right: group }) as unknown as typeof group;
  }
  expect(makePlan([group]).nodes).toHaveLength(1);
  expect(group[state].type).toBe("group");
});
