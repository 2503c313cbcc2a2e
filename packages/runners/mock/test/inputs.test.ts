import {
  all,
  build,
  fn,
  json,
  MemoryStore,
  merge,
  out,
  seq,
  sh,
  stage,
  text,
  tryBuild,
  type Check,
  type File,
  type Group,
  type StageResult,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { mockRunner, type MockFile, type MockTree } from "@ashlar/runner-mock";
import { describe, expect, expectTypeOf, test } from "vitest";

const compile = stage(
  "compile",
  ({ src, level }: { src: Tree; level: number }) =>
    sh`cc -O${level} ${src}/main.c ${out.file("app")} ${out.tree("maps")}`,
);
const tree = merge({ "main.c": text("int main;"), "lib/a.c": text("a") });

async function run(mock: ReturnType<typeof mockRunner>, targets: Targets) {
  return await build(targets, { runner: mock, store: new MemoryStore() });
}

describe("a script reads what its stage was called with", () => {
  test("by the names of the call, apart from parameters", async () => {
    const mock = mockRunner().on(compile, async ({ inputs, params, out: to, print }) => {
      expectTypeOf(inputs).toEqualTypeOf<{ readonly src: MockTree }>();
      expectTypeOf(params).toEqualTypeOf<{ readonly level: number }>();
      to.app.write(`O${params.level} ${await inputs.src.text("main.c")}`);
      to.maps.write({ "main.map": (await inputs.src.list()).join() });
      to.maps.write({ "a.map": await inputs.src.bytes("lib/a.c") });
      print("compiled\n");
      print("1 warning\n", "stderr");
      // @ts-expect-error -- no such output
      void to.ap;
      // @ts-expect-error -- a file is not made of files
      void (() => to.app.write({}));
      // @ts-expect-error -- a parameter is no input
      void inputs.level;
      // @ts-expect-error -- no such input
      void inputs.source;
    });
    const { app, maps } = compile({ src: tree, level: 2 });
    const report = await run(mock, all({ app, maps }));
    expect(await report.text(app)).toBe("O2 int main;");
    expect(await report.text(maps.file("main.map"))).toBe("lib/a.c,main.c");
    expect(await report.list(maps)).toEqual(["a.map", "main.map"]);
    expect(await report.log(report.stages[0]!)).toBe("compiled\n1 warning\n");
    expect(mock.calls[0]).toMatchObject({ params: { level: 2 }, nth: 1 });
  });

  test("by position when it takes several things", async () => {
    const join = stage(
      "join",
      (a: File, mode: string, b?: Tree) => sh`join ${a} ${mode} ${b ? [b] : []} ${out.file("o")}`,
    );
    const mock = mockRunner().on(join, async ({ inputs: [a, , b], params: [, mode], nth }) => {
      expectTypeOf(a).toEqualTypeOf<MockFile>();
      expectTypeOf(b).toEqualTypeOf<MockTree | undefined>();
      expectTypeOf(mode).toEqualTypeOf<string>();
      return { outputs: { o: `${nth} ${await a.text()} ${mode} ${await b?.text("main.c")}` } };
    });
    const [with2, without] = [join(text("x"), "fast", tree), join(text("x"), "slow")];
    const report = await run(mock, seq({ with2, without }));
    expect(await report.text(with2)).toBe("1 x fast int main;");
    expect(await report.text(without)).toBe("2 x slow undefined");
  });

  test("or the one thing that it takes, a parameter or nothing", async () => {
    const only = stage("only", (src: Tree) => sh`only ${src}`);
    const count = stage("count", (n: number) => sh`count ${n}`);
    const none = stage("none", () => sh`none`);
    const seen: unknown[] = [];
    const mock = mockRunner()
      .on(only, async ({ inputs }) => void seen.push(await inputs.list()))
      .on(count, ({ params }) => {
        expectTypeOf(params).toEqualTypeOf<number>();
        seen.push(params);
      })
      .on(none, ({ inputs, params }) => {
        expectTypeOf(inputs).toEqualTypeOf<undefined>();
        expectTypeOf(params).toEqualTypeOf<undefined>();
      });
    await run(mock, seq({ a: only(tree), b: count(3), c: none() }));
    expect(seen).toEqual([["lib/a.c", "main.c"], 3]);
  });

  test("in lists, records, groups and results of stages", async () => {
    interface Options {
      readonly parts: readonly File[];
      readonly made: StageResult<{ app: "file"; maps: "tree" }>;
      readonly group: Group<{ readonly one: File }> & { readonly one: File };
      readonly checked: Check;
      readonly flags: readonly string[];
      readonly how: { readonly from: Tree; readonly deep: boolean };
    }
    const many = stage(
      "many",
      ({ parts, made, group, flags, how }: Options) =>
        sh`many ${parts} ${made.app} ${group.one} ${flags} ${how.from} ${out.file("seen")}`,
    );
    const check = stage("check", () => sh`check`);
    const mock = mockRunner()
      .on(compile, { outputs: { app: "app", maps: {} } })
      .on(check, {})
      .on(many, async ({ inputs, params }) => {
        expectTypeOf(inputs.parts).toEqualTypeOf<readonly MockFile[]>();
        expectTypeOf(inputs.made.maps).toEqualTypeOf<MockTree>();
        expectTypeOf(params).toEqualTypeOf<{ readonly flags: readonly string[] }>();
        const parts = await Promise.all(inputs.parts.map((part) => part.text()));
        const made = await inputs.made.app.text();
        const [one, from] = [await inputs.group.one.text(), await inputs.how.from.list()];
        return { outputs: { seen: JSON.stringify({ parts, made, one, from, ...params }) } };
      });
    const made = compile({ src: tree, level: 0 });
    const group = all({ one: text("one").as("one") });
    const options = { made, group, checked: check(), how: { from: tree, deep: true } };
    const seen = many({ ...options, parts: [text("p"), text("q").as("q")], flags: ["-v"] });
    const pipeline = seq({ first: check(), seen });
    const report = await run(mock, pipeline);
    expect(JSON.parse(await report.text(pipeline.seen))).toEqual({
      ...{ parts: ["p", "q"], made: "app", one: "one" },
      ...{ from: ["lib/a.c", "main.c"], flags: ["-v"] },
    });
  });

  test("as far as its command is given it, by whatever view", async () => {
    const part = stage(
      "part",
      ({ src }: { src: Tree }) =>
        sh({ root: { "deep/lib": src.dir("lib"), code: merge({ x: src.pick("*.c") }) } })`part`,
    );
    const seen: unknown[] = [];
    const mock = mockRunner().on(part, async ({ inputs: { src } }) => {
      seen.push(await src.list(), await src.text("lib/a.c"));
      await src.text("README");
    });
    const src = merge({ ".": tree, README: text("hello") });
    const report = await tryBuild(part({ src }), { runner: mock, store: new MemoryStore() });
    expect(seen).toEqual([["lib/a.c", "main.c"], "a"]);
    expect(report.errors[0]?.facts["reason"]).toContain(
      "given no file `README` of `merged`; of that it is given: lib/a.c, main.c",
    );
  });

  test("of functions, too", async () => {
    const rank = stage("rank", ({ words, top }: { words: File; top: number }) =>
      fn({
        inputs: { words },
        captures: { top },
        outputs: { ranks: out.file("ranks") },
        run: () => {},
      }),
    );
    const mock = mockRunner().on(rank, async ({ inputs, params, out: to }) => {
      to.ranks.write(`${params.top}: ${await inputs.words.text()}`);
    });
    const ranks = rank({ words: json(["a", "b"]), top: 1 });
    expect(await (await run(mock, ranks)).text(ranks)).toContain('"a"');
  });

  test("and of calls that wait for gates", async () => {
    const mock = mockRunner()
      .on(compile, async ({ inputs, out: to }) => {
        to.app.write(await inputs.src.text("main.c"));
        to.maps.write({});
      })
      .on("check", {});
    const check = stage("check", ({ app }: { app: File }) => sh`${app}`);
    const made = compile({ src: tree, level: 1 }).app;
    const again = compile({ src: merge({ "main.c": made }), level: 1 });
    const pipeline = seq({ checked: check({ app: made }), second: again.app });
    expect(await (await run(mock, pipeline)).text(pipeline.second)).toBe("int main;");
  });
});

test("what is not laid at all is not there", async () => {
  const blind = stage("blind", (given: { file: File }) => sh`blind ${Object.keys(given)}`);
  const mock = mockRunner().on(blind, async ({ inputs }) => void (await inputs.file.text()));
  const report = await tryBuild(blind({ file: text("x") }), {
    runner: mock,
    store: new MemoryStore(),
  });
  expect(report.errors[0]?.facts["reason"]).toContain("`blind` is not given `text`");
});
