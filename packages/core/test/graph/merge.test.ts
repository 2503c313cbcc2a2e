import { inspect } from "node:util";

import { describe, expect, expectTypeOf, test } from "vitest";

import { nameOf } from "../../src/artifact/artifact.ts";
import type { File, Tree } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { closureOf, needsOf } from "../../src/graph/closure.ts";
import { seq } from "../../src/graph/group.ts";
import { merge } from "../../src/graph/merge.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { validate } from "../../src/graph/validate.ts";

const make = stage("make", (src: Tree) => sh`make ${src} ${out.tree("a")} ${out.file("b")}`);
const use = stage("use", (tree: Tree) => sh`use ${tree}`);

const names = (handles: Parameters<typeof closureOf>[0]): string[] =>
  [...closureOf(handles).keys()].map(({ name }) => name);

describe("a merge", () => {
  test("is a tree, with a name and views", () => {
    const tree = merge({ ".": source("src"), "etc/motd": text("hi") });
    expectTypeOf(tree).toEqualTypeOf<Tree>();
    expectTypeOf(tree.file("etc/motd")).toEqualTypeOf<File>();
    expect(nameOf(tree)).toBe("merged");
    expect(nameOf(tree.as("site"))).toBe("site");
    expect(inspect(tree)).toBe("tree(merge of ., etc/motd)");
    expect(inspect(tree.file("etc/motd"))).toBe("file(merge of ., etc/motd/etc/motd)");
    expect(inspect(merge([tree, tree]))).toBe("tree(merge of 2 trees)");
    expect(Object.isFrozen(tree)).toBe(true);
  });

  test("does not follow later changes of what it was given", () => {
    const [src, lib] = [source("src"), source("lib")];
    const [parts, list] = [{ a: src } as Record<string, Tree>, [src]];
    const trees = [merge(parts), merge(list)];
    parts["b"] = lib;
    list.push(lib);
    expect(needsOf(trees).sources.size).toBe(1);
  });

  test("needs what all of its parts need, each once", () => {
    const made = make(source("src"));
    const inner = merge({ ".": made.a, b: made.b });
    const tree = merge([inner.pick("a"), merge({ in: inner, lib: source("lib") })]);
    expect(names([use(tree)])).toEqual(["make", "use"]);
    expect(needsOf([tree]).sources.size).toBe(1);
  });

  test("may be as deep as you like, and share as much", () => {
    let [chain, shared] = [merge({}), merge({ a: text("a") })];
    for (let n = 0; n < 20_000; n++) chain = merge({ ".": chain, [`dir-${n}`]: source(`s${n}`) });
    for (let n = 0; n < 60; n++) shared = merge({ left: shared, right: shared });
    expect(needsOf([chain]).sources.size).toBe(20_000);
    expect(needsOf([use(shared)]).calls.size).toBe(1);
    const { after } = seq({ before: use(source("src")), after: use(shared) });
    expect(names([after])).toEqual(["use", "use"]);
  });
});

describe("held back by a gate, a merge", () => {
  const gate = stage("gate", () => sh`true`);

  test("holds what makes its parts, once for all of them", () => {
    const made = make(source("src"));
    const held = merge({ ".": made.a, b: made.b }).after(gate());
    const calls = [...closureOf([held]).keys()];
    expect(calls.map(({ name }) => name)).toEqual(["gate", "make"]);
    expect(calls[1]?.original).toBe([...needsOf([made]).calls][0]);
  });

  test("waits even if nothing is made", () => {
    expect(names([use(merge({}).after(gate()))])).toEqual(["gate", "use"]);
    expect(
      names([
        use(
          merge({ src: source("src") })
            .dir("src")
            .after(gate()),
        ),
      ]),
    ).toEqual(["gate", "use"]);
  });

  test("waits for all, whatever they are put on", () => {
    const other = stage("other", () => sh`true`);
    const made = make(source("src"));
    const held = merge([made.a.after(gate())]).after(other());
    expect(names([use(held)]).toSorted()).toEqual(["gate", "make", "other", "use"]);
    expect(
      names([
        use(
          merge({ made: made.a.as("x") })
            .after(gate())
            .after(other()),
        ),
      ]),
    ).toEqual(["gate", "other", "make", "use"]);
  });

  test("holds each call once, even if one part is made from another", () => {
    const made = make(source("src"));
    const again = make(made.a);
    const calls = [...closureOf([merge([made.a, again.a]).after(gate())]).keys()];
    expect(calls.map(({ name }) => name).toSorted()).toEqual(["gate", "make", "make"]);
  });

  test("takes its checks along", () => {
    const made = make(source("src"));
    const checked = validate(merge({ a: made.a, b: made.b }), use(made.a)).after(gate());
    expect(names([checked])).toEqual(["gate", "make", "use"]);
  });
});

describe("what cannot be merged:", () => {
  test.each<[string, () => unknown, string]>([
    ["nothing", () => merge(undefined as never), "what should be a record of artifacts"],
    ["a tree", () => merge(source("src") as never), "what should be a record of artifacts"],
    ["a text", () => merge("src" as never), "what should be a record of artifacts"],
    ["a promise", () => merge({ a: Promise.resolve() as never }), "`a` of a merge is a promise"],
    ["a check", () => merge([use(source("src")) as never]), "tree 1 of a merge"],
    ["no tree", () => merge([source("a"), undefined as never]), "tree 2 of a merge is undefined"],
    ["a file at the top", () => merge({ ".": text("a") }), "`.` of a merge, which must be a tree"],
    ["a list of files", () => merge([text("a") as never]), "tree 1 of a merge, which must be a t"],
  ])("%s", (_, attempt, message) => {
    expect(attempt).toThrow(
      expect.objectContaining({ code: "NOT_A_HANDLE", message: expect.stringContaining(message) }),
    );
  });

  test("paths out of the tree", () => {
    expect(() => merge({ "../a": source("a") })).toThrow(
      expect.objectContaining({ code: "MALFORMED_PATH" }),
    );
  });

  test("with a rule that nobody knows, or in no order", () => {
    const invalid: unknown = expect.objectContaining({ code: "INVALID_OPTION" });
    // @ts-expect-error: there is no such rule
    expect(() => merge([source("a")], { onConflict: "first" })).toThrow(invalid);
    // @ts-expect-error: paths of a record are in no order
    expect(() => merge({ a: source("a") }, { onConflict: "last" })).toThrow(invalid);
    // @ts-expect-error: a list has no paths to lay files at
    expect(() => merge([text("a")])).toThrow("must be a tree");
  });
});
