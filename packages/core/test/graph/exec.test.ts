import * as fc from "fast-check";
import { expect, expectTypeOf, test } from "vitest";

import { text } from "../../src/artifact/text.ts";
import { commandState } from "../../src/graph/command.ts";
import { exec } from "../../src/graph/exec.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";

test("each element is one argument, whatever is in it", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (program, rest) => {
      expect(exec([program, ...rest])[commandState].argv).toEqual([program, ...rest]);
    }),
  );
});

test("means what the template means", () => {
  const main = text("int main;").as("main.c");
  const options = { cwd: "", env: { A: 1 } };
  const one = exec(["cc", main, "-o", out.file("app"), 3], options);
  const two = sh(options)`cc ${main} -o ${out.file("app")} ${3}`;
  expect(one[commandState]).toEqual(two[commandState]);
  expectTypeOf(one.outputs).toExtend<{ app: "file" } | undefined>();
});

test("needs a list", () => {
  for (const argv of ["ls -l", undefined]) {
    const error = expect.objectContaining({ code: "INVALID_OPTION" });
    expect(() => exec(argv as unknown as string[])).toThrow(error);
  }
});

test("needs a program", () => {
  expect(() => exec([])).toThrow(expect.objectContaining({ code: "NO_COMMAND" }));
});
