/**
 * Counterparts: what goes with a copy of an artifact has its gates, and is no third copy.
 *
 * @module
 */
import { expect, test } from "vitest";

import type { File, Handle, Tree } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { counterparts } from "../../src/graph/counterparts.ts";
import { all, seq } from "../../src/graph/group.ts";
import { merge } from "../../src/graph/merge.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { validate } from "../../src/graph/validate.ts";

const make = (name: string, ...inputs: (File | Tree)[]): Tree =>
  stage(name, () => sh`${name} ${inputs} ${out.tree("made")}`)();
const two = (name: string, ...inputs: (File | Tree)[]): { app: Tree; symbols: Tree } =>
  stage(name, () => sh`${name} ${inputs} ${out.tree("app")} ${out.tree("symbols")}`)();
const lint = stage("lint", () => sh`lint`)();

/** The names of calls in the order in which a build could run them, each as often as it is there. */
function planned(...targets: Handle[]): Record<string, readonly string[]> {
  const { nodes } = makePlan(targets);
  const names = nodes.map(({ name }) => name);
  expect(new Set(names).size, `no call twice among ${names.join()}`).toBe(names.length);
  return Object.fromEntries(
    nodes.map(({ name, dependencies }) => [name, dependencies.map((id) => names[id]!).toSorted()]),
  );
}

test("another output of a call is made by the same copy of it", () => {
  const made = two("compile", make("generate"));
  const ordered = seq({ lint, app: made.app });
  const counterpart = counterparts(made.app, ordered.app);
  expect(planned(ordered, counterpart!(made.symbols))).toEqual({
    lint: [],
    generate: ["lint"],
    compile: ["generate"],
  });
});

test("what was made below is below the copy, and what stands on that is copied with it", () => {
  const base = make("base");
  const low = make("low", base);
  const top = make("top", low);
  const beside = make("beside", base);
  const ordered = seq({ lint, top });
  const counterpart = counterparts(top, ordered.top)!;
  expect(planned(ordered, counterpart(all({ low, beside })))).toEqual({
    lint: [],
    base: ["lint"],
    low: ["base"],
    top: ["low"],
    beside: ["base"],
  });
});

test("merges and views are looked through, and names do not count", () => {
  const [low, top] = [make("low"), make("top")];
  const whole = merge([low, top], { onConflict: "last" }).as("whole");
  const viewed = whole.dir("inner");
  const held = viewed.after(lint).as("other");
  const counterpart = counterparts(viewed, held)!;
  expect(planned(held, counterpart(low), counterpart(top))).toEqual({
    lint: [],
    low: ["lint"],
    top: ["lint"],
  });
});

test("of an artifact itself, everything is its own counterpart", () => {
  const [low, top] = [make("low"), make("top")];
  expect(counterparts(top, top)!(low)).toBe(low);
  expect(counterparts(top, top.as("other"))!(top)).toBe(top);
});

test("what other calls make, another view, and what has checks of its own is no copy", () => {
  const made = two("compile");
  const whole = merge([made.app, made.symbols]);
  expect(counterparts(made.app, two("compile").app)).toBeUndefined();
  expect(counterparts(made.app, made.symbols)).toBeUndefined();
  expect(counterparts(made.app, made.app.dir("inner"))).toBeUndefined();
  expect(counterparts(made.app.dir("a"), made.app.dir("b"))).toBeUndefined();
  expect(counterparts(made.app, validate(made.app, lint))).toBeUndefined();
  expect(counterparts(source("a"), source("a"))).toBeUndefined();
  expect(counterparts(source("a"), source("a").after(lint))).toBeUndefined();
  expect(counterparts(whole, merge([made.symbols, made.app]))).toBeUndefined();
  expect(counterparts(whole, merge([made.app]))).toBeUndefined();
  expect(counterparts(whole, made.app)).toBeUndefined();
});

test("a copy of a copy is one as well, with the gates of both", () => {
  const made = two("compile");
  const first = made.app.after(lint);
  const second = first.after(make("late"));
  const counterpart = counterparts(made.app, second)!;
  expect(planned(counterpart(made.symbols))).toEqual({
    compile: ["late", "lint"],
    late: [],
    lint: [],
  });
  expect(planned(second, counterparts(first, second)!(first))).toEqual({
    compile: ["late", "lint"],
    late: [],
    lint: [],
  });
});
