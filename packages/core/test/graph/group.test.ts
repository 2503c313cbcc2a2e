/**
 * Groups: `all` leaves the order open, `seq` fixes it, as deep as a member goes and no deeper than it
 * must.
 *
 * @module
 */
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";

import {
  isHandle,
  type Artifact,
  type Check,
  type File,
  type Handle,
} from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { all, seq } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";

/** A call with one output, on other artifacts. */
const make = (name: string, ...inputs: Artifact[]): File =>
  stage(name, () => sh`${name} ${inputs} ${out.file("made")}`)();
/** A call without outputs. */
const check = (name: string, ...inputs: Artifact[]): Check =>
  stage(name, () => sh`${name} ${inputs}`)();

/** The plan of targets, as a map from each name to those of the calls that must come before. */
function before(...targets: Handle[]): Record<string, string[]> {
  const { nodes } = makePlan(targets);
  const names = nodes.map(({ name }) => name);
  expect(new Set(names).size, `no call twice among ${names.join()}`).toBe(names.length);
  return Object.fromEntries(
    nodes.map(({ name, dependencies }) => [name, dependencies.map((id) => names[id]!).toSorted()]),
  );
}

/** The names of all calls that must come before, directly or not. */
function everythingBefore(name: string, map: Record<string, string[]>): string[] {
  const found = new Set<string>();
  const visit = (each: string): void => {
    for (const below of map[each] ?? []) {
      if (found.has(below)) continue;
      found.add(below);
      visit(below);
    }
  };
  visit(name);
  return [...found].toSorted();
}

describe("all", () => {
  test("holds its members under their names, and changes nothing", () => {
    const [a, b] = [make("a"), check("b")];
    const group = all({ a, b });
    expectTypeOf(group.a).toEqualTypeOf<File>();
    expectTypeOf(group.b).toEqualTypeOf<Check>();
    expect(group.a).toBe(a);
    expect(Object.keys(group)).toEqual(["a", "b"]);
    expect(before(group)).toEqual({ a: [], b: [] });
    // @ts-expect-error: there is no such member
    expect(group.c).toBeUndefined();
  });

  test("may be empty, and may hold groups", () => {
    expect(before(all({}))).toEqual({});
    const a = make("a");
    expect(before(all({ x: all({ a }), y: all({ a }), a }))).toEqual({ a: [] });
  });

  test("as a gate stands for all of its members", () => {
    const gated = make("late").after(all({ a: make("a"), more: all({ b: check("b") }) }));
    expect(before(gated)).toEqual({ a: [], b: [], late: ["a", "b"] });
  });

  test.each([undefined, "a", {}, Promise.resolve()])("has no place for %o", (member) => {
    for (const group of [all, seq]) {
      expect(() => group({ member: member as never })).toThrow(
        expect.objectContaining({ code: "NOT_A_HANDLE" }),
      );
    }
  });
});

