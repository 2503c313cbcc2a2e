/**
 * Composing: what is in a key, and where outputs may be.
 *
 * @module
 */
import { describe, expect, test } from "vitest";

import { state, type Artifact, type Handle } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { writable } from "../../src/graph/command.ts";
import { out } from "../../src/graph/out.ts";
import { makePlan } from "../../src/graph/plan.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { tool } from "../../src/graph/tool.ts";
import { composeAction, type ComposedAction } from "../../src/rebuild/compose.ts";
import { ToolIdentities } from "../../src/rebuild/tool-identities.ts";
import { Placement } from "../../src/runner/placement.ts";
import type { Runner } from "../../src/runner/runner.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { echoRunner } from "../build/players.ts";
import { keepFolder, type Folder } from "../store/trees.ts";

type Body = Parameters<typeof stage<[], unknown>>[1];

/** Composes the call of a stage whose inputs are sources: each the tree of its location. */
async function composed(
  body: Body,
  trees: Readonly<Record<string, Folder>> = {},
  runner: Runner = echoRunner(),
): Promise<ComposedAction> {
  const store = new MemoryStore();
  const handle: unknown = stage("made", body)();
  const [node] = makePlan([handle as Handle]).nodes;
  const values = [];
  for (const { artifact } of node!.call.command.mounts) {
    values.push({
      kind: "tree" as const,
      digest: await keepFolder(store, trees[nameIn(artifact)]!),
    });
  }
  const { signal } = new AbortController();
  const placement = new Placement(runner, store, signal);
  const identities = new ToolIdentities(placement, signal);
  return await composeAction(node!.call, values, { content: store, placement, identities });
}

function nameIn(artifact: Artifact): string {
  const { origin } = artifact[state];
  return origin.type === "source" ? origin.location : "?";
}

const keyOf = async (...args: Parameters<typeof composed>): Promise<string> =>
  (await composed(...args)).action.key;
const src = source("src");

describe("the key", () => {
  const base: Body = () => sh({ env: { A: "1" } })`cc ${src} ${out.file("app")}`;
  const trees = { src: { "a.c": "int a;" } };

  test("is the same for the same", async () => {
    expect(await keyOf(base, trees)).toBe(await keyOf(base, { src: { "a.c": "int a;" } }));
  });

  const others: Readonly<Record<string, [Body, Record<string, Folder>]>> = {
    "another argument": [() => sh({ env: { A: "1" } })`cc ${src} ${out.file("app")} -O2`, trees],
    "other content": [base, { src: { "a.c": "int b;" } }],
    "another exec bit": [base, { src: { "a.c": { exec: "int a;" } } }],
    "another environment": [() => sh({ env: { A: "2" } })`cc ${src} ${out.file("app")}`, trees],
    "no environment": [() => sh`cc ${src} ${out.file("app")}`, trees],
    "another kind of output": [() => sh({ env: { A: "1" } })`cc ${src} ${out.tree("bin")}`, trees],
    "one more output": [
      () =>
        sh({ env: { A: "1" }, outputs: { log: out.file("log") } })`cc ${src} ${out.file("app")}`,
      trees,
    ],
    "another place of an input": [
      () => sh({ env: { A: "1" }, root: { there: src } })`cc ${src} ${out.file("app")}`,
      trees,
    ],
    "another working directory": [
      () => sh({ env: { A: "1" }, cwd: "in" })`cc ${src} ${out.file("app")}`,
      trees,
    ],
    "declared tools": [
      () => sh({ env: { A: "1" }, tools: [tool.host("cc")] })`cc ${src} ${out.file("app")}`,
      trees,
    ],
  };
  test.each(Object.entries(others))("differs with %s", async (_, [body, content]) => {
    expect(await keyOf(body, content)).not.toBe(await keyOf(base, trees));
  });

  test("differs with the working directory, even if nothing else does", async () => {
    const there = await keyOf(() => sh({ root: { a: src }, cwd: "a" })`x`, trees);
    expect(await keyOf(() => sh({ root: { a: src } })`x`, trees)).not.toBe(there);
  });

  const same: Readonly<Record<string, Body>> = {
    "a time limit": () => sh({ env: { A: "1" }, timeoutMs: 5 })`cc ${src} ${out.file("app")}`,
    "a stable path": () => sh({ env: { A: "1" }, stablePath: true })`cc ${src} ${out.file("app")}`,
    "an optional output": () =>
      sh({ env: { A: "1" } })`cc ${src} ${out.file("app", { optional: true })}`,
  };
  test.each(Object.entries(same))("does not differ with %s", async (_, body) => {
    expect(await keyOf(body, trees)).toBe(await keyOf(base, trees));
  });

  test("differs with the order of arguments, not with that of the environment or of outputs", async () => {
    const ab = await keyOf(() => sh`x a b`);
    expect(await keyOf(() => sh`x b a`)).not.toBe(ab);
    const env = await keyOf(() => sh({ env: { A: "1", B: "2" } })`x`);
    expect(await keyOf(() => sh({ env: { B: "2", A: "1" } })`x`)).toBe(env);
    const outputs = await keyOf(() => sh({ outputs: { a: out.file("a"), b: out.file("b") } })`x`);
    expect(await keyOf(() => sh({ outputs: { b: out.file("b"), a: out.file("a") } })`x`)).toBe(
      outputs,
    );
  });

  test("differs with the platform, and with the versions of tools", async () => {
    const on = (value: string, version: string): Runner => ({
      ...echoRunner(),
      platform: [{ name: "os", value }],
      identify: () => Promise.resolve(version),
    });
    const linux = await keyOf(base, trees, on("linux", "1"));
    expect(await keyOf(base, trees, on("darwin", "1"))).not.toBe(linux);
    expect(await keyOf(base, trees, on("linux", "2"))).not.toBe(linux);
    expect(await keyOf(base, trees, on("linux", "1"))).toBe(linux);
  });
});

