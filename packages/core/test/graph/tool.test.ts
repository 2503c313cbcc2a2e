import { describe, expect, expectTypeOf, test } from "vitest";

import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { commandState, type Command } from "../../src/graph/command.ts";
import { exec } from "../../src/graph/exec.ts";
import { sh } from "../../src/graph/sh.ts";
import { tool, type ArtifactTool } from "../../src/graph/tool.ts";
import { missingTools } from "../../src/runner/missing-tools.ts";
import { echoRunner } from "../build/players.ts";

const toolchain = source("vendor/toolchain");
const run = text("#!/bin/sh\n", { executable: true });

const inside = (command: Command) => command[commandState];
const mountsOf = (command: Command): string[] => inside(command).mounts.map(({ path }) => path);

describe("a tool of an artifact", () => {
  test("is called what its path ends with, or what you say", () => {
    const cc = tool.from(toolchain, "./bin/cc");
    expectTypeOf(cc).toEqualTypeOf<ArtifactTool>();
    expect(cc).toEqual({ type: "artifact-tool", name: "cc", artifact: toolchain, path: "bin/cc" });
    expect(tool.from(toolchain, "bin/gcc", { name: "cc" }).name).toBe("cc");
    expect(tool.from(run.as("start")).name).toBe("start");
    expect(tool.from(run, { name: "go" })).toMatchObject({ name: "go", path: "" });
    expect(tool.from(toolchain.file("bin/ld")).name).toBe("ld");
  });

  test("brings its artifact along, once for all of its tools", () => {
    const tools = [tool.from(toolchain, "bin/cc"), tool.from(toolchain, "bin/ld"), tool.host("sh")];
    const command = sh({ tools, cwd: "" })`cc -c ${source("src")}`;
    expect(mountsOf(command)).toEqual(["in/src", "in/toolchain"]);
    expect(inside(command).tools).toEqual([
      { type: "input-tool", name: "cc", path: "in/toolchain/bin/cc" },
      { type: "input-tool", name: "ld", path: "in/toolchain/bin/ld" },
      tool.host("sh"),
    ]);
  });

  test("lies where its artifact was laid", () => {
    const tools = [tool.from(toolchain, "bin/cc")];
    const laid = sh({ tools, root: { opt: toolchain, src: source("src") }, cwd: "src" })`cc main.c`;
    expect(mountsOf(laid)).toEqual(["opt", "src"]);
    expect(inside(laid).tools).toMatchObject([{ path: "opt/bin/cc" }]);
    const atTop = exec(["cc", "main.c"], { tools, root: { ".": toolchain } });
    expect(inside(atTop).tools).toMatchObject([{ path: "bin/cc" }]);
  });

  test("may be the shell of a script", () => {
    const own = tool.from(toolchain, "bin/bash");
    const toolsOf = (tools: readonly ArtifactTool[]) =>
      inside(sh.bash({ tools })`echo`).tools?.map(({ type, name }) => `${type} ${name}`);
    expect(toolsOf([own])).toEqual(["input-tool bash"]);
    expect(toolsOf([tool.from(toolchain, "bin/cc")])).toEqual(["host-tool bash", "input-tool cc"]);
  });

  test("is never missing on a host", async () => {
    const runner = { ...echoRunner(), identify: () => Promise.reject(new Error("asked")) };
    expect(await missingTools(runner, [tool.from(run)])).toEqual([]);
  });

  test("may be declared twice, but its name not stand for another", () => {
    const cc = tool.from(toolchain, "bin/cc");
    expect(() => sh({ tools: [cc, tool.from(toolchain, "bin/cc")] })`cc`).not.toThrow();
    const twice: unknown = expect.objectContaining({ code: "TOOL_TWICE" });
    expect(() => sh({ tools: [cc, tool.host("cc")] })`cc`).toThrow(twice);
    expect(() => sh({ tools: [tool.host("cc"), cc] })`cc`).toThrow(twice);
    expect(() => sh({ tools: [cc, tool.from(source("other"), "bin/cc")] })`cc`).toThrow(twice);
  });
});

describe("what is no tool of an artifact:", () => {
  test.each<[string, () => unknown, string]>([
    ["nothing", () => tool.from(undefined as never), "NOT_A_HANDLE"],
    ["a path of the host", () => tool.from("/usr/bin/cc" as never), "NOT_A_HANDLE"],
    ["a tree as such", () => tool.from(toolchain as never), "INVALID_OPTION"],
    ["the top of a tree", () => tool.from(toolchain, "."), "INVALID_OPTION"],
    ["options for a path", () => tool.from(toolchain, { name: "cc" } as never), "INVALID_OPTION"],
    ["a path in a file", () => tool.from(run, "bin/cc" as never), "INVALID_OPTION"],
    ["a path out of the tree", () => tool.from(toolchain, "../cc"), "MALFORMED_PATH"],
    ["a name with a slash", () => tool.from(run, { name: "bin/cc" }), "MALFORMED_PATH"],
    ["an empty name", () => tool.from(run, { name: "" }), "MALFORMED_PATH"],
  ])("%s", (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  test("the types say so, too", () => {
    // @ts-expect-error: which program of the tree?
    expect(() => tool.from(toolchain)).toThrow("path of a tool");
    // @ts-expect-error: a file is the program
    expect(() => tool.from(run, "bin/cc")).toThrow("options of a tool");
  });
});
