import { AssertionError } from "node:assert";

import { all, out, seq, sh, source, stage, text, type File, type Tree } from "@ashlar/core";
import { pipelineText, Rig } from "@ashlar/runner-mock";
import {
  assertKey,
  assertRan,
  assertRanBefore,
  assertReused,
  assertSkipped,
} from "@ashlar/runner-mock/assert";
import { matchers } from "@ashlar/runner-mock/vitest";
import { describe, expect, test } from "vitest";

expect.extend(matchers);

const compile = stage("compile", ({ src }: { src: Tree }) => sh`cc ${src}/a.c ${out.file("a.o")}`);
const link = stage("link", ({ object }: { object: File }) => sh`ld ${object} ${out.file("app")}`);
const lint = stage("lint", ({ src }: { src: Tree }) => sh`lint ${src}`);

const src = source("src");
const object = compile({ src });
const app = link({ object });
const linted = lint({ src });

function makeRig(): Rig {
  const files = { "src/a.c": "int a;" };
  return new Rig({ files, onUnmatched: "succeed-empty", onUnused: "ignore" });
}

describe("a report", () => {
  test("knows what has run, was reused, or skipped", async () => {
    await using rig = makeRig();
    rig.mock.fault(compile, "fail", { nth: 2 });
    const cold = await rig.build(app);
    expect(cold).toHaveRun(compile, "link");
    expect(cold).not.toHaveRun("lint");
    expect(cold).not.toHaveReused(compile);
    assertRan(cold, compile);
    const warm = await rig.build(app);
    expect(warm).toHaveReused(compile, link);
    assertReused(warm, "link");
    await rig.edit(src, { "a.c": "int b;" });
    const failed = await rig.tryBuild(app);
    expect(failed).toHaveSkipped(link);
    expect(failed).toHaveRun(compile);
    assertSkipped(failed, link);
  });

  test("says what was instead", async () => {
    await using rig = makeRig();
    const report = await rig.build(app);
    expect(() => expect(report).toHaveRun(compile, lint)).toThrow(
      "`lint` should run; the build says:\n  ran       compile\n  ran       link",
    );
    expect(() => expect(report).not.toHaveRun(compile)).toThrow("`compile` should not run");
    expect(() => assertReused(report, link)).toThrow(AssertionError);
    expect(() => assertSkipped(report, link)).toThrow("`link` should be skipped; the build says");
    expect(() => assertRan(report)).toThrow("which stages?");
  });

  test("knows keys", async () => {
    await using rig = makeRig();
    const report = await rig.build(object);
    const key = "8e2057bbd5c3ccdc2dc96aec5ac5a33f1f2e4bbd1f9e13d1b0ce0bbf8b1a1d27/150";
    expect(report).not.toHaveKey(compile, key);
    expect(report).toHaveKey(compile, report.stages[0]!.key!);
    assertKey(report, "compile", report.stages[0]!.key!);
    expect(() => assertKey(report, compile, key)).toThrow("`compile` has key ");
    expect(() => assertKey(report, link, key)).toThrow("`link` has no call");
  });
});

describe("a mock runner", () => {
  test("knows what was over before something else started", async () => {
    await using rig = makeRig();
    await rig.build(all({ app, linted }));
    expect(rig.mock).toRunBefore(compile, "link");
    expect(rig.mock).not.toRunBefore(link, compile);
    expect(rig.mock).not.toRunBefore(lint, compile);
    expect(rig.mock).not.toRunBefore(compile, lint);
    assertRanBefore(rig.mock, compile, link);
    expect(() => assertRanBefore(rig.mock, lint, compile)).toThrow(
      "`lint` was not over before `compile` started; started were, in this order: ",
    );
    expect(() => assertRanBefore(rig.mock, "test", compile)).toThrow("`test` did not run");
  });
});

test("a pipeline has a text that holds no digest and no absolute path", async () => {
  const pack = stage(
    "pack",
    (it: Tree) =>
      sh({
        root: { ".": it },
        cwd: "sub",
      })`pack ${"two words"} ${out.tree("dist", { optional: true })}`,
  );
  const here = source(new URL("../", import.meta.url));
  const packed = pack(here.dir("src").pick("*.ts", "a b"));
  const check = stage("check", (a: File, b: Tree) => sh`check ${a} ${b.file("x")}`);
  const pipeline = seq({ linted, checked: check(text("x").as("note"), packed), app });
  expect(await pipelineText(pipeline)).toMatchInlineSnapshot(`
    "lint (target)
      runs   lint in/src
      reads  in/src = source:src
    pack
      runs   pack "two words" ../out/dist
      in     sub
      reads  . = source:mock dir src, pick *.ts a b
      makes  out/dist (optional tree)
      after  lint
    check (target)
      runs   check in/note in/x
      reads  in/note = text:note
      reads  in/x = pack dist file x
    compile
      runs   cc in/src/a.c out/a.o
      reads  in/src = source:src
      makes  out/a.o (file)
      after  check
    link (target)
      runs   ld in/a.o out/app
      reads  in/a.o = compile a.o
      makes  out/app (file)"
  `);
});
