import { describe, expect, expectTypeOf, test } from "vitest";

import { matrix } from "../../src/graph/matrix.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";

const run = stage(
  "run",
  (node: number, os: string) => sh`test --node ${node} --os ${os} ${out.file("junit.xml")}`,
);

describe("matrix", () => {
  const tests = matrix({ node: [20, 22], os: ["linux", "mac"] }, ({ node, os }) => run(node, os));

  test("has one part for each combination, the last axis turning fastest", () => {
    expect(tests.cells).toEqual([
      { node: 20, os: "linux" },
      { node: 20, os: "mac" },
      { node: 22, os: "linux" },
      { node: 22, os: "mac" },
    ]);
    expect(tests.get({ node: 22, os: "mac" })).not.toBe(tests.get({ node: 20, os: "mac" }));
    expect(tests.get({ node: 22, os: "mac" })).toBe(tests.get({ node: 22, os: "mac" }));
  });

  test("stands for all of its parts", () => {
    const argvs = makePlan([tests]).nodes.map(({ call }) => call.command.argv.slice(1, 5));
    expect(argvs).toEqual([
      ["--node", "20", "--os", "linux"],
      ["--node", "20", "--os", "mac"],
      ["--node", "22", "--os", "linux"],
      ["--node", "22", "--os", "mac"],
    ]);
  });

  test("knows its cells by type, and at run time", () => {
    expectTypeOf<Parameters<typeof tests.get>[0]>().toEqualTypeOf<{
      readonly node: 20 | 22;
      readonly os: "linux" | "mac";
    }>();
    // @ts-expect-error there is no such cell
    const ask = (): unknown => tests.get({ node: 18, os: "linux" });
    expect(ask).toThrow(expect.objectContaining({ code: "MATRIX_CELL_UNKNOWN" }));
    expect(ask).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("node=20, os=linux") }),
    );
  });

  test("has different cells for values that look like others", () => {
    const odd = matrix({ a: ["x", "x, b=1"], b: ["1", "1, b=1"] }, ({ a, b }) => run(1, a + b));
    expect(new Set(odd.cells.map((cell) => odd.get(cell))).size).toBe(4);
    expect(makePlan([odd]).nodes).toHaveLength(4);
  });

  test("refuses what is no record of lists, and no cell", () => {
    const cell = (): ReturnType<typeof run> => run(1, "");
    const code = expect.objectContaining({ code: "INVALID_OPTION" });
    expect(() => matrix(undefined as never, cell)).toThrow(code);
    expect(() => matrix({ os: "linux" as never }, cell)).toThrow(code);
    const unknown = expect.objectContaining({ code: "MATRIX_CELL_UNKNOWN" });
    expect(() => tests.get(undefined as never)).toThrow(unknown);
  });

  test("refuses an axis without values, or with one twice", () => {
    const cell = (): ReturnType<typeof run> => run(1, "");
    const code = expect.objectContaining({ code: "INVALID_OPTION" });
    expect(() => matrix({ node: [] }, cell)).toThrow(code);
    expect(() => matrix({ node: [20, "20"] }, cell)).toThrow(code);
  });
});