describe("seq", () => {
  test("has the types of its members", () => {
    const group = seq({ a: make("a"), b: check("b"), c: source("src") });
    expectTypeOf(group.a).toEqualTypeOf<File>();
    expectTypeOf(group.b).toEqualTypeOf<Check>();
    expect(Object.keys(group)).toEqual(["a", "b", "c"]);
    expect(isHandle(group)).toBe(true);
  });

  test("lets each member wait for the one before", () => {
    expect(before(seq({ a: make("a"), b: check("b"), c: make("c") }))).toEqual({
      a: [],
      b: ["a"],
      c: ["b"],
    });
  });

  test("lets a member of several stages wait as a whole", () => {
    // lint;   deps ──▶ compile ──▶ pack
    const deps = make("deps");
    const pack = make("pack", make("compile", deps));
    expect(before(seq({ lint: check("lint"), pack }))).toEqual({
      lint: [],
      deps: ["lint"],
      compile: ["deps"],
      pack: ["compile"],
    });
  });

  test("does not hold back what an earlier member needs as well", () => {
    // deps ──▶ lint
    //   └────▶ compile ──▶ pack
    const deps = make("deps");
    const lint = check("lint", deps);
    const pack = make("pack", make("compile", deps), deps);
    expect(before(seq({ lint, pack }))).toEqual({
      deps: [],
      lint: ["deps"],
      compile: ["deps", "lint"],
      pack: ["compile", "deps"],
    });
  });

  test("leaves the original handles ungated", () => {
    const b = make("b");
    seq({ a: make("a"), b });
    expect(before(b)).toEqual({ b: [] });
  });

  test("reaches through views, names and gates", () => {
    const tree = stage("tree", () => sh`x ${out.tree("dist")}`)();
    const view = tree.dir("sub").as("renamed").file("f").after(check("gate"));
    expect(before(seq({ a: check("a"), view }))).toEqual({
      a: [],
      gate: ["a"],
      tree: ["gate"],
    });
  });

  test("reaches into groups in groups", () => {
    const inner = all({ x: make("x"), deeper: all({ y: make("y") }) });
    expect(before(seq({ a: check("a"), inner, z: check("z") }))).toEqual({
      a: [],
      x: ["a"],
      y: ["a"],
      z: ["x", "y"],
    });
  });

  test("in `seq` keeps its own order", () => {
    const inner = seq({ b: check("b"), c: make("c") });
    const map = before(seq({ a: check("a"), inner, d: check("d") }));
    expect(everythingBefore("b", map)).toEqual(["a"]);
    expect(everythingBefore("c", map)).toEqual(["a", "b"]);
    expect(everythingBefore("d", map)).toEqual(["a", "b", "c"]);
  });

  test("in `all` stays beside its neighbours", () => {
    const map = before(all({ chain: seq({ a: check("a"), b: check("b") }), c: check("c") }));
    expect(map).toEqual({ a: [], b: ["a"], c: [] });
  });

  test("holds several outputs back together", () => {
    const several = stage("several", () => sh`x ${out.file("p")} ${out.file("q")}`)();
    const group = seq({ a: check("a"), several });
    expect(before(group)).toEqual({ a: [], several: ["a"] });
    expect(before(group.several.p, group.several.q)).toEqual({ a: [], several: ["a"] });
  });

  test("of what was made already runs nothing twice", () => {
    const app = make("app");
    const checked = check("checked", app);
    expect(before(seq({ app, checked, again: app }))).toEqual({ app: [], checked: ["app"] });
    const tree = stage("tree", () => sh`x ${out.tree("dist")}`)();
    const used = check("used", tree);
    expect(before(seq({ tree, used, file: tree.file("f") }))).toEqual({
      tree: [],
      used: ["tree"],
    });
  });

  test("lets a member wait for all before, even over one that brings nothing of its own", () => {
    const a = check("a");
    const map = before(seq({ a, b: check("b"), again: a, c: check("c") }));
    expect(everythingBefore("c", map)).toEqual(["a", "b"]);
    const src = seq({ a, b: check("b"), src: source("src"), c: check("c") });
    expect(everythingBefore("c", before(src))).toEqual(["a", "b"]);
  });

  test("in `seq` leaves each call one gate, however deep it is", () => {
    let left: Handle = make("n0");
    let right: Handle = make("n0");
    for (let at = 1; at < 100; at++) {
      left = seq({ before: left, last: make(`n${at}`) });
      right = seq({ first: make(`n${at}`), after: right });
    }
    const names = Array.from({ length: 100 }, (_, at) => `n${at}`);
    const backwards = names.toReversed();
    const chain = (order: string[]): Record<string, string[]> =>
      Object.fromEntries(order.map((name, at) => [name, order.slice(Math.max(0, at - 1), at)]));
    expect(before(left)).toEqual(chain(names));
    expect(before(right)).toEqual(chain(backwards));
  });

  test("may be empty, or hold one member", () => {
    expect(before(seq({}))).toEqual({});
    expect(before(seq({ a: make("a") }))).toEqual({ a: [] });
  });
});

test("in any `seq` of any graph, each member's own calls wait for all earlier members", () => {
  /** Nodes with inputs among those before them, and the members: lists of nodes. */
  const graphs = fc.record({
    inputs: fc.array(fc.array(fc.nat(30), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 12,
      size: "max",
    }),
    members: fc.array(fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 5,
    }),
  });
  fc.assert(
    fc.property(graphs, ({ inputs, members }) => {
      const calls: File[] = [];
      const below: Set<string>[] = [];
      for (const [at, picks] of inputs.entries()) {
        const from = at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))];
        calls.push(make(`n${at}`, ...from.map((pick) => calls[pick]!)));
        const names = new Set([`n${at}`]);
        for (const pick of from) for (const name of below[pick]!) names.add(name);
        below.push(names);
      }
      const parts = members.map((picks) => [...new Set(picks.map((pick) => pick % calls.length))]);
      const handles = parts.map((picks) =>
        picks.length === 1
          ? calls[picks[0]!]!
          : all(Object.fromEntries(picks.map((pick) => [`m${pick}`, calls[pick]!]))),
      );
      const group = seq(Object.fromEntries(handles.map((handle, at) => [`part${at}`, handle])));
      const map = before(group);

      const earlier = new Set<string>();
      for (const picks of parts) {
        const own = new Set<string>();
        for (const pick of picks) for (const name of below[pick]!) own.add(name);
        for (const name of own) {
          const found = everythingBefore(name, map);
          // What was needed before is as it was; all else waits for everything before.
          if (!earlier.has(name)) for (const each of earlier) expect(found).toContain(each);
        }
        for (const name of own) earlier.add(name);
      }
      expect(Object.keys(map).toSorted()).toEqual([...earlier].toSorted());
    }),
    { numRuns: 300 },
  );
});

test("members of a sequence may not be called by numbers, which would stand in another order", () => {
  const a = stage("a", () => sh`a`)();
  const b = stage("b", () => sh`b`)();
  expect(() => seq({ 2: a, 1: b })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("a list of members is refused, for nobody could ask for one by name", () => {
  const a = stage("a", () => sh`a`)();
  for (const gather of [all, seq] as readonly ((members: never) => unknown)[]) {
    expect(() => gather([a] as never)).toThrow(expect.objectContaining({ code: "NOT_A_HANDLE" }));
  }
});
