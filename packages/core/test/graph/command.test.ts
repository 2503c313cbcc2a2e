/**
 * Commands: every artifact and output gets its place when the command is made.
 *
 * @module
 */
import { describe, expect, expectTypeOf, test } from "vitest";

import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { commandState, toolsOf, writable, type Command } from "../../src/graph/command.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { tool } from "../../src/graph/tool.ts";

const src = source("src");
const app = stage("make", () => sh`make ${out.file("app")}`)();
const code = (value: string): unknown => expect.objectContaining({ code: value });

const specOf = (command: Command): Command[typeof commandState] => command[commandState];
const argvOf = (command: Command): readonly string[] => specOf(command).argv;
const mountsOf = (command: Command): Record<string, string> =>
  Object.fromEntries(
    specOf(command).mounts.map(({ path, isWritable }) => [path, isWritable ? "rw" : "ro"]),
  );
const outputsOf = (command: Command): Record<string, string> =>
  Object.fromEntries(
    specOf(command).outputs.map(({ name, path, kind }) => [name, `${kind} ${path}`]),
  );

describe("an interpolated artifact", () => {
  test("lies under `in/`, by its name", () => {
    const command = sh`cc ${src}/main.c ${app}`;
    expect(argvOf(command)).toEqual(["cc", "in/src/main.c", "in/app"]);
    expect(mountsOf(command)).toEqual({ "in/src": "ro", "in/app": "ro" });
  });

  test("lies in one place, however often it is mentioned", () => {
    const command = sh`cc ${src}/a ${src}/b ${src.as("other")} ${[src, src]}`;
    expect(argvOf(command)).toEqual(["cc", "in/src/a", "in/src/b", "in/src", "in/src", "in/src"]);
    expect(Object.keys(mountsOf(command))).toEqual(["in/src"]);
  });

  test("has a place of its own among others of its name", () => {
    const command = sh`cc ${source("a/src")} ${source("b/src")} ${source("c/src")} ${source("src-2")}`;
    expect(argvOf(command)).toEqual(["cc", "in/src", "in/src-2", "in/src-3", "in/src-2-2"]);
  });

  test("lies where `root` lays it", () => {
    const command = sh({ root: { ".": src, deps: writable(app) } })`cc ${src}/main.c ${app}`;
    expect(argvOf(command)).toEqual(["cc", "./main.c", "deps"]);
    expect(mountsOf(command)).toEqual({ "": "ro", deps: "rw" });
  });

  test("is found from the working directory", () => {
    const command = sh({ cwd: "ws/sub", root: { ws: src } })`cc ${src} ${app} ${out.file("o")}`;
    expect(argvOf(command)).toEqual(["cc", "..", "../../in/app", "../../out/o"]);
  });

  test("that is the program can be started", () => {
    expect(argvOf(sh`${app} --self-test`)).toEqual(["in/app", "--self-test"]);
    expect(argvOf(sh({ root: { app } })`${app}`)).toEqual(["./app"]);
    expect(argvOf(sh({ root: { bin: src }, cwd: "bin" })`${src}/run`)).toEqual(["./run"]);
  });

  test("may stand in the environment", () => {
    const { env } = specOf(sh({ env: { APP: app, N: 4, TEXT: "a b" } })`run`);
    expect(env).toEqual({ APP: "in/app", N: "4", TEXT: "a b" });
  });

  test("may be a text", () => {
    const config = text("x = 1").as("config.toml");
    expect(argvOf(sh`run --config ${config}`)).toEqual(["run", "--config", "in/config.toml"]);
  });
});

