/**
 * The frontier over random graphs, in any order, with failures and rewinds.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { NodeId, PlanNode } from "../../src/graph/plan.ts";
import { Frontier } from "../../src/schedule/frontier.ts";

/** A plan, as far as the frontier knows it. */
function planOf(rows: readonly (readonly number[])[]): { nodes: PlanNode[] } {
  const dependents: NodeId[][] = rows.map(() => []);
  for (const [id, row] of rows.entries()) for (const below of row) dependents[below]!.push(id);
  const lengths = rows.map(() => 1);
  for (let id = rows.length - 1; id >= 0; id--) {
    for (const above of dependents[id]!) lengths[id] = Math.max(lengths[id]!, 1 + lengths[above]!);
  }
  const nodes = rows.map((dependencies, id) => ({
    id,
    name: `n${id}`,
    call: undefined as never,
    dependencies,
    dependents: dependents[id]!,
    pathLength: lengths[id]!,
    isTarget: dependents[id]!.length === 0,
    isBeside: false,
  }));
  return { nodes };
}

/** Any acyclic graph: a node takes inputs only from nodes with smaller ids. */
const plans = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 30, size: "max" })
  .map((rows) =>
    planOf(rows.map((picks, id) => (id === 0 ? [] : [...new Set(picks.map((pick) => pick % id))]))),
  );

/** Endless decisions. */
const decisions = fc.infiniteStream(fc.nat());
const next = (stream: Iterator<number>): number => stream.next().value as number;

/** All nodes above one. */
function allAbove({ nodes }: { nodes: PlanNode[] }, id: NodeId): Set<NodeId> {
  const found = new Set<NodeId>();
  const visit = (at: NodeId): void => {
    for (const dependent of nodes[at]!.dependents) {
      if (found.has(dependent)) continue;
      found.add(dependent);
      visit(dependent);
    }
  };
  visit(id);
  return found;
}

