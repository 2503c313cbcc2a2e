/**
 * Priorities: the longest way to the end, by what was measured.
 *
 * @module
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Gate } from "../../src/artifact/handle.ts";
import { makePlan, type PlanNode } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import type { Durations } from "../../src/schedule/estimates.ts";
import { Priorities } from "../../src/schedule/priorities.ts";

/** Calls by number; each waits for some of those before it. */
const graphs = fc
  .array(fc.record({ needs: fc.array(fc.nat()), ms: fc.option(fc.nat({ max: 99 })) }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((calls) => {
    const made: Gate[] = [];
    for (const [at, { needs }] of calls.entries()) {
      const call = stage(`s${at}`, () => sh`s ${at}`)();
      const gates = [...new Set(needs.map((need) => made[need % Math.max(1, at)]))];
      made.push(call.after(...gates.filter((gate) => gate !== undefined)));
    }
    const plan = makePlan(made);
    return { plan, msOf: (node: PlanNode) => calls[Number(node.name.slice(1))]?.ms ?? undefined };
  });

test("a node is as urgent as the longest way from it to the end", () => {
  fc.assert(
    fc.property(graphs, ({ plan, msOf }) => {
      const known = plan.nodes.flatMap((node) => msOf(node) ?? []).toSorted((a, b) => a - b);
      const usual = known[(known.length - 1) >> 1] ?? 1;
      const durations: Durations = {
        earlierDuration: msOf,
        durationsByStage: () =>
          new Map(plan.nodes.map((node) => [node.name, [msOf(node) ?? []].flat()])),
      };
      const own = (node: PlanNode): number => Math.max(1, msOf(node) ?? usual);
      const longest = (node: PlanNode): number =>
        own(node) + Math.max(0, ...node.dependents.map((id) => longest(plan.nodes[id]!)));
      const priorities = new Priorities(plan, durations);
      for (const node of plan.nodes) expect(priorities.of(node.id)).toBe(longest(node));
    }),
  );
});

test("without any past, the way with the most nodes is the longest", () => {
  fc.assert(
    fc.property(graphs, ({ plan }) => {
      const none: Durations = {
        earlierDuration: () => undefined,
        durationsByStage: () => new Map(),
      };
      const priorities = new Priorities(plan, none);
      for (const { id, pathLength } of plan.nodes) expect(priorities.of(id)).toBe(pathLength);
    }),
  );
});

test("what was never measured takes as long as others of its stage, or as all others", () => {
  const same = stage("same", (n: number) => sh`same ${n}`);
  const other = stage("other", () => sh`other`);
  const plan = makePlan([same(1), same(2), other()]);
  const priorities = new Priorities(plan, {
    earlierDuration: () => undefined,
    durationsByStage: () =>
      new Map([
        ["same", [30, 10, 20]],
        ["gone", [1000, 2000]],
      ]),
  });
  expect(plan.nodes.map(({ id }) => priorities.of(id))).toEqual([20, 20, 30]);
});
