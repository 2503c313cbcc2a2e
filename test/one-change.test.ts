/**
 * One change at a time: what is in the key runs the command again, what is not does not, and the notes of
 * the build before say the same as the key does. Drift between the two would serve stale results.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

import {
  attempt,
  cache,
  DiskStore,
  exec,
  fn,
  merge,
  out,
  secret,
  sh,
  stage,
  text,
  tool,
  tryBuild,
  volatile,
  writable,
  type Command,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

const token = (name: string, value: string) => secret(name, { from: () => value });
const file = text("a");
const program = text("a", { executable: true });
const parts = [merge({ p: text("1") }), merge({ p: text("2") })] as const;

/** A command before and after the change. */
type Change = readonly [what: string, before: () => Command, after: () => Command];

const inKey: readonly Change[] = [
  ["an argument", () => sh`run ${1}`, () => sh`run ${2}`],
  ["two words for one", () => exec(["run", "a b"]), () => exec(["run", "a", "b"])],
  ["a value", () => sh({ env: { A: 1 } })`run`, () => sh({ env: { A: 2 } })`run`],
  ["a name", () => sh({ env: { A: 1 } })`run`, () => sh({ env: { B: 1 } })`run`],
  [
    "the name of a volatile variable",
    () => sh({ env: { A: volatile(1) } })`run`,
    () => sh({ env: { B: volatile(1) } })`run`,
  ],
  [
    "a variable that is volatile",
    () => sh({ env: { A: 1 } })`run`,
    () => sh({ env: { A: volatile(1) } })`run`,
  ],
  [
    "the name of a secret",
    () => sh({ env: { A: token("S", "long-value") } })`run`,
    () => sh({ env: { A: token("T", "long-value") } })`run`,
  ],
  [
    "a text that looks like a secret",
    () => sh({ env: { A: token("S", "long-value") } })`run`,
    () => sh({ env: { A: "<secret S>" } })`run`,
  ],
  [
    "the place of a secret",
    () => sh`run ${token("S", "long-value")} ${"<secret S>"}`,
    () => sh`run ${"<secret S>"} ${token("S", "long-value")}`,
  ],
  [
    "the name of a cache",
    () => sh({ root: { c: cache("a") } })`run`,
    () => sh({ root: { c: cache("b") } })`run`,
  ],
  [
    "the place of a cache",
    () => sh({ root: { c: cache("a") } })`run`,
    () => sh({ root: { d: cache("a") } })`run`,
  ],
  ["that it is an attempt", () => sh`run`, () => attempt(sh`run`)],
  ["that it has side effects", () => sh`run`, () => sh({ sideEffects: true })`run`],
  [
    "the working directory",
    () => sh({ root: { "c/f": file, "d/f": file }, cwd: "c" })`run`,
    () => sh({ root: { "c/f": file, "d/f": file }, cwd: "d" })`run`,
  ],
  [
    "the content of an input",
    () => sh({ root: { f: text("a") } })`run`,
    () => sh({ root: { f: text("b") } })`run`,
  ],
  [
    "the exec bit of an input",
    () => sh({ root: { f: text("a") } })`run`,
    () => sh({ root: { f: text("a", { executable: true }) } })`run`,
  ],
  [
    "the place of an input",
    () => sh({ root: { f: file } })`run`,
    () => sh({ root: { g: file } })`run`,
  ],
  [
    "which part of a merge stays",
    () => sh({ root: { m: merge([parts[0], parts[1]], { onConflict: "last" }) } })`run`,
    () => sh({ root: { m: merge([parts[1], parts[0]], { onConflict: "last" }) } })`run`,
  ],
  [
    "the path of an output",
    () => sh({ outputs: { o: out.file("a") } })`run`,
    () => sh({ outputs: { o: out.file("b") } })`run`,
  ],
  [
    "whether the system's programs are there",
    () => sh({ tools: [tool.from(program, { name: "run" })] })`run`,
    () => sh({ root: { "in/text": program } })`run`,
  ],
  [
    "the name of a tool",
    () => sh({ tools: [tool.from(program, { name: "run" })] })`go`,
    () => sh({ tools: [tool.from(program, { name: "go" })] })`go`,
  ],
  ["the text of a function", () => fn({ run: () => 1 }), () => fn({ run: () => 2 })],
  [
    "a capture",
    () => fn({ captures: { n: 1 }, run: () => 1 }),
    () => fn({ captures: { n: 2 }, run: () => 1 }),
  ],
  [
    "the version of a closure",
    () => fn.opaque("o", { version: "1", run: () => {} }),
    () => fn.opaque("o", { version: "2", run: () => {} }),
  ],
];

const inNoKey: readonly Change[] = [
  [
    "the value of a volatile variable",
    () => sh({ env: { A: volatile(1) } })`run`,
    () => sh({ env: { A: volatile(2) } })`run`,
  ],
  [
    "the value of a secret",
    () => sh({ env: { A: token("S", "long-value") } })`run`,
    () => sh({ env: { A: token("S", "other-value") } })`run`,
  ],
  ["a limit", () => sh`run`, () => sh({ timeoutMs: 1000 })`run`],
  ["retries", () => sh`run`, () => sh({ retries: 3 })`run`],
  ["resources", () => sh`run`, () => sh({ resources: { cpu: 0 } })`run`],
  ["a stable path", () => sh`run`, () => sh({ stablePath: true })`run`],
  [
    "that an input may be changed",
    () => sh({ root: { f: file } })`run`,
    () => sh({ root: { f: writable(file) } })`run`,
  ],
  [
    "the name of an output",
    () => sh({ outputs: { a: out.file("o") } })`run`,
    () => sh({ outputs: { b: out.file("o") } })`run`,
  ],
  [
    "an optional output",
    () => sh({ outputs: { o: out.file("o") } })`run`,
    () => sh({ outputs: { o: out.file("o", { optional: true }) } })`run`,
  ],
  [
    "the code of a closure with a version",
    () => fn.opaque("o", { version: "1", run: () => 1 }),
    () => fn.opaque("o", { version: "1", run: () => 2 }),
  ],
  ["how it is written", () => sh`run  a`, () => exec(["run", "a"])],
];

test.each(inKey)("%s runs it again", async (_, before, after) => {
  expect(await runsAfter(before, after)).toEqual({ noted: 1, plain: 1 });
});

test.each(inNoKey)("%s does not run it again", async (_, before, after) => {
  expect(await runsAfter(before, after)).toEqual({ noted: 0, plain: 0 });
});

/** How many commands run after the change, with the notes of the build before and without. */
async function runsAfter(
  before: () => Command,
  after: () => Command,
): Promise<{ readonly noted: number; readonly plain: number }> {
  await using rig = await BuildRig.create();
  const folder = mkdtempSync(join(rig.folder, "stores-"));
  const countFor = async (name: string, hasNotes: boolean): Promise<number> => {
    const directory = join(folder, name);
    const make = async (command: () => Command): Promise<number> => {
      const runner = mockRunner({ onUnmatched: "succeed-empty" });
      const store = new DiskStore(directory);
      const report = await tryBuild(stage("run", command)(), { runner, store, cwd: rig.project });
      expect(report.errors).toEqual([]);
      return runner.calls.length;
    };
    expect(await make(before)).toBe(1);
    expect(await make(before), "again").toBe(0);
    if (!hasNotes) rmSync(join(directory, "notes"), { recursive: true });
    return await make(after);
  };
  return { noted: await countFor("noted", true), plain: await countFor("plain", false) };
}
