/**
 * Functions as stages, on the local runner: what they are given, what keys them, what is refused.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import {
  build,
  fn,
  json,
  MemoryStore,
  out,
  secret,
  source,
  stage,
  text,
  tryBuild,
  type BuildOptions,
  type Command,
  type File,
  type FnCall,
  type Report,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { afterAll, describe, expect, expectTypeOf, test } from "vitest";

const runner = localRunner();
afterAll(async () => await runner[Symbol.asyncDispose]());

async function run(targets: Targets, options: Partial<BuildOptions> = {}): Promise<Report> {
  return await tryBuild(targets, { runner, store: new MemoryStore(), ...options });
}

async function keyOf(command: Command): Promise<string | undefined> {
  const target = stage("probe", () => command)();
  const mock = mockRunner({ onUnmatched: "succeed-empty" });
  return (await build(target, { runner: mock, store: new MemoryStore() })).stages[0]?.key;
}

async function errorOf(
  command: Command,
): Promise<{ code: string; message: string; hint?: string }> {
  const [error] = (await run(stage("probe", () => command)())).errors;
  return error as never;
}

/** What esbuild calls when names are to be kept. */
// oxlint-disable-next-line no-underscore-dangle -- the name is not ours
declare const __name: <T>(made: T, name: string) => T;

const shout = stage("shout", ({ src }: { src: File }) =>
  fn({
    inputs: { src },
    captures: { mark: "!" },
    outputs: { loud: out.file("loud.txt"), parts: out.tree("deep/parts") },
    run: async ({ inputs, captures, out: to }) => {
      const { mkdir, readFile, writeFile } = await import("node:fs/promises");
      const words = await readFile(inputs.src, "utf8");
      process.stdout.write(`read ${inputs.src}\n`);
      await writeFile(to.loud, words.toUpperCase() + captures.mark);
      await mkdir(to.parts);
      for (const [at, word] of words.split(" ").entries()) {
        await writeFile(`${to.parts}/${at}`, word);
      }
    },
  }),
);