describe("an output", () => {
  test("of the template goes to `out/`", () => {
    const command = sh`cc -o ${out.file("app")} ${out.tree("maps/all")}`;
    expect(argvOf(command)).toEqual(["cc", "-o", "out/app", "out/maps/all"]);
    expect(outputsOf(command)).toEqual({ app: "file out/app", "maps/all": "tree out/maps/all" });
  });

  test("of the options goes where its name says", () => {
    const command = sh({
      outputs: { target: out.tree("ws/target"), log: out.file("./a//log") },
    })`x`;
    expect(outputsOf(command)).toEqual({ target: "tree ws/target", log: "file a/log" });
  });

  test("mentioned twice is one", () => {
    const output = out.file("app");
    expect(outputsOf(sh`cc ${output} ${output} ${out.file("app")}`)).toEqual({
      app: "file out/app",
    });
  });

  test.each([
    ["one name, two kinds", () => sh`cc ${out.file("a")} ${out.tree("a")}`],
    ["one name, two places", () => sh({ outputs: { a: out.file("x") } })`cc ${out.file("a")}`],
    ["one path, two names", () => sh({ outputs: { a: out.file("x"), b: out.file("x") } })`cc`],
    [
      "one path, written in two ways",
      () => sh({ outputs: { a: out.file("x"), b: out.file("./x") } })`cc`,
    ],
  ])("refused: %s", (_, make) => {
    expect(make).toThrow(code("OUTPUT_TWICE"));
  });

  test.each([
    "as",
    "after",
    "file",
    "dir",
    "pick",
    "without",
    "then",
    "constructor",
    "__proto__",
    "toJSON",
  ])("cannot be called %s", (name) => {
    expect(() => sh`cc ${out.file(name)}`).toThrow(code("OUTPUT_RESERVED"));
    const outputs = { [name]: out.file("x") };
    if (name !== "__proto__") expect(() => sh({ outputs })`cc`).toThrow(code("OUTPUT_RESERVED"));
  });

  test.each(["/abs", "../x", "a/../../x"])("cannot be written to %s", (path) => {
    expect(() => out.file(path)).toThrow(code("MALFORMED_PATH"));
    expect(() => out.tree(path)).toThrow(code("MALFORMED_PATH"));
  });

  test.each(["", ".", "./"])("of a template needs a name: %j is none", (path) => {
    expect(() => sh`cc ${out.tree(path)}`).toThrow(code("MALFORMED_PATH"));
  });
});

describe("options", () => {
  test("of one path, written in two ways, are a conflict", () => {
    expect(() => sh({ root: { a: src, "./a": app } })`x`).toThrow(code("PATH_CONFLICT"));
  });

  test("lay no file as the whole input root", () => {
    expect(() => sh({ root: { ".": app } })`x`).toThrow(code("NOT_A_HANDLE"));
  });

  test.each([undefined, "src", {}, () => {}])("refuse %o in `root`", (laid) => {
    expect(() => sh({ root: { a: laid as never } })`x`).toThrow(code("NOT_A_HANDLE"));
    expect(() => writable(laid as never)).toThrow(code("NOT_A_HANDLE"));
  });

  test("refuse paths that leave the input root", () => {
    expect(() => sh({ cwd: "../x" })`x`).toThrow(code("MALFORMED_PATH"));
    expect(() => sh({ root: { "/abs": src } })`x`).toThrow(code("MALFORMED_PATH"));
  });

  test.each([0, -1, Number.NaN, Infinity, 2 ** 31])("refuse a time limit of %o", (timeoutMs) => {
    expect(() => sh({ timeoutMs })`x`).toThrow(code("INVALID_OPTION"));
  });

  test("do not change with what they were made of", () => {
    const env: Record<string, string> = { A: "1" };
    const tools = [tool.host("cc")];
    const command = sh({ env, tools })`x`;
    env["A"] = "2";
    tools.push(tool.host("ld"));
    expect(specOf(command)).toMatchObject({ env: { A: "1" }, tools: [{ name: "cc" }] });
  });

  test("can be shared by templates", () => {
    const run = sh({ env: { A: "1" } });
    expect(argvOf(run`a ${src}`)).toEqual(["a", "in/src"]);
    expect(argvOf(run`b ${app}`)).toEqual(["b", "in/app"]);
    expect(Object.keys(mountsOf(run`b ${app}`))).toEqual(["in/app"]);
  });
});

describe("tools", () => {
  const names = (command: Command): string[] => toolsOf(specOf(command)).map(({ name }) => name);

  test("are the program itself, unless they are declared", () => {
    expect(names(sh`cc x`)).toEqual(["cc"]);
    expect(names(sh`${app} x`)).toEqual([]);
    expect(names(sh`/usr/bin/cc x`)).toEqual(["/usr/bin/cc"]);
    expect(names(sh({ tools: [] })`cc x`)).toEqual([]);
    expect(names(sh({ tools: [tool.host("ld")] })`cc x`)).toEqual(["ld"]);
  });

  test("of a script have the shell among them", () => {
    expect(names(sh.bash`ls`)).toEqual(["bash"]);
    expect(names(sh.bash({ tools: [tool.host("ls")] })`ls`)).toEqual(["bash", "ls"]);
  });
});

test("the types of outputs come from the template and the options", () => {
  const both = sh({ outputs: { log: out.file("log") } })`cc ${out.file("app")} ${out.tree("maps")}`;
  expectTypeOf(both).toExtend<Command<{ log: "file"; app: "file"; maps: "tree" }>>();
  expectTypeOf(sh`cc`).toEqualTypeOf<Command<{}>>();
  // @ts-expect-error: a set of values is no hole
  const bad = (): unknown => sh`cc ${new Set(["a"])}`;
  expect(bad).toThrow("a Set");
});
