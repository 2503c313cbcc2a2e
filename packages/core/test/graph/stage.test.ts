/**
 * Stages: what they take and yield, in types and in fact.
 *
 * @module
 */
import { describe, expect, expectTypeOf, test } from "vitest";

import {
  state,
  type Check,
  type File,
  type Gate,
  type Outputs,
  type Tree,
} from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage, StageCall } from "../../src/graph/stage.ts";

const src = source("src");

describe("a stage with one output", () => {
  const compile = stage(
    "compile",
    ({ src: from }: { src: Tree }) => sh`cc ${from} -o ${out.file("app")}`,
  );

  test("yields the artifact itself, which also holds itself by name", () => {
    const made = compile({ src });
    expectTypeOf(made).toExtend<File>();
    expectTypeOf(made.app).toEqualTypeOf<File>();
    expect(made.app).toBe(made);
    expect(made[state]).toMatchObject({ type: "artifact", kind: "file", self: "app" });
    const { app } = made;
    expect(app).toBe(made);
  });

  test("yields a tree when that is what it makes", () => {
    const made = stage("docs", () => sh`doc ${out.tree("html")}`)();
    expectTypeOf(made).toExtend<Tree>();
    expectTypeOf(made.html).toEqualTypeOf<Tree>();
    expect(made[state].kind).toBe("tree");
    expectTypeOf(made.file("index.html")).toEqualTypeOf<File>();
  });

  test("has no other outputs", () => {
    const made = compile({ src });
    // @ts-expect-error: there is no such output
    expect(made.map).toBeUndefined();
  });

  test("keeps its type behind a gate", () => {
    const gated = compile({ src }).after(compile({ src }));
    expectTypeOf(gated.app).toEqualTypeOf<File>();
    expect(gated.app).toBe(gated);
  });
});

describe("a stage with several outputs", () => {
  const cargo = stage(
    "cargo",
    () => sh({ outputs: { target: out.tree("target") } })`cargo ${out.file("log")}`,
  );

  test("yields a record of them", () => {
    const made = cargo();
    expectTypeOf(made.target).toEqualTypeOf<Tree>();
    expectTypeOf(made.log).toEqualTypeOf<File>();
    expectTypeOf(made).toExtend<Outputs>();
    expect(Object.keys(made)).toEqual(["target", "log"]);
    expect(made.target[state].kind).toBe("tree");
    expect(made.log[state].kind).toBe("file");
    expect(Object.isFrozen(made)).toBe(true);
  });

  test("is no artifact, and has no other outputs", () => {
    const made = cargo();
    // @ts-expect-error: which one?
    expectTypeOf(made).toExtend<File>();
    // @ts-expect-error: there is no such output
    expect(made.app).toBeUndefined();
    // @ts-expect-error: nor can all be interpolated at once
    expect(() => sh`x ${made}`).toThrow(expect.objectContaining({ code: "NOT_INTERPOLABLE" }));
  });

  test("yields handles that share one call, and one gate", () => {
    const made = cargo();
    const producer = (handle: File | Tree): unknown => {
      const { origin } = handle[state];
      return origin.type === "output" && origin.producer;
    };
    expect(producer(made.target)).toBe(producer(made.log));
    const gated = made.after(cargo());
    expectTypeOf(gated.target).toEqualTypeOf<Tree>();
    expect(producer(gated.target)).toBe(producer(gated.log));
    expect(producer(gated.target)).not.toBe(producer(made.target));
  });
});

describe("a stage without outputs", () => {
  const lint = stage(
    "lint",
    ({ strict = false }: { strict?: boolean } = {}) => sh`lint ${strict ? ["--strict"] : []}`,
  );

  test("yields a check, which is a gate and nothing else", () => {
    const checked = lint();
    expectTypeOf(checked).toEqualTypeOf<Check>();
    expectTypeOf(checked).toExtend<Gate>();
    expect(Object.keys(checked)).toEqual([]);
    // @ts-expect-error: there are no outputs
    expect(checked.report).toBeUndefined();
    // @ts-expect-error: a check is no artifact
    expect(() => sh`x ${checked}`).toThrow(expect.objectContaining({ code: "NOT_INTERPOLABLE" }));
    expectTypeOf(checked.after(lint())).toEqualTypeOf<Check>();
  });
});

describe("calling", () => {
  const compile = stage(
    "compile",
    ({ from, level = 2 }: { from: Tree; level?: number }, ...flags: string[]) =>
      sh`cc -O${level} ${from} ${flags} -o ${out.file("app")}`,
  );

  test("has the types of the body's parameters", () => {
    expectTypeOf(compile).parameter(0).toEqualTypeOf<{ from: Tree; level?: number }>();
    // @ts-expect-error: an input is missing
    expect(() => compile({})).toThrow(expect.objectContaining({ code: "NOT_INTERPOLABLE" }));
    // @ts-expect-error: a file is no tree
    expect(() => compile({ from: source.file("a") })).not.toThrow();
  });

  test("makes a new call each time", () => {
    const call = (made: File): unknown => {
      const { origin } = made[state];
      return origin.type === "output" && origin.producer;
    };
    expect(call(compile({ from: src }))).toBeInstanceOf(StageCall);
    expect(call(compile({ from: src }))).not.toBe(call(compile({ from: src })));
  });

  test("runs the body, and nothing else", () => {
    let bodies = 0;
    const counted = stage("counted", () => {
      bodies++;
      return sh`rm -rf /`;
    });
    expect(bodies).toBe(0);
    counted();
    expect(bodies).toBe(1);
  });

  test("lets errors of the body through", () => {
    const broken = stage("broken", (): ReturnType<typeof sh> => {
      throw new RangeError("mine");
    });
    expect(() => broken()).toThrow(RangeError);
  });
});

describe("refused:", () => {
  test.each([undefined, "", "  ", 1, {}])("%o as a name", (name) => {
    expect(() => stage(name as string, () => sh`x`)).toThrow(
      expect.objectContaining({ code: "STAGE_NAME" }),
    );
  });

  test.each([
    ["nothing", () => undefined],
    ["a promise", () => Promise.resolve(sh`x`)],
    ["a string", () => "cc"],
    ["a template tag", () => sh({})],
    ["a handle", () => src],
  ])("%s as a command", (_, body) => {
    expect(() => stage("bad", body as never)()).toThrow(
      expect.objectContaining({ code: "STAGE_BODY" }),
    );
  });

  test("an async body, in types", () => {
    // @ts-expect-error: a body is no async function
    const bad = stage("bad", () => Promise.resolve(sh`x`));
    expect(() => bad()).toThrow("a promise");
  });
});

test("a stage knows its name, and where it was declared", () => {
  const here = stage("here", () => sh`x`);
  expect(here.stageName).toBe("here");
  expect(Object.isFrozen(here)).toBe(true);
  const { producer } = here()[state];
  expect(producer).toMatchObject({
    name: "here",
    declaredAt: expect.stringMatching(/graph\/stage\.test\.ts:\d+:\d+$/),
  });
});
