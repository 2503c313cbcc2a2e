/**
 * Building: targets and options, as far as they can be told from the outside.
 *
 * @module
 */
import * as fs from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { File, Handle } from "../../src/artifact/handle.ts";
import { source } from "../../src/artifact/source.ts";
import { build, tryBuild, type BuildOptions } from "../../src/build/build.ts";
import { all } from "../../src/graph/group.ts";
import { out } from "../../src/graph/out.ts";
import { sh } from "../../src/graph/sh.ts";
import { stage } from "../../src/graph/stage.ts";
import { MemoryStore } from "../../src/store/memory-store.ts";
import { temporary, writeFolder } from "../store/trees.ts";
import { echoRunner } from "./players.ts";

const make = (name: string): File => stage(name, () => sh`${name} ${out.file("made")}`)();
const check = (name: string): Handle => stage(name, () => sh`${name}`)();
const options = (): BuildOptions & { runner: ReturnType<typeof echoRunner> } => ({
  ...{ runner: echoRunner(), store: new MemoryStore(), cwd: temporary() },
});

describe("targets", () => {
  test("may be any handle, or a list of them", async () => {
    const several = stage("several", () => sh`x ${out.file("p")} ${out.tree("q")}`)();
    const targets: readonly (readonly [Handle | readonly Handle[], string[]])[] = [
      [make("a"), ["a"]],
      [check("b"), ["b"]],
      [several, ["several"]],
      [several.q.dir("sub"), ["several"]],
      [all({ a: make("a"), b: check("b") }), ["a", "b"]],
      [
        [make("a"), check("b"), make("c")],
        ["a", "b", "c"],
      ],
      [[], []],
      [all({}), []],
    ];
    for (const [target, names] of targets) {
      expect((await build(target, options())).ran.toSorted()).toEqual(names);
    }
  });

  test("may be a source, which is then all that is taken", async () => {
    const each = options();
    writeFolder(each.cwd!, { src: { a: "a" } });
    const src = source("src");
    const report = await build(src, each);
    expect(report).toMatchObject({ ok: true, ran: [], stages: [] });
    expect(await report.list(src)).toEqual(["a"]);
    expect(each.runner.names).toEqual([]);
  });

  test.each([undefined, "dist", {}, Promise.resolve(), [make("a"), undefined], () => make("a")])(
    "cannot be %o",
    async (target) => {
      const each = options();
      await expect(tryBuild(target as never, each)).rejects.toMatchObject({ code: "NOT_A_HANDLE" });
      expect(each.runner.names).toEqual([]);
    },
  );
});

describe("options", () => {
  test.each([0, -1, 1.5, Number.NaN, Infinity, "4" as unknown as number])(
    "slots: %o is refused",
    async (slots) => {
      await expect(tryBuild(make("a"), { ...options(), slots })).rejects.toMatchObject({
        code: "INVALID_OPTION",
      });
    },
  );

  test("slots: no more commands than that at once", async () => {
    for (const slots of [1, 3]) {
      const inner = echoRunner();
      let running = 0;
      let most = 0;
      let full = (): void => {};
      const isFull = new Promise<void>((resolve) => (full = resolve));
      const runner = {
        ...inner,
        run: async (...args: Parameters<typeof inner.run>) => {
          most = Math.max(most, ++running);
          if (running === slots) full();
          // Those who come first wait for the others, and then for one too many.
          await isFull;
          await new Promise((resolve) => setImmediate(resolve));
          const execution = await inner.run(...args);
          running--;
          return execution;
        },
      };
      const targets = Array.from({ length: 10 }, (_, n) => make(`m${n}`));
      await build(targets, { ...options(), runner, slots });
      expect(most).toBe(slots);
    }
  });

  test("store: a directory will do", async () => {
    const store = join(temporary(), "store");
    await build(make("a"), { ...options(), store });
    expect(fs.readdirSync(store).toSorted()).toEqual(expect.arrayContaining(["packs", "results"]));
    expect((await build(make("a"), { ...options(), store })).reused).toEqual(["a"]);
  });

  test("store: one that cannot be written to fails the build, and says so", async () => {
    const store = join(temporary(), "store");
    fs.writeFileSync(store, "");
    const report = await tryBuild(make("a"), { ...options(), store });
    expect(report.errors).toMatchObject([{ code: "STORE_UNWRITABLE" }]);
    await expect(build(make("a"), { ...options(), store })).rejects.toMatchObject({
      code: "STORE_UNWRITABLE",
    });
  });

  test("cwd: where relative sources start", async () => {
    const each = options();
    writeFolder(each.cwd!, { src: { a: "a" } });
    expect(await (await build(source("src"), each)).list(source("src"))).toEqual(["a"]);
    await expect(tryBuild(source("nowhere"), each)).rejects.toMatchObject({
      code: "SOURCE_MISSING",
      message: `source \`${join(each.cwd!, "nowhere")}\` does not exist`,
    });
  });
});

test("`build` throws the first failure, `tryBuild` reports it", async () => {
  const fail = stage("fail", () => sh`fail ${out.file("made")}`)();
  await expect(build(fail, options())).rejects.toMatchObject({ code: "STAGE_FAILED" });
  const report = await tryBuild(fail, options());
  expect(report).toMatchObject({ ok: false, outcome: "failed", failed: ["fail"] });
  expect(() => report.throwIfFailed()).toThrow(report.errors[0]);
});

test("an optional output that is missing fails only those that want it", async () => {
  const maybe = stage(
    "maybe",
    () => sh`x ${out.file("sure")} ${out.file("map", { optional: true })}`,
  )();
  const uses = stage("uses", () => sh`y ${maybe.map}`)();
  const without = stage("without", () => sh`z ${maybe.sure}`)();
  const report = await tryBuild(all({ uses, without }), { ...options(), keepGoing: true });
  expect(report).toMatchObject({ ran: ["maybe", "without"], failed: ["uses"] });
  expect(report.errors).toMatchObject([{ code: "ARTIFACT_NOT_BUILT" }]);
});

test("builds at once on one store do not disturb each other", async () => {
  const store = new MemoryStore();
  const cwd = temporary();
  const reports = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      build([make("shared"), make(`own-${n}`)], { runner: echoRunner(), store, cwd }),
    ),
  );
  for (const report of reports) expect(report.ok).toBe(true);
});

test("a build of 5,000 stages in a chain comes to its end", async () => {
  const link = stage("link", (before: readonly File[]) => sh`link ${before} ${out.file("made")}`);
  let end = link([]);
  for (let n = 1; n < 5000; n++) end = link([end]);
  const store = new MemoryStore();
  const report = await build(end, { ...options(), store });
  // All but the first are equal actions: the same command on the same content.
  expect(report.stages).toHaveLength(5000);
  expect((await build(end, { ...options(), store })).reused).toHaveLength(5000);
});
