/**
 * Handles: frozen, inert, and named after where they come from.
 *
 * @module
 */
import { inspect } from "node:util";

import { describe, expect, expectTypeOf, test } from "vitest";

import { nameOf } from "../../src/artifact/artifact.ts";
import {
  isArtifact,
  isHandle,
  state,
  type Artifact,
  type File,
  type Handle,
  type Tree,
} from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { all } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";

const make = stage("make", () => sh`make ${out.file("app")}`);
const several = stage("several", () => sh`make ${out.file("app")} ${out.tree("docs/html")}`);
const check = stage("check", () => sh`true`);

const handles: Readonly<Record<string, Handle>> = {
  "a source": source("src"),
  "a file of a source": source.file("src/main.c"),
  "a view": source("src").pick("*.c"),
  "a text": text("hello"),
  "a single output": make(),
  "several outputs": several(),
  "an output of several": several().app,
  "a check": check(),
  "a group": all({ app: make() }),
  "a gated artifact": make().after(check()),
  "a gated source": source("src").after(check()),
};

describe.each(Object.entries(handles))("%s", (_, handle) => {
  test("is a handle, and frozen", () => {
    expect(isHandle(handle)).toBe(true);
    expect(Object.isFrozen(handle)).toBe(true);
    expect(() => Object.assign(handle, { extra: 1 })).toThrow(TypeError);
    expect(() => Object.assign(handle, { [state]: 1 })).toThrow(TypeError);
  });

  test("is no promise: awaiting it gives it back", async () => {
    // eslint-disable-next-line typescript/await-thenable
    expect(await (handle as unknown)).toBe(handle);
    expect("then" in handle).toBe(false);
    expect(await Promise.resolve(handle)).toBe(handle);
  });

  test("can be printed, and has nothing for JSON", () => {
    expect(inspect(handle).length).toBeLessThan(500);
    expect(() => inspect({ handle }, { depth: 10 })).not.toThrow();
  });
});

test("what is no handle is none", () => {
  for (const other of [undefined, null, 1, "src", {}, [], () => {}, Promise.resolve()]) {
    expect(isHandle(other)).toBe(false);
    expect(isArtifact(other)).toBe(false);
  }
  expect(isArtifact(check())).toBe(false);
  expect(isArtifact(several())).toBe(false);
  expect(isArtifact(make())).toBe(true);
});

describe("names", () => {
  test.each<[string, Artifact, string]>([
    ["a relative source", source("src"), "src"],
    ["a nested one", source("packages/core/src"), "src"],
    ["one with dots and slashes", source("./src/"), "src"],
    ["one above", source("../lib"), "lib"],
    ["the root directory of the build", source("."), "source"],
    ["its parent", source(".."), "source"],
    ["an absolute one, whose place is no business of a key", source("/home/user/src"), "source"],
    ["a URL", source(new URL("file:///home/user/src")), "source"],
    ["a single file", source.file("src/main.c"), "main.c"],
    ["a single file, absolute", source.file("/home/user/main.c"), "main.c"],
    ["a file in a tree", source("src").file("a/b.c"), "b.c"],
    ["a folder in a tree", source("src").dir("a/b"), "b"],
    ["the tree itself", source("src").dir("."), "src"],
    ["part of a tree", source("src").pick("*.c").without("b.c"), "src"],
    ["an output", make(), "app"],
    ["an output in a folder", several()["docs/html"], "html"],
    ["another name", make().as("tool"), "tool"],
    ["the last of other names", make().as("tool").as("program"), "program"],
    ["a view of what has another name", source("src").as("x").file("a.c"), "a.c"],
    ["part of what has another name", source("src").as("x").pick("*"), "x"],
    ["a gated one", source("src").after(check()), "src"],
    ["a gated one with another name", source("src").as("x").after(check()), "x"],
  ])("%s", (_, artifact, expected) => {
    expect(nameOf(artifact)).toBe(expected);
  });

  test.each(["", ".", "..", "a/b", "/a"])("%j is no name", (name) => {
    expect(() => make().as(name)).toThrow(expect.objectContaining({ code: "MALFORMED_PATH" }));
  });
});

describe("as", () => {
  test("leaves the original alone, and the origin the same", () => {
    const app = make();
    const renamed = app.as("tool");
    expect(nameOf(app)).toBe("app");
    expect(renamed[state].origin).toBe(app[state].origin);
  });

  test("keeps the property under which a single output holds itself", () => {
    const renamed = make().as("tool");
    expect(renamed.app).toBe(renamed);
  });

  test("keeps the kind and the methods", () => {
    expectTypeOf(source("src").as("x")).toEqualTypeOf<Tree>();
    expectTypeOf(source.file("a").as("x")).toEqualTypeOf<File>();
    expect(nameOf(source("src").as("x").dir("lib"))).toBe("lib");
  });
});

describe("after", () => {
  test("makes another handle, and leaves the original ungated", () => {
    const app = make();
    const gated = app.after(check());
    expect(gated).not.toBe(app);
    expect(gated.app).toBe(gated);
    expect(gated[state].origin).not.toBe(app[state].origin);
  });

  test("takes any handle, and any number of them", () => {
    expect(() => make().after()).not.toThrow();
    expect(() => make().after(...Object.values(handles))).not.toThrow();
  });

  test.each([undefined, "lint", {}, Promise.resolve()])("%o is no gate", (gate) => {
    for (const handle of [make(), check(), several(), source("src"), source("src").file("a")]) {
      expect(() => handle.after(gate as never)).toThrow(
        expect.objectContaining({ code: "NOT_A_HANDLE" }),
      );
    }
  });
});

describe("views", () => {
  test("of paths that leave the tree are refused at once", () => {
    expect(() => source("src").file("../x")).toThrow(
      expect.objectContaining({ code: "MALFORMED_PATH" }),
    );
    expect(() => source("src").dir("/x")).toThrow(
      expect.objectContaining({ code: "MALFORMED_PATH" }),
    );
  });

  test("keep the globs that they were made with", () => {
    const globs = ["*.c"];
    const view = source("src").pick(...globs);
    globs.push("*.h");
    expect(inspect(view)).toContain("pick(*.c)");
  });

  test("files have no views", () => {
    // @ts-expect-error: a file has no files in it
    expect(source.file("a").file).toBeUndefined();
    // @ts-expect-error: nor has a check
    expect(check().as).toBeUndefined();
  });
});

describe("printed", () => {
  test.each<[Artifact, string]>([
    [source("src"), "tree(source src)"],
    [source("src").dir("lib").file("a.c"), "file(source src/lib/a.c)"],
    [source("src").without("*.o"), "tree(source src.without(*.o))"],
    [make(), "file(make.app)"],
    [source("src").after(check()), "tree(source src)"],
  ])("%o", (artifact, expected) => {
    expect(inspect(artifact)).toBe(expected);
  });
});
