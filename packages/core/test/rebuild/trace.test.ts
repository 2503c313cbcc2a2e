/**
 * The trace never says otherwise than keys do.
 *
 * @module
 */
import { join } from "node:path";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Artifact, Handle } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { text } from "../../src/artifact/text.ts";
import { build } from "../../src/build/build.ts";
import { writable } from "../../src/graph/command.ts";
import { out, type Out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { DiskStore } from "../../src/store/disk-store.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import type { Store } from "../../src/store/store.ts";
import { echoRunner } from "../build/players.ts";
import { temporary, writeFolder } from "../store/trees.ts";

/** Words that run into each other if they are joined carelessly. */
const word = fc.constantFrom("a", "b", "ab", "a=b", "=", "e", "o", "m", "?", "!", "1", "-", "a\0b");
const name = fc.constantFrom("a", "b", "ab", "e", "o", "x");

const artifact: fc.Arbitrary<Artifact> = fc.oneof(
  fc.constantFrom<Artifact[]>(
    source("src"),
    source("other"),
    source("src", { include: ["a"] }),
    source("src").dir("sub"),
    source("src").pick("a", "b"),
    source("src").pick("a*"),
    source("src").without("a", "b"),
    source("src").file("a"),
    source.file("src/a"),
  ),
  fc.tuple(word, fc.boolean()).map(([content, executable]) => text(content, { executable })),
);

const command = fc.record({
  argv: fc.array(word, { maxLength: 3 }),
  env: fc.dictionary(fc.constantFrom("A", "A=B", "B"), fc.constantFrom("", "c", "B=c"), {
    maxKeys: 2,
  }),
  outputs: fc.dictionary(
    name,
    fc.tuple(fc.constantFrom("p", "q", "r", "p/q"), fc.boolean(), fc.boolean()),
    { maxKeys: 2 },
  ),
  root: fc.dictionary(name, fc.tuple(artifact, fc.boolean()), { maxKeys: 2 }),
  cwd: fc.constantFrom("", "a", "b"),
  stablePath: fc.boolean(),
});

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** Two commands that differ in little, or not at all. */
const pair = fc
  .tuple(
    command,
    command,
    fc.subarray(["argv", "env", "outputs", "root", "cwd", "stablePath"] as const),
  )
  .map(([one, two, parts]): [Command, Command] => {
    const changes = Object.fromEntries(parts.slice(0, 2).map((part) => [part, two[part]]));
    return [one, { ...one, ...changes }];
  });

/** The call of a stage; all of them have one name, so that they share their memories. */
function call({ argv, env, outputs, root, cwd, stablePath }: Command): Handle {
  const declared: Record<string, Out> = {};
  for (const [each, [path, isTree, optional]] of Object.entries(outputs)) {
    declared[each] = isTree ? out.tree(`out/${path}`, { optional }) : out.file(path, { optional });
  }
  const laid = Object.entries(root).map(([path, [each, isWritable]]) => {
    return [path, isWritable ? writable(each) : each] as const;
  });
  const options = { env, cwd, stablePath, outputs: declared, root: Object.fromEntries(laid) };
  return stage("stage", () => sh(options)`run ${argv}`)();
}

test("after any build, another has the keys of one that knows nothing", async () => {
  const cwd = temporary();
  writeFolder(cwd, { src: { a: "a", ab: "ab", sub: { b: "b" } }, other: { a: "a" } });
  let count = 0;
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(pair, async ([one, two]) => {
      const store = new DiskStore(join(cwd, `store-${count++}`));
      const settle = async (parts: Command, where: Store): Promise<unknown> => {
        try {
          const report = await build(call(parts), { runner: echoRunner(), store: where, cwd });
          return report.stages.map(({ key, outcome }) => [key, outcome]);
        } catch (error) {
          return (error as { code?: unknown }).code;
        }
      };
      // Of these two stores, one keeps no notes of builds: there, keys alone decide.
      const { content, actions } = new MemoryStore();
      await settle(one, store);
      await settle(one, { content, actions });
      const expected = await settle(two, { content, actions });
      expect(await settle(two, store)).toEqual(expected);
      if (Array.isArray(expected)) outcomes.add((expected as [[string, string]])[0][1]);
    }),
    { numRuns: 200 },
  );
  expect([...outcomes].toSorted()).toEqual(["ran", "reused"]);
});

test("what differs in order alone, or in names, is traced or found by its key", async () => {
  const cwd = temporary();
  writeFolder(cwd, { src: { a: "a" } });
  const store = new DiskStore(join(cwd, "store"));
  const made = (label: string): Handle =>
    stage(label, () => sh`make ${source("src")} ${out.file("made")}`)();
  const options = { runner: echoRunner(), store, cwd };
  expect((await build(made("one"), options)).ran).toEqual(["one"]);
  expect((await build(made("one"), options)).reused).toEqual(["one"]);
  expect((await build(made("two"), options)).reused).toEqual(["two"]);
});
