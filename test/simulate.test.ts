/**
 * Simulation: how long builds take with so many slots, without making them.
 *
 * @module
 */
import {
  all,
  build,
  dynamic,
  MemoryStore,
  out,
  seq,
  sh,
  simulate,
  source,
  stage,
  text,
  type Amounts,
  type File,
  type Gate,
  type Handle,
} from "@ashlar/core";
import { mockRunner, virtualClock, type MockRunner } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

/** Commands that take so long, by the names of their stages. */
function timed(durationOf: (name: string) => number): MockRunner {
  return mockRunner().on(
    () => true,
    ({ name }) => ({ durationMs: durationOf(name), outputs: { o: "" } }),
  );
}

const step = (name: string, version = 1, resources: Amounts = {}) =>
  stage(
    name,
    (input?: File) => sh({ resources })`${name} ${version} ${input ?? ""} ${out.file("o")}`,
  );

describe("a simulated build", () => {
  // a ──▶ b ──▶ c      and d, beside them
  const graph = (): Handle => all({ c: step("c")(step("b")(step("a")())), d: step("d")() });
  const durations = { a: 10, b: 20, c: 30, d: 30 };

  test("says how long it takes, who is busy, and which way is the longest", async () => {
    expect(await simulate(graph(), { durations, slots: 1 })).toMatchObject({
      ...{ makespanMs: 90, spentMs: 90, utilisation: 1, criticalMs: 60, estimated: [] },
      criticalPath: ["a", "b", "c"],
    });
    const two = await simulate(graph(), { durations, slots: 2 });
    expect(two).toMatchObject({ makespanMs: 60, utilisation: 0.75 });
    expect(two.stages).toEqual([
      { stage: "a", startsAt: 0, endsAt: 10 },
      { stage: "b", startsAt: 10, endsAt: 30 },
      { stage: "c", startsAt: 30, endsAt: 60 },
      { stage: "d", startsAt: 0, endsAt: 30 },
    ]);
    expect(await simulate(graph(), { durations, slots: 1000 })).toMatchObject({ makespanMs: 60 });
  });

  test("takes what a function says of each call, and the median of its stage for the rest", async () => {
    const one = step("one");
    const targets = [1, 2, 3, 4].map((n) => one(text(`${n}`).as(`f${n}`)));
    const seen: string[] = [];
    const measured: Readonly<Record<string, number>> = { one: 5, "one#2": 7, "one#3": 100 };
    const result = await simulate(all(Object.fromEntries(targets.entries())), {
      slots: 1,
      durations: (name, label) => {
        seen.push(`${name} ${label}`);
        return measured[label];
      },
    });
    expect(seen).toEqual(["one one", "one one#2", "one one#3", "one one#4"]);
    expect(result).toMatchObject({ makespanMs: 119, estimated: ["one#4"] });
  });

  test("heeds resources, runs copies once, and knows nothing of what is described later", async () => {
    const [a, b] = [step("a", 1, { db: 1 })(), step("b", 1, { db: 1 })()];
    const options = { durations: { a: 10, b: 10 }, slots: 8, resources: { db: 1 } };
    expect(await simulate(all({ a, b }), options)).toMatchObject({ makespanMs: 20 });
    // `seq` makes a copy of `b` that waits for `a`.
    const both = [all({ b }), seq({ a, again: b })];
    expect(await simulate(both, options)).toMatchObject({ makespanMs: 20, spentMs: 20 });
    const later = dynamic("later", { a }, () => Promise.resolve(step("unseen")()));
    expect(await simulate(later, options)).toMatchObject({
      ...{ makespanMs: 10, estimated: [], undescribed: ["later"] },
    });
  });

  test("knows what is described later, where the store knows what that rests on", async () => {
    // a ──▶ outer, which describes b and inner; b ──▶ inner, which describes c
    const targets = (): Handle => {
      const a = step("a")();
      return dynamic("outer", { a }, () => {
        const b = step("b")();
        return all({
          b,
          inner: dynamic("inner", { b }, () => all({ c: step("c")(), a })),
        });
      });
    };
    const store = new MemoryStore();
    const runner = timed((name) => ({ a: 10, b: 20, c: 30 })[name] ?? 0);
    const options = { runner, store, cwd: "/" };
    const unknown = await simulate(targets(), { ...options, durations: { a: 1 } });
    expect(unknown).toMatchObject({ makespanMs: 1, undescribed: ["outer"] });
    await build(targets(), { ...options, clock: virtualClock() });
    const known = await simulate(targets(), { ...options, slots: 8 });
    expect(known).toMatchObject({
      ...{ makespanMs: 60, spentMs: 60, undescribed: [], estimated: [] },
      criticalPath: ["a", "b", "c"],
    });
    expect(known.stages.find(({ stage: name }) => name === "c")).toMatchObject({ startsAt: 30 });
  });

  test("leaves out what cannot be described", async () => {
    const broken = dynamic("broken", { a: step("a")() }, () => {
      throw new Error("no");
    });
    const lost = dynamic("lost", { src: source("/nowhere/at/all") }, () => step("b")());
    const options = { runner: timed(() => 5), store: new MemoryStore(), cwd: "/" };
    await build(step("a")(), { ...options, clock: virtualClock() });
    for (const [target, name] of [
      [broken, "broken"],
      [lost, "lost"],
    ] as const) {
      expect((await simulate(target, options)).undescribed).toEqual([name]);
    }
  });

  test("of nothing at all takes no time", async () => {
    const nothing = { makespanMs: 0, utilisation: 0, criticalPath: [], stages: [] };
    expect(await simulate(text("t").as("t"), { durations: {} })).toMatchObject(nothing);
  });

  test("needs durations that make sense, or somewhere to find them", async () => {
    const codeOf = async (options: object): Promise<unknown> =>
      await simulate(graph(), options).then(
        () => "none",
        (error: { code: unknown }) => error.code,
      );
    for (const wrong of [{ a: -1 }, { a: NaN }, () => Infinity, { a: "1" as never }]) {
      expect(await codeOf({ durations: wrong })).toBe("INVALID_OPTION");
    }
    expect(await codeOf({})).toBe("INVALID_OPTION");
    expect(await codeOf({ durations, slots: 0 })).toBe("INVALID_OPTION");
    const db = step("db", 1, { db: 2 })();
    await expect(simulate(db, { durations })).rejects.toMatchObject({ code: "RESOURCE_UNKNOWN" });
  });
});

