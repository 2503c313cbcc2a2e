/**
 * Why: the cause of each run, by name, down to where it began.
 *
 * @module
 */
import {
  MemoryStore,
  all,
  attempt,
  build,
  merge,
  out,
  sh,
  source,
  stage,
  text,
  tool,
  volatile,
  type Command,
  type Explanation,
  type File,
  type Handle,
  type Report,
  type Runner,
  type Tree,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import { describe, expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** Builds stages that succeed and leave their outputs empty, with tools of these versions. */
async function buildWith(
  rig: BuildRig,
  target: Handle,
  versions: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const mock = mockRunner({ onUnmatched: "succeed-empty" });
  const runner: Runner = {
    name: mock.name,
    platform: mock.platform,
    hermeticity: mock.hermeticity,
    identify: async ({ name }) => versions[name] ?? "1.0",
    run: async (action, context) => await mock.run(action, context),
    async [Symbol.asyncDispose]() {},
  };
  return await build(target, { runner, store: rig.store, cwd: rig.project });
}

/** The changes of the first call, as the text has them, without the head. */
function changesIn(explanation: Explanation): string {
  const [, ...lines] = String(explanation).split("\n");
  const next = lines.findIndex((line) => line.startsWith("`"));
  const own = next === -1 ? lines : lines.slice(0, next);
  return own.map((line) => line.slice(2)).join("\n");
}

/** Builds a command, then another in its place, and says why the second ran. */
async function whyAfter(
  before: () => Command,
  after: () => Command,
  versions: readonly Readonly<Record<string, string>>[] = [],
): Promise<string> {
  await using rig = await BuildRig.create();
  rig.write({ "src/a.txt": "a", "src/sub/b.txt": "b" });
  await buildWith(rig, stage("made", before)(), versions[0]);
  const second = stage("made", after)();
  const report = await buildWith(rig, second, versions[1]);
  return changesIn(await report.why(second));
}

describe("what a command says", () => {
  const src = source("src");
  const script = (line: string): Command =>
    sh({ root: { src } })`run ${`one\ntwo\n${line}\nfour\nfive\nsix`}`;

  const cases: Readonly<Record<string, [() => Command, () => Command, string]>> = {
    "an argument": [() => sh`cc -O2 a`, () => sh`cc -O3 a`, "argument 1: `-O2` is now `-O3`"],
    "one more argument": [() => sh`cc a`, () => sh`cc -v a`, "argument 1 is new: `-v`"],
    "one argument less": [() => sh`cc -v a`, () => sh`cc a`, "argument 1 is gone: `-v`"],
    "arguments in several places": [
      () => sh`cc a b c`,
      () => sh`cc x a c d`,
      "argument 1 is new: `x`\nargument 2 is gone: `b`\nargument 4 is new: `d`",
    ],
    "a long argument": [
      () => script("three"),
      () => script("3"),
      "argument 1:\n    two\n  - three\n  + 3\n    four",
    ],
    "a variable": [
      () => sh({ env: { LANG: "C" } })`x`,
      () => sh({ env: { LANG: "de" } })`x`,
      "variable `LANG`: `C` is now `de`",
    ],
    "variables that come and go": [
      () => sh({ env: { A: "1" } })`x`,
      () => sh({ env: { B: "1" } })`x`,
      "variable `B` is new: `1`\nvariable `A` is gone: `1`",
    ],
    "the working directory": [
      () => sh({ root: { src } })`x`,
      () => sh({ root: { src }, cwd: "src" })`x`,
      "working directory: `.` is now `src`",
    ],
    "an output": [
      () => sh({ outputs: { a: out.file("a") } })`x`,
      () => sh({ outputs: { a: out.file("a"), b: out.file("b") } })`x`,
      "output b is new",
    ],
    "the kind of `PATH`": [
      () => sh`x`,
      () => sh({ tools: [tool.host("x")] })`x`,
      "`PATH` leads to declared tools only",
    ],
    "whether it may fail": [() => sh`x`, () => attempt(sh`x`), "it may fail now"],
    "a volatile variable": [
      () => sh`x`,
      () => sh({ env: { NOW: volatile("1") } })`x`,
      'volatile "NOW" is new',
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, [before, after, expected]) => {
    expect(await whyAfter(before, after)).toContain(expected);
  });

  test("the version of a tool", async () => {
    const command = (): Command => sh`cc a`;
    const versions = [{ cc: "cc 12.1" }, { cc: "cc 13.0" }];
    expect(await whyAfter(command, command, versions)).toBe(
      "tool `cc`: `cc 12.1` is now `cc 13.0`",
    );
    const digests = ["a", "b"].map((letter) => ({ cc: `${letter.repeat(64)}/12` }));
    expect(await whyAfter(command, command, digests)).toBe("tool `cc` is another program");
  });

  test("no more than a few of many", async () => {
    const words = (prefix: string): string[] =>
      Array.from({ length: 30 }, (_, at) => `${prefix}${at}`);
    const said = await whyAfter(
      () => sh`x ${words("a")}`,
      () => sh`x ${words("b")}`,
    );
    expect(said.split("\n")).toHaveLength(11);
    expect(said).toContain("... and 20 more changes");
  });
});

describe("what a command is given", () => {
  const read = stage("read", ({ src }: { src: Tree }) => sh({ root: { at: src } })`read`);

  const edits: Readonly<Record<string, [(rig: BuildRig) => void, string]>> = {
    "a file that differs": [
      (rig) => rig.write({ "src/a.txt": "one\n2\nthree\n" }),
      "src/a.txt differs\n    one\n  - two\n  + 2\n    three",
    ],
    "a file that is new": [(rig) => rig.write({ "src/sub/new": "" }), "src/sub/new is new"],
    "a file that is gone": [(rig) => rig.remove("src/sub/b.txt"), "src/sub/b.txt is gone"],
    "a directory that is new": [
      (rig) => rig.write({ "src/more/a": "", "src/more/b": "" }),
      "src/more/ is new",
    ],
    "an empty directory that is gone": [(rig) => rig.remove("src/empty"), "src/empty/ is gone"],
    "an exec bit": [(rig) => rig.chmod("src/a.txt", 0o755), "src/a.txt is executable now"],
    "a link": [(rig) => rig.link("src/link", "sub"), "src/link leads to `sub` now, not to `a.txt`"],
    "a link in the place of a file": [
      (rig) => rig.link("src/a.txt", "sub/b.txt"),
      "src/a.txt is a link now, not a file",
    ],
    bytes: [(rig) => rig.write({ "src/bytes": "\0b" }), "src/bytes differs"],
  };
  test.each(Object.entries(edits))("%s", async (_, [edit, expected]) => {
    await using rig = await BuildRig.create();
    rig.write({ "src/a.txt": "one\ntwo\nthree\n", "src/sub/b.txt": "b", "src/empty/": "" });
    rig.write({ "src/bytes": "\0a" });
    rig.link("src/link", "a.txt");
    const target = read({ src: source("src") });
    await buildWith(rig, target);
    edit(rig);
    expect(changesIn(await (await buildWith(rig, target)).why(target))).toBe(expected);
  });

  test("the path is that in the source, through views and merges", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "src/sub/b.txt": "b", "other/c": "c" });
    const target = read({
      src: merge({ x: source("src").dir("sub").pick("*.txt"), y: source("other") }),
    });
    await buildWith(rig, target);
    rig.write({ "src/sub/b.txt": "B", "other/c": "C" });
    const { stages } = await (await buildWith(rig, target)).why(target);
    expect(stages[0]?.changes).toMatchObject([
      { path: "at/x/b.txt", from: { type: "source", location: "src", path: "sub/b.txt" } },
      { path: "at/y/c", from: { type: "source", location: "other", path: "c" } },
    ]);
  });

  test("a text of the script", async () => {
    await using rig = await BuildRig.create();
    const use = stage("use", (config: File) => sh`use ${config}`);
    const at = (level: number): Handle => use(text(`level = ${level}\n`).as("config"));
    await buildWith(rig, at(1));
    const target = at(2);
    expect(changesIn(await (await buildWith(rig, target)).why(target))).toBe(
      "text `config` differs\n  - level = 1\n  + level = 2",
    );
  });

  test("an input that is no longer given", async () => {
    const src = source("src");
    const said = await whyAfter(
      () => sh({ root: { a: src, b: src } })`x`,
      () => sh({ root: { a: src } })`x`,
    );
    expect(said).toBe("input b/ is gone");
  });

  test("what an earlier file held is not told when it is gone", async () => {
    const store = new MemoryStore();
    await using rig = await BuildRig.create(store);
    rig.write({ "src/b": "1" });
    const target = read({ src: source("src") });
    const first = await buildWith(rig, target);
    const file = await first.digest(source("src").file("b"));
    rig.write({ "src/b": "2" });
    const report = await buildWith(rig, target);
    store.evict(file);
    expect(changesIn(await report.why(target))).toBe("src/b differs");
  });
});

