import { expect, test } from "vitest";

import { pathCandidates } from "../../src/programs/cargo-config.ts";
import { Failure, renderFailure } from "../../src/programs/failure.ts";
import { Parameters } from "../../src/programs/parameters.ts";

const parameters = Parameters.parse('{"name": "x", "list": ["a"], "lists": [["a"], []], "n": 1}');

test("parameters are read by their types", () => {
  expect(parameters.string("name")).toBe("x");
  expect(parameters.string("absent", "y")).toBe("y");
  expect(parameters.optionalString("absent")).toBeUndefined();
  expect(parameters.strings("list")).toEqual(["a"]);
  expect(parameters.strings("absent", [])).toEqual([]);
  expect(parameters.stringLists("lists")).toEqual([["a"], []]);
});

test("what is missing or of another type is named", () => {
  expect(() => parameters.string("absent")).toThrow("parameter `absent` is missing");
  expect(() => parameters.string("n")).toThrow("parameter `n` is not a string");
  expect(() => parameters.strings("name")).toThrow("parameter `name` is not a list of strings");
  expect(() => parameters.stringLists("list")).toThrow("`list` is not a list of lists of strings");
});

test.each([[undefined], [""], ["[]"], ["{"], ["1"]])("%s is no parameters", (text) => {
  expect(() => Parameters.parse(text)).toThrow("the parameters are not a JSON object");
});

test("a failure prints what is wrong and what to do", () => {
  expect(renderFailure(new Failure("the lock is gone", { hint: "write it" }))).toBe(
    "error: the lock is gone\nhint: write it\n",
  );
  expect(renderFailure(new Failure("the lock is gone"))).toBe("error: the lock is gone\n");
});

test("words of a configuration that may be paths", () => {
  expect(pathCandidates("-Clink-arg=-Tmemory.x")).toContain("memory.x");
  expect(pathCandidates("tools/run.sh --fast")).toContain("tools/run.sh");
  expect(pathCandidates("a path with spaces")).toContain("a path with spaces");
  expect(pathCandidates("src/main.rs Cargo.toml")).toEqual(["src/main.rs Cargo.toml"]);
});
