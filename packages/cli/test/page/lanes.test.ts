import { describe, expect, test } from "vitest";

import { Model } from "../../page/model.ts";
import { lanesOf, marksOf } from "../../page/timeline/lanes.ts";
import { Scale } from "../../page/timeline/scale.ts";
import type { PageData, PageStage } from "../../src/page/page-data.ts";

function modelOf(stages: readonly PageStage[], slots: number, durationMs: number): Model {
  const nodes = stages.map((stage, at) => ({ kind: "stage", label: `s${at}`, stage }) as const);
  const data: PageData = {
    ...{
      version: 1,
      title: "t",
      madeAt: 0,
      nodes,
      criticalPath: [0],
      criticalWay: [0],
      criticalMs: 10,
    },
    build: { outcome: "succeeded", startedAt: 0, durationMs, slots },
  };
  return new Model(data);
}

describe("lanes", () => {
  test("have a bar for each command, a tick for each hit, and say where slots were idle", () => {
    const lanes = lanesOf(
      modelOf(
        [
          { state: "ran", run: { from: 0, to: 10, row: 1 } },
          { state: "failed", run: { from: 15, to: 20, row: 1 } },
          { state: "reused", reusedAt: 3, durationMs: 99 },
          { state: "skipped" },
        ],
        2,
        20,
      ),
    );
    expect(lanes.bars.map(({ node, state, isCritical }) => [node, state, isCritical])).toEqual([
      [0, "ran", true],
      [1, "failed", false],
    ]);
    expect(lanes.ticks).toEqual([{ node: 2, at: 3 }]);
    expect(lanes.gaps).toEqual([
      { row: 1, from: 10, to: 15 },
      { row: 2, from: 0, to: 20 },
    ]);
    expect(lanes.idle).toBe(25 / 40);
  });

  test("of a part of a build do not say that a slot was idle: another command may have run there", () => {
    const { data } = modelOf([{ state: "ran", run: { from: 5, to: 10, row: 1 } }], 1, 20);
    const part = new Model({ ...data, build: { ...data.build!, isPart: true } });
    expect(lanesOf(part)).toMatchObject({ gaps: [], idle: undefined });
  });

  test("of a plan alone are empty", () => {
    const { data } = modelOf([{ state: "run" }], 0, 0);
    const { build: _, ...plan } = data;
    expect(lanesOf(new Model(plan))).toMatchObject({ bars: [], gaps: [], ticks: [], idle: 0 });
  });
});

test.each([
  [0, 2400, 5, [0, 500, 1000, 1500, 2000]],
  [0, 0.5, 5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]],
  [61_000, 300_000, 4, [120_000, 180_000, 240_000, 300_000]],
  [5, 5, 3, [5]],
])("marks from %d to %d ms are round", (from, to, wanted, marks) => {
  expect(marksOf(from, to, wanted).map((mark) => Number(mark.toFixed(3)))).toEqual(marks);
});

describe("the scale", () => {
  test("stays within the build, and keeps what is under the pointer there", () => {
    const scale = new Scale(1000);
    scale.zoom(4, 100);
    expect([scale.from, scale.to]).toEqual([75, 325]);
    scale.move(-9);
    expect([scale.from, scale.to]).toEqual([0, 250]);
    scale.move(99);
    expect([scale.from, scale.to]).toEqual([750, 1000]);
    scale.show(0, 10);
    expect([scale.from, scale.to]).toEqual([0, 250]);
    scale.zoom(0.001);
    expect([scale.from, scale.to]).toEqual([0, 1000]);
    expect(scale.share).toBe(1);
  });
});