describe("in any order of completion", () => {
  test("every node is taken once, and never before what it needs", () => {
    fc.assert(
      fc.property(plans, decisions, fc.integer({ min: 1, max: 5 }), (plan, stream, slots) => {
        const frontier = new Frontier(plan);
        const running: NodeId[] = [];
        const settled = new Set<NodeId>();
        while (!frontier.done) {
          while (running.length < slots) {
            const node = frontier.take();
            if (node === undefined) break;
            expect(frontier.stateOf(node.id)).toBe("running");
            running.push(node.id);
          }
          expect(running.length).toBeGreaterThan(0);
          const [id] = running.splice(next(stream) % running.length, 1);
          expect(plan.nodes[id!]!.dependencies.every((below) => settled.has(below))).toBe(true);
          expect(settled.has(id!)).toBe(false);
          settled.add(id!);
          frontier.succeed(id!);
          expect(frontier.stateOf(id!)).toBe("succeeded");
        }
        expect(settled.size).toBe(plan.nodes.length);
        expect(frontier.take()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test("a failure settles all above it, once, in order, and nothing else", () => {
    fc.assert(
      fc.property(plans, decisions, (plan, stream) => {
        const frontier = new Frontier(plan);
        const running: NodeId[] = [];
        const outcomes = new Map<NodeId, "succeeded" | "failed" | "skipped">();
        while (!frontier.done) {
          for (let node = frontier.take(); node !== undefined; node = frontier.take()) {
            running.push(node.id);
          }
          const [id] = running.splice(next(stream) % running.length, 1);
          if (next(stream) % 4 > 0) {
            frontier.succeed(id!);
            outcomes.set(id!, "succeeded");
            continue;
          }
          const expected = [...allAbove(plan, id!)].filter((each) => !outcomes.has(each));
          const skipped = frontier.fail(id!);
          outcomes.set(id!, "failed");
          expect(new Set(skipped)).toEqual(new Set(expected));
          expect(skipped).toHaveLength(expected.length);
          for (const each of skipped) {
            // Each after one that it depends on.
            const reasons = plan.nodes[each]!.dependencies.map((below) => outcomes.get(below));
            expect(reasons.some((reason) => reason === "failed" || reason === "skipped")).toBe(
              true,
            );
            expect(running).not.toContain(each);
            outcomes.set(each, "skipped");
            expect(frontier.stateOf(each)).toBe("unsuccessful");
          }
        }
        expect(outcomes.size).toBe(plan.nodes.length);
        for (const { id, dependencies } of plan.nodes) {
          const wasStopped = dependencies.some((below) => outcomes.get(below) !== "succeeded");
          expect(outcomes.get(id) === "skipped").toBe(wasStopped);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("what is lost is made again before those that need it, and everything is over in the end", () => {
    fc.assert(
      fc.property(plans, decisions, (plan, stream) => {
        const frontier = new Frontier(plan);
        const running: NodeId[] = [];
        /** What is there: succeeded, and not lost since. */
        const there = new Set<NodeId>();
        let losses = 20;
        for (let steps = 0; !frontier.done; steps++) {
          expect(steps).toBeLessThan(10_000);
          for (let node = frontier.take(); node !== undefined; node = frontier.take()) {
            running.push(node.id);
          }
          expect(running.length).toBeGreaterThan(0);
          const [id] = running.splice(next(stream) % running.length, 1);
          const { dependencies } = plan.nodes[id!]!;
          const lost = dependencies.filter((below) => !there.has(below) || next(stream) % 5 === 0);
          if (lost.length > 0 && losses-- > 0) {
            for (const below of lost) there.delete(below);
            frontier.rewind(id!, lost);
            continue;
          }
          // Losses are used up: whatever is still missing must have been made again by now, unless
          // this node had been taken before it was lost.
          if (dependencies.some((below) => !there.has(below))) {
            frontier.rewind(id!, []);
            continue;
          }
          there.add(id!);
          frontier.succeed(id!);
        }
        expect(there.size).toBe(plan.nodes.length);
      }),
      { numRuns: 500 },
    );
  });

  test("a stop settles all that was not started, and leaves the rest", () => {
    fc.assert(
      fc.property(plans, decisions, fc.nat(20), (plan, stream, steps) => {
        const frontier = new Frontier(plan);
        const running: NodeId[] = [];
        const settled = new Set<NodeId>();
        for (let step = 0; step < steps && !frontier.done; step++) {
          const node = next(stream) % 2 === 0 ? frontier.take() : undefined;
          if (node !== undefined) running.push(node.id);
          else if (running.length > 0) {
            const [id] = running.splice(next(stream) % running.length, 1);
            settled.add(id!);
            frontier.succeed(id!);
          }
        }
        const stopped = frontier.stop();
        const others = plan.nodes.map(({ id }) => id).filter((id) => !settled.has(id));
        expect(new Set(stopped)).toEqual(new Set(others.filter((id) => !running.includes(id))));
        expect(frontier.take()).toBeUndefined();
        expect(frontier.done).toBe(running.length === 0);
        for (const id of running) frontier.succeed(id);
        expect(frontier.done).toBe(true);
        expect(frontier.take()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

test("what holds at once is not taken, and the rest is, after what it needs", () => {
  fc.assert(
    fc.property(plans, fc.infiniteStream(fc.boolean()), (plan, holds) => {
      const frontier = new Frontier(plan);
      const atOnce = new Set<NodeId>();
      frontier.succeedAtOnce(({ id, dependencies }) => {
        expect(dependencies.every((below) => atOnce.has(below))).toBe(true);
        expect(frontier.stateOf(id)).toBe("running");
        if (holds.next().value === true) atOnce.add(id);
        return atOnce.has(id);
      });
      const taken: NodeId[] = [];
      for (let node = frontier.take(); node !== undefined; node = frontier.take()) {
        taken.push(node.id);
        frontier.succeed(node.id);
      }
      expect(frontier.done).toBe(true);
      const all = plan.nodes.map(({ id }) => id);
      expect([...atOnce, ...taken].toSorted((a, b) => a - b)).toEqual(all);
    }),
  );
});

test("what is stopped while something succeeds at once is over", () => {
  const frontier = new Frontier(planOf([[], [], [0]]));
  frontier.succeedAtOnce(() => {
    expect(frontier.stop()).toEqual([1, 2]);
    return true;
  });
  expect(frontier.done).toBe(true);
  expect(frontier.take()).toBeUndefined();
});

test("the longest way to the end goes first", () => {
  // 0 ──▶ 3 ──▶ 4;   1;   2 ──▶ 4
  const frontier = new Frontier(planOf([[], [], [], [0], [3, 2]]));
  expect([frontier.take()?.id, frontier.take()?.id, frontier.take()?.id]).toEqual([0, 2, 1]);
  frontier.succeed(0);
  expect(frontier.take()?.id).toBe(3);
});

test("a node that was ready when what it needs is lost waits again", () => {
  // 0 ──▶ 1, 2
  const frontier = new Frontier(planOf([[], [0], [0]]));
  frontier.take();
  frontier.succeed(0);
  expect(frontier.take()?.id).toBe(1);
  // 2 is ready, and not taken. 1 finds out that what 0 made is gone.
  frontier.rewind(1, [0]);
  expect(frontier.take()?.id).toBe(0);
  expect(frontier.take()).toBeUndefined();
  frontier.succeed(0);
  expect([frontier.take()?.id, frontier.take()?.id]).toEqual([1, 2]);
});

test("an empty plan is done", () => {
  expect(new Frontier({ nodes: [] }).done).toBe(true);
});

test("a failure at the bottom of a chain of 100,000 settles it", () => {
  const rows = Array.from({ length: 100_000 }, (_, id) => (id === 0 ? [] : [id - 1]));
  const frontier = new Frontier(planOf(rows));
  frontier.take();
  expect(frontier.fail(0)).toHaveLength(99_999);
  expect(frontier.done).toBe(true);
});

test("a failure under 200,000 nodes settles them", () => {
  const count = 200_000;
  const rows = Array.from({ length: count + 1 }, (_, id) => (id === 0 ? [] : [0]));
  const frontier = new Frontier(planOf(rows));
  frontier.take();
  expect(frontier.fail(0)).toHaveLength(count);
});
