import { all, matrix, out, seq, sh, source, stage } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { allNames, chooseTargets, readExports, type BuildFile } from "../../src/targets/targets.ts";

const one = stage("one", () => sh`one ${out.file("app")}`);
const two = stage("two", () => sh`two ${out.file("a")} ${out.tree("b")}`);
const checked = stage("checked", () => sh`check`);

function read(exported: Record<string, unknown>): BuildFile {
  return readExports(exported, "/work/ashlar.build.ts", "/work");
}

function namesOf(exported: Record<string, unknown>): string[] {
  return read(exported).targets.map(({ name }) => name);
}

describe("targets are", () => {
  test("handles, by the names of their exports", () => {
    const src = source("src");
    expect(namesOf({ app: one(), src, fine: checked() })).toEqual(["app", "src", "fine"]);
  });

  test("members of records and groups, with dots", () => {
    const exported = {
      checks: { unit: checked(), deep: { more: checked() } },
      both: all({ a: one(), b: one() }),
    };
    expect(namesOf(exported)).toEqual([
      "checks.unit",
      "checks.deep.more",
      "both",
      "both.a",
      "both.b",
    ]);
  });

  test("the outputs of a stage with several; of a stage with one, only that", () => {
    expect(namesOf({ made: two() })).toEqual(["made", "made.a", "made.b"]);
    expect(namesOf({ made: one() })).toEqual(["made"]);
  });

  test("the cells of a matrix, also of one in a sequence", () => {
    const axes = { node: [20.1, 22], os: ["linux", "a, b"] };
    const tests = matrix(axes, () => two());
    const cells = ["20.1", "22"].flatMap((node) =>
      ["linux", '"a, b"'].map((os) => `tests.node=${node},os=${os}`),
    );
    const every = cells.flatMap((cell) => [cell, `${cell}.a`, `${cell}.b`]);
    expect(namesOf({ tests })).toEqual(["tests", ...every]);
    const strict = seq({ lint: checked(), tests });
    const below = ["strict.tests", ...every.map((name) => `strict.${name}`)];
    expect(namesOf({ strict })).toEqual(["strict", "strict.lint", ...below]);
  });

  test("nothing else", () => {
    class Helper {
      readonly made = one();
    }
    const others = { one, text: "text", list: [one()], helper: new Helper(), none: null };
    expect(namesOf({ ...others, app: one() })).toEqual(["app"]);
  });
});

describe("exports are refused", () => {
  test.each([
    [{}, "BUILD_FILE_EMPTY"],
    [{ one, settings: {} }, "BUILD_FILE_EMPTY"],
    [{ app: Promise.resolve(1) }, "BUILD_FILE_PROMISE"],
    [{ checks: { unit: Promise.resolve(1) } }, "BUILD_FILE_PROMISE"],
    [{ app: { [Symbol("ashlar.state")]: {} } }, "CORE_TWICE"],
  ])("%#: %s is %s", (exported, code) => {
    expect(() => read(exported)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test("a record that holds itself is not walked for ever", () => {
    const round: Record<string, unknown> = { app: one() };
    round["again"] = round;
    expect(namesOf({ round })).toContain("round.app");
  });
});

describe("a choice", () => {
  const file = read({
    app: one(),
    checks: { unit: checked(), lint: checked() },
    strict: seq({ unit: checked(), app: one() }),
  });
  const choose = (...names: string[]): { chosen: string[]; left: string[] } => {
    const { chosen, left } = chooseTargets(file, names);
    return { chosen: chosen.map(({ name }) => name), left: left.map(({ name }) => name) };
  };

  test("without names is everything, members with what holds them", () => {
    expect(choose()).toEqual({
      chosen: ["app", "checks.unit", "checks.lint", "strict"],
      left: [],
    });
  });

  test("of a record is all below it, and names what is left", () => {
    expect(choose("checks")).toEqual({
      chosen: ["checks.unit", "checks.lint"],
      left: ["app", "strict"],
    });
  });

  test("of a member does not leave what holds it", () => {
    expect(choose("strict.app", "app")).toEqual({
      chosen: ["app", "strict.app"],
      left: ["checks.unit", "checks.lint"],
    });
  });

  test("of a name that is not there names the nearest", () => {
    expect(() => choose("checks.unti")).toThrow(
      expect.objectContaining({
        code: "TARGET_UNKNOWN",
        hint: expect.stringContaining("`checks.unit`") as string,
      }) as Error,
    );
  });

  test("has names for records, too", () => {
    expect(allNames(file.targets)).toEqual([
      ...["app", "checks", "checks.unit", "checks.lint"],
      ...["strict", "strict.unit", "strict.app"],
    ]);
  });
});

describe("of a matrix", () => {
  const axes = { node: ["20.1", 22], os: ["linux", "mac"] };
  const file = read({ app: one(), tests: matrix(axes, () => checked()), other: checked() });
  const chosen = (name: string): string[] =>
    chooseTargets(file, [name]).chosen.map((target) => target.name);

  test.each([
    ["tests", ["tests"]],
    ["tests.node=22,os=mac", ["tests.node=22,os=mac"]],
    ["tests[node=22,os=mac]", ["tests.node=22,os=mac"]],
    ["tests[ os=mac , node=22 ]", ["tests.node=22,os=mac"]],
    ["tests.node=20.1", ["tests.node=20.1,os=linux", "tests.node=20.1,os=mac"]],
    ["tests[os=mac]", ["tests.node=20.1,os=mac", "tests.node=22,os=mac"]],
  ])("%s stands for %j", (name, cells) => {
    expect(chosen(name)).toEqual(cells);
  });

  test.each(["tests[node=24]", "tests[cpu=arm]", "tests[]", "tests.node=22,", "other[node=22]"])(
    "%s stands for nothing",
    (name) => {
      expect(() => chosen(name)).toThrow(
        expect.objectContaining({ code: "TARGET_UNKNOWN" }) as Error,
      );
    },
  );

  test("the nearest cells are named, and what was left is not", () => {
    expect(() => chosen("tests[node=22,os=mc]")).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining("`tests.node=22,os=mac`") as string,
      }) as Error,
    );
    expect(chooseTargets(file, ["tests[os=mac]"]).left.map(({ name }) => name)).toEqual([
      "app",
      "other",
    ]);
    expect(allNames(file.targets)).not.toContain("tests.node=20");
  });
});