describe("a chain", () => {
  /** src ──▶ compile ──▶ main.o ──▶ link ──▶ app ──▶ pack ──▶ app.zip, all built once. */
  async function chain() {
    const rig = await BuildRig.create();
    rig.write({ "src/main.c": "int main() {\n  return 0;\n}\n" });
    const [object, compile] = rig.stage("compile", { src: source("src") }, "main.o");
    const [app, link] = rig.stage("link", { "main.o": object }, "app");
    const [zip, pack] = rig.stage("pack", { app }, "app.zip");
    compile.always({ "main.o": "0" });
    link.always({ app: "0" });
    pack.always({ "app.zip": "0" });
    await rig.build(zip);
    return { rig, object, app, zip, compile, link, pack };
  }

  test("leads to the source file in which it began", async () => {
    const { rig, zip, compile, link } = await chain();
    await using _ = rig;
    rig.write({ "src/main.c": "int main() {\n  return 1;\n}\n" });
    compile.always({ "main.o": "1" });
    link.always({ app: "1" });
    const coming = await rig.plan(zip);
    const report = await rig.build(zip);

    const told = await report.why(zip);
    expect(String(told)).toMatchInlineSnapshot(`
      "\`pack\` ran:
        \`app\` of \`link\` differs
      \`link\` ran:
        \`main.o\` of \`compile\` differs
      \`compile\` ran:
        src/main.c differs
            int main() {
          -   return 0;
          +   return 1;
            }"
    `);
    expect(String(await coming.why(zip))).toMatchInlineSnapshot(`
      "\`pack\` runs unless \`link\` comes out unchanged
      \`link\` runs unless \`compile\` comes out unchanged
      \`compile\` would run:
        src/main.c differs
            int main() {
          -   return 0;
          +   return 1;
            }"
    `);
    // Plain data.
    expect(JSON.parse(JSON.stringify(told))).toEqual({ stages: told.stages });
  });

  test("begins at a failure, with what has changed since the last success", async () => {
    const { rig, zip, app, compile } = await chain();
    await using _ = rig;
    rig.write({ "src/main.c": "int main() {\n  retrun 1;\n}\n" });
    compile.always(undefined);
    const building = rig.tryBuild(zip);
    (await compile.next()).fail(1, "error: retrun");
    const report = await building;
    expect(String(await report.why(app))).toMatchInlineSnapshot(`
      "\`link\` was skipped:
        \`compile\`, which must come before, did not succeed
      \`compile\` failed:
        stage \`compile\` exited with 1
        since its last success:
          src/main.c differs
              int main() {
            -   return 0;
            +   retrun 1;
              }"
    `);

    // The next run is compared with the last success, too.
    rig.write({ "src/main.c": "int main() {\n  return 2;\n}\n" });
    compile.always({ "main.o": "0" });
    const again = await rig.build(zip);
    expect(changesIn(await again.why(zip))).not.toContain("retrun");
    expect(again).toMatchObject({ ran: ["compile"], reused: ["link", "pack"] });
  });

  test("ends at a stage that gives other bytes for the same", async () => {
    const store = new MemoryStore();
    await using rig = await BuildRig.create(store);
    const [made, make] = rig.stage("make", {}, "made");
    const [used, use] = rig.stage("use", { made }, "used");
    make.always({ made: "1" });
    use.always({ used: "1" });
    const both = all({ made, used });
    const first = await rig.build(both);
    store.evict(await first.digest(made));
    make.always({ made: "2" });
    const report = await rig.build(both);
    expect(String(await report.why(used))).toMatchInlineSnapshot(`
      "\`use\` ran:
        \`made\` of \`make\` differs
      \`make\` ran: nothing has changed, but it has given something else than before"
    `);
    expect(String(await report.why(made))).toMatchInlineSnapshot(
      `"\`make\` ran again: nothing has changed, but its earlier result was lost"`,
    );
  });

  test("goes through a result that is reused from another run", async () => {
    const { rig, zip, compile, link } = await chain();
    await using _ = rig;
    rig.write({ "src/main.c": "other" });
    compile.always({ "main.o": "1" });
    link.always({ app: "1" });
    await rig.build(zip);
    rig.write({ "src/main.c": "int main() {\n  return 0;\n}\n" });
    const back = await rig.build(zip);
    expect(back).toMatchObject({ ran: [], reused: ["compile", "link", "pack"] });
    const [{ madeBy, changes } = { madeBy: undefined, changes: [] }] = (await back.why(zip)).stages;
    expect(madeBy?.ranBy).toBe("mock/mock");
    expect(changes).toMatchObject([{ type: "input", from: { stage: "link", output: "app" } }]);
  });

  test("is not confused by a stage that is put in the middle, or by others of its name", async () => {
    await using rig = await BuildRig.create();
    const cc = stage("cc", ({ from, flag }: { from: File; flag: string }) => {
      return sh`cc ${flag} ${from} ${out.file("o")}`;
    });
    const of = (name: string, flag = "-O"): Handle =>
      cc({ from: text(name).as(`${name}.c`), flag }).o;
    await buildWith(rig, all({ a: of("a"), b: of("b"), c: of("c") }));
    const [a, x, b, c] = [of("a"), of("x"), of("b", "-g"), of("c")];
    const report = await buildWith(rig, all({ a, x, b, c }));
    expect(report.ran).toEqual(["cc", "cc"]);
    expect(String(await report.why(all({ x, b })))).toMatchInlineSnapshot(`
      "\`cc#2\` ran: nothing is known of an earlier run
      \`cc#3\` ran:
        argument 1: \`-O\` is now \`-g\`"
    `);
  });
});

