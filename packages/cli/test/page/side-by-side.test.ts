import { describe, expect, test } from "vitest";

import type { LastStage } from "../../src/last-build.ts";
import { criticalWay } from "../../src/page/critical-way.ts";
import { sideBySide } from "../../src/page/merge-build.ts";

const built = (id: number, stage: string, key?: string): LastStage => {
  return { id, stage, outcome: "ran", dependencies: [], durationMs: 1, key };
};

describe("a plan and a build", () => {
  test("of the same targets have the same names", () => {
    const { built: found, others } = sideBySide(
      [{ stage: "a" }, { stage: "a#2" }],
      [built(0, "a", "old"), built(1, "a#2", "older")],
    );
    expect([...found].map(([at, { id }]) => [at, id])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(others).toEqual([]);
  });

  test("of which only the second call was built are told apart by keys", () => {
    const stages = [
      { stage: "a", key: "k1" as never },
      { stage: "a#2", key: "k2" as never },
    ];
    const { built: found } = sideBySide(stages, [built(0, "a", "k2")]);
    expect([...found.keys()]).toEqual([1]);
  });

  test("what the plan does not know is left over, if what it knows stands on that", () => {
    const many = { ...built(0, "many"), dependencies: [2] };
    const described = [built(1, "a"), { ...built(2, "b"), dependencies: [1] }];
    const { built: found, others } = sideBySide(
      [{ stage: "many" }],
      [many, ...described, built(3, "c")],
    );
    expect([...found.keys()]).toEqual([0]);
    expect(others.map(({ stage }) => stage)).toEqual(["a", "b"]);
  });
});

describe("the critical path of a build", () => {
  const ran = (id: number, ms: number, dependencies: readonly number[]): LastStage => {
    return { ...built(id, `s${id}`), dependencies, startedAt: 100, settledAt: 100 + ms };
  };

  test("goes through hits, which take no time", () => {
    // 0 (5) ─▶ 1 (reused) ─▶ 2 (7),  3 (11)
    const stages = [
      ran(0, 5, []),
      { ...built(1, "s1"), dependencies: [0] },
      ran(2, 7, [1]),
      ran(3, 11, []),
    ];
    expect(criticalWay(stages)).toEqual({ ids: [0, 1, 2], ran: [0, 2], ms: 12 });
  });

  test("follows what a dynamic stage has described, which has greater numbers", () => {
    const stages = [{ ...built(0, "many"), dependencies: [1] }, ran(1, 4, [2]), ran(2, 3, [])];
    expect(criticalWay(stages)).toEqual({ ids: [2, 1], ran: [2, 1], ms: 7 });
  });

  test("of a build in which nothing ran is empty", () => {
    expect(criticalWay([built(0, "a")])).toEqual({ ids: [], ran: [], ms: 0 });
    expect(criticalWay([])).toEqual({ ids: [], ran: [], ms: 0 });
  });
});