describe("a function in its own Node", () => {
  test("reads its inputs, writes its outputs, and prints its log", async () => {
    const store = new MemoryStore();
    const made = shout({ src: text("hello there").as("words.txt") });
    const first = await build(made, { runner, store });
    expect(await first.text(made.loud)).toBe("HELLO THERE!");
    expect(await first.text(made.parts.file("1"))).toBe("there");
    expect(await first.log(first.stages[0]!)).toBe("read in/words.txt\n");
    expect(first.stages[0]?.ranBy).toMatch(/^local\/(declared|sandbox)$/);

    const second = await build(shout({ src: text("hello there").as("words.txt") }), {
      runner,
      store,
    });
    expect(second.ran).toEqual([]);
  });

  test("without outputs is a check", async () => {
    const check = stage("check", ({ app }: { app: File }) =>
      fn({
        inputs: { app },
        run: async ({ inputs }) => {
          const { readFileSync: read } = await import("node:fs");
          if (read(inputs.app, "utf8") !== "fine") throw new Error("it is not fine");
        },
      }),
    );
    expect((await run(check({ app: text("fine") }))).outcome).toBe("succeeded");
    expect((await run(check({ app: text("bad") }))).errors[0]).toMatchObject({
      code: "STAGE_FAILED",
      facts: { log: expect.stringContaining("Error: it is not fine\n    at run (run:3:") },
    });
  });

  test("sees no variable of the process, and finds no other program", async () => {
    process.env["ASHLAR_FN_TEST"] = "seen";
    const probe = stage("probe", () =>
      fn({
        env: { OWN: "own" },
        outputs: { saw: out.file("saw") },
        run: async ({ out: to }) => {
          const { writeFileSync } = await import("node:fs");
          const { spawnSync } = await import("node:child_process");
          const { error } = spawnSync("sh", ["-c", "true"]);
          writeFileSync(
            to.saw,
            `${process.env["OWN"]} ${process.env["ASHLAR_FN_TEST"]} ${error?.name}`,
          );
        },
      }),
    );
    const saw = probe();
    const report = await run(saw);
    delete process.env["ASHLAR_FN_TEST"];
    expect(await report.text(saw)).toBe("own undefined Error");
  });

  test("runs on the Node that builds, whatever there is on `PATH`", async () => {
    await using bare = localRunner({ searchPath: "/nowhere" });
    const which = stage("which", () =>
      fn({
        outputs: { node: out.file("node") },
        run: async ({ out: to }) => {
          const { writeFileSync } = await import("node:fs");
          writeFileSync(to.node, process.version);
        },
      }),
    );
    const node = which();
    const report = await run(node, { runner: bare });
    expect(await report.text(node)).toBe(process.version);
  });

  test("is given secrets by the environment", async () => {
    const probe = stage("probe", () =>
      fn({
        env: { TOKEN: secret("TOKEN", { from: () => "a long secret" }) },
        outputs: { length: out.file("length") },
        run: async ({ out: to }) => {
          const { writeFileSync } = await import("node:fs");
          writeFileSync(to.length, String(process.env["TOKEN"]?.length));
        },
      }),
    );
    const length = probe();
    expect(await (await run(length)).text(length)).toBe("13");
  });

  test("knows paths from the directory where it starts, lists of inputs, and what is laid by hand", async () => {
    const list = stage("list", ({ src, more }: { src: Tree; more: File }) =>
      fn({
        root: { ws: src },
        cwd: "ws",
        inputs: { src, all: [more, more.as("twin")] },
        outputs: { list: out.file("ws/list.json") },
        run: async ({ inputs, out: to }) => {
          const { readdirSync, writeFileSync } = await import("node:fs");
          writeFileSync(to.list, JSON.stringify([inputs, to, readdirSync(inputs.src)]));
        },
      }),
    );
    const src = source(new URL("rig", import.meta.url)).pick("tool.ts");
    const made = list({ src, more: json([1]).as("more.json") });
    const report = await run(made);
    expect(JSON.parse(await report.text(made))).toEqual([
      { all: ["../in/more.json", "../in/more.json"], src: "." },
      { list: "list.json" },
      ["tool.ts"],
    ]);
  });

  test("a method, and an ordinary function, run as arrows do", async () => {
    const write = (name: string, command: Command<{ a: "file" }>): Promise<string> => {
      const made = stage(name, () => command)();
      return run(made).then((report) => report.text(made));
    };
    const outputs = { a: out.file("a") };
    const method = fn({
      outputs,
      async run({ out: to }) {
        (await import("node:fs")).writeFileSync(to.a, "method");
      },
    });
    const ordinary = fn({
      outputs,
      run: async function named({ out: to }) {
        (await import("node:fs")).writeFileSync(to.a, named.name);
      },
    });
    expect(await write("method", method)).toBe("method");
    expect(await write("ordinary", ordinary)).toBe("named");
  });

  test("a promise that nothing will settle fails the stage", async () => {
    const never = fn({ run: () => new Promise(() => {}) });
    expect(await errorOf(never)).toMatchObject({
      code: "STAGE_FAILED",
      facts: { log: expect.stringContaining("never came to its end") },
    });
  });

  test("what compilers put into functions is there", async () => {
    const kept = fn({
      run: () => {
        const one = __name((): number => 1, "one");
        if (one() !== 1) throw new Error("it is not one");
      },
    });
    expect((await run(stage("kept", () => kept)())).outcome).toBe("succeeded");
  });
});

