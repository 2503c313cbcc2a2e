/**
 * Resources: what commands share, and who has to wait for it.
 *
 * @module
 */
import { all, build, dynamic, out, sh, stage, tryBuild, type RunOptions } from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

type Resources = NonNullable<RunOptions["resources"]>;

const needing = (name: string, resources: Resources): { name: string; run: RunOptions } => ({
  name,
  run: { resources },
});

describe("a build with resources", () => {
  test("runs beside each other what fits, and the rest after", async () => {
    await using rig = await BuildRig.create();
    const [a, first] = rig.stage(needing("a", { db: 1 }), {});
    const [b, second] = rig.stage(needing("b", { db: 1 }), {});
    const [c, third] = rig.stage(needing("c", {}), {});
    const building = rig.build(all({ a, b, c }), { slots: 8, resources: { db: 1 } });
    const running = await first.next();
    (await third.next()).exit();
    expect(second.runs).toBe(0);
    running.exit();
    (await second.next()).exit();
    expect((await building).ran).toEqual(["c", "a", "b"]);
  });

  test("counts processors and memory by what is asked for", async () => {
    await using rig = await BuildRig.create();
    const [big, large] = rig.stage(needing("big", { cpu: 3, memory: 6 }), {});
    const [small, little] = rig.stage(needing("small", { memory: 5 }), {});
    const building = rig.build(all({ big, small }), { slots: 4, resources: { memory: 10 } });
    const running = await large.next();
    expect(little.runs).toBe(0);
    running.exit();
    (await little.next()).exit();
    await building;
  });

  test("runs at once what needs nothing of what others wait for", async () => {
    await using rig = await BuildRig.create();
    const [busy, works] = rig.stage("busy", {});
    const [light, glides] = rig.stage(needing("light", { cpu: 0 }), {});
    const building = rig.build(all({ busy, light }), { slots: 1 });
    const running = await works.next();
    (await glides.next()).exit();
    running.exit();
    expect((await building).ran).toEqual(["light", "busy"]);
  });

  test("has the machine's memory unless told otherwise", async () => {
    await using rig = await BuildRig.create();
    const [big, large] = rig.stage(needing("big", { memory: 1024 }), {});
    large.always({});
    expect((await rig.build(big)).ran).toEqual(["big"]);
  });

  test("gives every key that it has without", async () => {
    await using rig = await BuildRig.create();
    const [one, make] = rig.stage({ name: "make", program: "make" }, {}, "made");
    make.always({ made: "" });
    await rig.build(one);
    const [two] = rig.stage({ program: "make", ...needing("make", { cpu: 2 }) }, {}, "made");
    await expect(rig.build(two, { slots: 1 })).rejects.toThrow("needs 2 of `cpu`");
    expect((await rig.build(two, { slots: 2 })).reused).toEqual(["make"]);
  });
});

describe("requests that cannot be met", () => {
  const heavy = stage("heavy", () => sh({ resources: { db: 3 } })`load ${out.file("o")}`);

  test("are found before anything runs", async () => {
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    await using rig = await BuildRig.create();
    const light = stage("light", () => sh`light`);
    const options = { runner, store: rig.store, resources: { db: 2 } };
    await expect(tryBuild(all({ a: light(), b: heavy() }), options)).rejects.toMatchObject({
      code: "RESOURCE_TOO_LARGE",
      message: "stage `heavy` needs 3 of `db`, and the build has 2",
    });
    expect(runner.calls).toEqual([]);
    expect((await build(heavy(), { ...options, resources: { db: 3 } })).ran).toEqual(["heavy"]);
  });

  test("of what the build does not have name what it has", async () => {
    const runner = mockRunner();
    const ask = async (resources: Resources): Promise<unknown> =>
      await tryBuild(heavy(), { runner, resources }).catch((error: unknown) => error);
    expect(await ask({})).toMatchObject({
      code: "RESOURCE_UNKNOWN",
      facts: { known: "cpu, memory" },
      hint: "build with `resources: { db: 1 }`",
    });
    expect(await ask({ dbs: 3 })).toMatchObject({
      facts: { known: "dbs, cpu, memory" },
      hint: expect.stringContaining("did you mean `dbs`?"),
    });
  });

  test("of stages that a dynamic one describes are failures of that one", async () => {
    await using rig = await BuildRig.create();
    const grows = dynamic("grows", {}, async () => await Promise.resolve(heavy()));
    const runner = mockRunner();
    const report = await tryBuild(grows, { runner, store: rig.store, resources: { db: 2 } });
    expect(report).toMatchObject({ failed: ["grows"], errors: [{ code: "RESOURCE_TOO_LARGE" }] });
  });

  test.each([
    ...[null, 3, "cpu", [1], { cpu: -1 }, { cpu: 0.5 }, { cpu: "2" }, { db: NaN }],
    ...[{ memory: Infinity }, { memory: 2 ** 60 }],
  ])("are refused when they make no sense: %j", async (resources) => {
    const bad = { code: "INVALID_OPTION" };
    expect(() => sh({ resources: resources as never })`x`).toThrow(expect.objectContaining(bad));
    const options = { runner: mockRunner(), resources: resources as never };
    await expect(tryBuild(all({}), options)).rejects.toMatchObject(bad);
  });

  test("slots that are not the processors are refused", async () => {
    const options = { runner: mockRunner(), slots: 2, resources: { cpu: 3 } };
    await expect(tryBuild(all({}), options)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(tryBuild(all({}), { ...options, slots: 0 })).rejects.toThrow("slots");
  });
});