test("a long chain is told from both ends", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "1" });
  let [last, play] = rig.stage("step 0", { src: source("src") }, "o");
  const tools = [play];
  for (let at = 1; at < 40; at++) {
    [last, play] = rig.stage(`step ${at}`, { before: last }, "o");
    tools.push(play);
  }
  for (const each of tools) each.always({ o: "1" });
  await rig.build(last);
  rig.write({ "src/a": "2" });
  for (const each of tools) each.always({ o: "2" });
  const told = await (await rig.build(last)).why(last);
  expect(told.stages).toHaveLength(40);
  const lines = String(told).split("\n");
  expect(lines[0]).toBe("`step 39` ran:");
  expect(lines.slice(20)).toEqual([
    "... and 29 more stages",
    "`step 0` ran:",
    "  src/a differs",
    "    - 1",
    "    + 2",
  ]);
});

describe("plainly said", () => {
  const once = (): Handle => stage("once", () => sh`once`)();

  test("nothing is known of an earlier run", async () => {
    await using rig = await BuildRig.create();
    const target = once();
    expect(String(await (await buildWith(rig, target)).why(target))).toBe(
      "`once` ran: nothing is known of an earlier run",
    );
  });

  test("when, by whom and under which key a result was made", async () => {
    await using rig = await BuildRig.create();
    const target = once();
    const first = await buildWith(rig, target);
    const second = await buildWith(rig, target);
    const told = await second.why(target);
    expect(told.stages).toMatchObject([
      { status: "reused", madeBy: { key: first.stages[0]!.key, ranBy: "mock/mock" } },
    ]);
    expect(String(told)).toMatch(
      /^`once` was reused:\n {2}made \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by mock\/mock\n {2}key [0-9a-f]{12}$/,
    );
  });

  test("a source is made by nothing", async () => {
    await using rig = await BuildRig.create();
    rig.write({ "src/a": "" });
    const report = await buildWith(rig, source("src"));
    expect(String(await report.why(source("src")))).toBe(
      "nothing makes it: it is a source, or a text of the script",
    );
  });

  test("what no part of the build is is refused", async () => {
    await using rig = await BuildRig.create();
    const report = await buildWith(rig, once());
    await expect(report.why(once())).rejects.toMatchObject({ code: "ARTIFACT_NOT_BUILT" });
    await expect(report.why("once" as never)).rejects.toMatchObject({ code: "NOT_A_HANDLE" });
  });

  test("side effects happen in every build", async () => {
    await using rig = await BuildRig.create();
    const target = stage("deploy", () => sh({ sideEffects: true })`deploy`)();
    await buildWith(rig, target);
    expect(String(await (await buildWith(rig, target)).why(target))).toBe(
      "`deploy` ran: it has side effects, and runs in every build",
    );
  });
});