test("tools are asked about once, in the order of their names, whatever order they were declared in", async () => {
  const asked: string[] = [];
  const runner: Runner = {
    ...echoRunner(),
    identify: (each) => {
      asked.push(each.name);
      return Promise.resolve(`${each.name} 1.0`);
    },
  };
  const { signal } = new AbortController();
  const identities = new ToolIdentities(new Placement(runner, new MemoryStore(), signal), signal);
  const [a, b] = [tool.host("a"), tool.host("b")];
  expect(await identities.of([b, a], runner)).toEqual(
    await identities.of([tool.host("a"), b], runner),
  );
  expect(asked.toSorted()).toEqual(["a", "b"]);
  await identities.of([tool.host("a", { version: ["-v"] })], runner);
  expect(asked).toHaveLength(3);
});

describe("an output", () => {
  const trees = { src: { file: "f", dir: { inner: "i" } }, deps: { d: "d" } };
  const at = (path: string): Record<string, ReturnType<typeof out.file>> => ({ o: out.file(path) });

  test.each<[string, Body]>([
    ["beside inputs", () => sh({ root: { ".": src }, outputs: at("new") })`x`],
    ["in a folder of an input", () => sh({ root: { ".": src }, outputs: at("dir/new") })`x`],
    ["over a writable input", () => sh({ root: { ws: writable(src) }, outputs: at("ws/file") })`x`],
    [
      "that is a writable input",
      () => sh({ root: { ws: writable(src) }, outputs: { o: out.tree("ws") } })`x`,
    ],
    [
      "in a writable input in another",
      () => sh({ root: { ".": src, t: writable(source("deps")) }, outputs: at("t/d") })`x`,
    ],
  ])("may be %s", async (_, body) => {
    await expect(composed(body, trees)).resolves.toBeDefined();
  });

  test.each<[string, Body]>([
    ["an input's file", () => sh({ root: { ".": src }, outputs: at("file") })`x`],
    ["an input's folder", () => sh({ root: { ".": src }, outputs: { o: out.tree("dir") } })`x`],
    ["an input", () => sh({ root: { src }, outputs: { o: out.tree("src") } })`x`],
    ["around an input", () => sh({ root: { "t/src": src }, outputs: { o: out.tree("t") } })`x`],
    [
      "around a writable input",
      () => sh({ root: { "t/ws": writable(src) }, outputs: { o: out.tree("t") } })`x`,
    ],
    [
      "in a read-only input in a writable one",
      () => sh({ root: { ".": writable(src), t: source("deps") }, outputs: at("t/d") })`x`,
    ],
  ])("cannot be %s", async (_, body) => {
    await expect(composed(body, trees)).rejects.toMatchObject({ code: "OUTPUT_PATH_TAKEN" });
  });

  test("cannot lie below an input's file", async () => {
    const body: Body = () => sh({ root: { ".": src }, outputs: at("file/below") })`x`;
    await expect(composed(body, trees)).rejects.toMatchObject({ code: "OUTPUT_PATH_TAKEN" });
  });
});