describe("the key of a function", () => {
  const given = (captures: { readonly [name: string]: number }): Command =>
    fn({ captures, run: ({ captures: seen }) => seen });

  test("follows its text and its captures", async () => {
    expect(await keyOf(given({ a: 1, b: 2 }))).toBe(await keyOf(given({ b: 2, a: 1 })));
    expect(await keyOf(given({ a: 1 }))).not.toBe(await keyOf(given({ a: 2 })));
    expect(await keyOf(fn({ run: () => 1 }))).toBe(await keyOf(fn({ run: () => 1 })));
    expect(await keyOf(fn({ run: () => 1 }))).not.toBe(await keyOf(fn({ run: () => 2 })));
  });

  test("is pinned: changing it is a conscious act", async () => {
    expect(await keyOf(fn({ captures: { level: 3 }, run: () => 1 }))).toBe(
      "71232deafe4e52885acb671d14f5c94c199afef592d3eb097bc9087f9419575c/182",
    );
  });

  test("does not follow a limit, or the names of the stage", async () => {
    expect(await keyOf(fn({ timeoutMs: 5, run: () => 1 }))).toBe(await keyOf(fn({ run: () => 1 })));
  });

  test("holds the version of Node", async () => {
    const tools: unknown[] = [];
    const asked = {
      ...({ name: "local", hermeticity: "declared", platform: [] } as const),
      run: runner.run.bind(runner),
      identify: async (...[tool, signal]: Parameters<NonNullable<typeof runner.identify>>) => {
        const answer = await runner.identify!(tool, signal);
        tools.push([tool.name, answer]);
        return answer;
      },
      async [Symbol.asyncDispose]() {},
    };
    await run(stage("one", () => fn({ run: () => 1 }))(), { runner: asked });
    expect(tools).toEqual([["node", process.version]]);
  });
});

describe("what a function leans on", () => {
  const flags = { level: 3 };

  test("an undeclared capture is an error that names it, before anything runs", async () => {
    const error = await errorOf(fn({ run: () => (flags.level === 4 ? flags : 1) }));
    expect(error).toMatchObject({
      code: "FN_CAPTURE",
      message: "the function of stage `probe` uses `flags`, which it does not declare",
      hint: expect.stringContaining("captures: { flags }"),
    });
  });

  test("so is an import of the file, a `this`, and an `import.meta`", async () => {
    expect(await errorOf(fn({ run: () => readFileSync("x") }))).toMatchObject({
      code: "FN_CAPTURE",
      hint: expect.stringContaining("import"),
    });
    expect(await errorOf(fn({ run: () => import.meta.url }))).toMatchObject({ code: "FN_CAPTURE" });
    const lexical = function (this: unknown): Command {
      return fn({ run: () => this });
    };
    expect(await errorOf(lexical.call({}))).toMatchObject({
      code: "FN_CAPTURE",
      message: expect.stringContaining("`this`"),
    });
  });

  test("modules other than Node's are not there", async () => {
    // @ts-expect-error there is no such package
    expect(await errorOf(fn({ run: async () => await import("no-package") }))).toMatchObject({
      code: "FN_IMPORT",
      message: expect.stringContaining("`no-package`"),
    });
  });

  test("what no text can say is refused when it is described", () => {
    const refused = (bad: unknown): unknown => {
      try {
        return fn({ run: bad as never });
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(refused(undefined)).toBe("FN_FUNCTION");
    expect(refused(Math.max)).toBe("FN_FUNCTION");
    expect(refused(shout.bind({}))).toBe("FN_FUNCTION");
    expect(refused(MemoryStore)).toBe("FN_FUNCTION");
    expect(refused(function* () {})).toBe("FN_FUNCTION");
    expect(() => fn({ captures: { at: new Date() as never }, run: () => 1 })).toThrow(
      "captures.at is a Date",
    );
    expect(() => fn({ inputs: { src: "src" as never }, run: () => 1 })).toThrow("input `src`");
    expect(() => fn(undefined as never)).toThrow("`fn`");
  });
});

test("types: outputs, inputs and captures are known to the function", () => {
  const src = text("a");
  fn({
    inputs: { src, all: [src] },
    captures: { level: 3 },
    outputs: { app: out.file("app") },
    run: (call) => {
      expectTypeOf(call.inputs.src).toEqualTypeOf<string>();
      expectTypeOf(call.inputs.all).toEqualTypeOf<readonly string[]>();
      expectTypeOf(call.captures.level).toEqualTypeOf<3>();
      expectTypeOf(call.out.app).toEqualTypeOf<string>();
      // @ts-expect-error there is no such output
      expect(call.out.map).toBe(undefined);
    },
  });
  expectTypeOf(shout({ src }).loud).toEqualTypeOf<File>();
  expectTypeOf(shout({ src }).parts).toEqualTypeOf<Tree>();
  expectTypeOf<FnCall<{ a: File }, {}, {}>["inputs"]["a"]>().toEqualTypeOf<string>();
});