test("takes as long as a build with such commands does, each stage from then to then", async () => {
  const call = fc.record({
    needs: fc.array(fc.nat(), { maxLength: 3 }),
    ms: fc.nat({ max: 6 }),
    cpu: fc.integer({ min: 1, max: 3 }),
    db: fc.nat({ max: 1 }),
  });
  const graphs = fc.array(call, { minLength: 1, maxLength: 25, size: "max" });
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 3, max: 8 }), async (calls, slots) => {
      const targets = (version: number): Handle => {
        const made: File[] = [];
        for (const [at, { needs, cpu, db }] of calls.entries()) {
          const gates = needs.map((need) => made[need % Math.max(1, at)]).filter(Boolean);
          const one = step(`s${at}`, version, { cpu, db })();
          made.push(one.after(...(gates as Gate[])));
        }
        return all(Object.fromEntries(made.entries()));
      };
      const durationOf = (name: string): number => calls[Number(name.slice(1))]?.ms ?? 0;
      const store = new MemoryStore();
      const resources = { db: 1 };
      const make = async (version: number) => {
        const clock = virtualClock();
        const runner = timed(durationOf);
        return await build(targets(version), { runner, store, clock, slots, resources, cwd: "/" });
      };
      // The first one knows nothing of how long commands take, and the second one all.
      await make(1);
      const runner = timed(durationOf);
      const recorded = { runner, store, cwd: "/" };
      const modelled = { durations: durationOf };
      const coming = [];
      for (const known of [recorded, modelled]) {
        coming.push(await simulate(targets(2), { ...known, slots, resources }));
      }
      const report = await make(2);
      const ran = report.stages.map(({ name, ranAt = NaN, durationMs }) => {
        return { stage: name, startsAt: ranAt, endsAt: ranAt + durationMs };
      });
      const byName = (a: { stage: string }, b: { stage: string }): number =>
        a.stage < b.stage ? -1 : 1;
      const { stages: _, estimated: none, undescribed, ...timing } = coming[0]!;
      expect([...none, ...undescribed]).toEqual([]);
      expect(report.timing()).toEqual(timing);
      for (const each of coming) {
        expect(each.makespanMs).toBe(report.durationMs);
        expect(each.stages.toSorted(byName)).toEqual(ran.toSorted(byName));
      }
    }),
    { numRuns: 100 },
  );
});
