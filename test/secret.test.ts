/** Secrets: a command gets the value, and nothing else ever holds it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import {
  all,
  BuildError,
  buildEvents,
  DiskStore,
  exec,
  fn,
  MemoryStore,
  out,
  planGraph,
  renderError,
  secret,
  sh,
  stage,
  text,
  toJson,
  tryBuild,
  type Action,
  type BuildEvent,
  type Command,
  type Handle,
  type Report,
  type RunContext,
  type Runner,
  type Secret,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner, type MockCall } from "@ashlar/runner-mock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { unableRunner } from "./rig/unable-runner.ts";

const value = 's3cret "with" quotes\nand a second line/+';
const token = (): Secret => secret("TOKEN", { from: () => value });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ashlar-secret-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  delete process.env["ASHLAR_TEST_TOKEN"];
});

/** A build on this machine, with all that can be seen of it. */
async function run(
  target: Handle,
  runner: Runner = localRunner(),
): Promise<{ report: Report; seen: string }> {
  await using _ = runner;
  const store = new DiskStore(join(folder, "store"));
  const building = buildEvents(target, { runner, store, cwd: folder });
  const events: BuildEvent[] = [];
  for await (const event of building.events) events.push(event);
  const report = await building.report;
  const errors = report.errors.map(
    (error) => renderError(error) + inspect(error, { depth: 9, showHidden: true }),
  );
  const logs = await Promise.all(report.stages.map(async (each) => await report.log(each)));
  return { report, seen: [JSON.stringify(events), ...errors, ...logs].join("\n") };
}

/** Everything that a folder holds: names and contents. */
function holds(directory: string, bytes: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .filter(
      ({ entry, path }) =>
        path.includes(bytes) || (entry.isFile() && readFileSync(path).includes(bytes)),
    )
    .map(({ path }) => path);
}

function expectHidden(seen: string): void {
  for (const line of [...value.split("\n"), JSON.stringify(value).slice(1, -1)]) {
    expect(seen).not.toContain(line);
    expect(holds(join(folder, "store"), line)).toEqual([]);
  }
}

const made = <O>(command: () => Command<O>, name = "probe") => stage(name, command)();
const codes = (report: Report): string[] => report.errors.map(({ code }) => code);

describe("the command", () => {
  test("gets the value in a variable, an argument, and part of one; all else shows a placeholder", async () => {
    const script =
      'test "$A" = "$1" && test "x$A" = "$2" && test "$3" = "<secret TOKEN>" && echo same';
    const command = made(
      () =>
        sh({ env: { A: token() } })`sh -c ${script} sh ${token()} x${token()} ${"<secret TOKEN>"}`,
    );
    const { report, seen } = await run(command);
    expect(codes(report)).toEqual([]);
    expect(await report.log(report.stages[0]!)).toBe("same\n");
    expect(seen).toContain('"x<secret TOKEN>"');
    expectHidden(seen);
    expect(toJson(await planGraph(command))).toContain("<secret TOKEN>");
  });

  test("gets it from `exec`, from lists, and from scripts, where it is no shell", async () => {
    const tricky = secret("TRICKY", { from: () => '$(exit 9) `exit 8` "; exit 7' });
    const listed = made(() => exec(["printf", "%s", [tricky, "b"], tricky] as never), "listed");
    const scripted = made(
      () => sh.bash`printf %s ${tricky} | wc -c; test ${[tricky]} != x`,
      "scripted",
    );
    const { report, seen } = await run(all({ listed, scripted }));
    expect(codes(report)).toEqual([]);
    expect(seen).toContain("***b***");
    expect(seen).toContain(`${'$(exit 9) `exit 8` "; exit 7'.length}\\n`);
    expect(seen).not.toContain("exit 8");
  });

  test("gets it as a function, too, and not among its captures", async () => {
    const greet = made(
      () =>
        fn({
          env: { T: token() },
          run: () => void process.stdout.write(`${process.env["T"]?.length} ${process.env["T"]}`),
        }),
      "greet",
    );
    const { report, seen } = await run(greet);
    expect(codes(report)).toEqual([]);
    expect(await report.log(report.stages[0]!)).toBe(`${value.length} ***`);
    expectHidden(seen);
    expect(() => fn({ captures: { t: token() as never }, run: () => {} })).toThrowError(
      expect.objectContaining({ code: "NOT_JSON" }),
    );
  });

  test("reads the variable of the building process when it must run", async () => {
    const target = made(
      () => sh({ env: { T: secret("ASHLAR_TEST_TOKEN") } })`sh -c ${'test "$T" = from-env'}`,
    );
    process.env["ASHLAR_TEST_TOKEN"] = "from-env";
    const { report } = await run(target);
    expect(report.ran).toEqual(["probe"]);
  });

  test("sees its value at a stable place, too", async () => {
    const command = sh({ env: { A: token() }, stablePath: true })`sh -c ${'printf "%s" "$A"'}`;
    const { report, seen } = await run(made(() => command));
    expect(await report.log(report.stages[0]!)).toBe("***");
    expectHidden(seen);
  });
});

describe("the key", () => {
  const keyOf = async (command: () => Command): Promise<string> => {
    const runner = mockRunner({ onUnmatched: "succeed-empty" });
    const report = await tryBuild(made(command), { runner, store: new MemoryStore() });
    expect(codes(report)).toEqual([]);
    return report.stages[0]!.key!;
  };
  const withValue = (of: string) => (): Secret => secret("TOKEN", { from: () => of });

  test("does not depend on the value, and does on name and place", async () => {
    const one = withValue("value one");
    const base = await keyOf(() => sh({ env: { A: one() } })`run ${one()}`);
    expect(
      await keyOf(() => sh({ env: { A: withValue("two two")() } })`run ${withValue("two two")()}`),
    ).toBe(base);
    const others = [
      () => sh({ env: { A: one() } })`run ${"<secret TOKEN>"}`,
      () => sh({ env: { A: "<secret TOKEN>" } })`run ${one()}`,
      () => sh({ env: { A: "<secret TOKEN>" } })`run ${"<secret TOKEN>"}`,
      () => sh({ env: { B: one() } })`run ${one()}`,
      () => sh({ env: { A: one() } })`run x${one()}`,
      () => sh({ env: { A: secret("OTHER", { from: () => "value one" }) } })`run ${one()}`,
    ];
    const keys = [base];
    for (const other of others) keys.push(await keyOf(other));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("a text like a placeholder beside a secret stays a text", async () => {
    const calls: MockCall[] = [];
    const actions: (readonly string[])[] = [];
    const mock = mockRunner().on("probe", (call) => void calls.push(call));
    const runner: Runner = {
      name: "mock",
      platform: mock.platform,
      hermeticity: "mock",
      abilities: mock.abilities ?? [],
      run: async (action: Action, context: RunContext) => {
        actions.push(context.secrets!.fill(action).argv);
        return await mock.run(action, context);
      },
      async [Symbol.asyncDispose]() {},
    };
    const target = made(
      () => sh`run ${"<secret TOKEN>"}${token()}${"<secret TOKEN>"}${token()} ${"<secret TOKEN>"}`,
    );
    await tryBuild(target, { runner, store: new MemoryStore() });
    expect(actions).toEqual([
      ["run", `<secret TOKEN>${value}<secret TOKEN>${value}`, "<secret TOKEN>"],
    ]);
    expect(calls[0]?.argv[2]).toBe("<secret TOKEN>");
    expect(calls[0]?.secret("TOKEN")).toBe(value);
    expect(() => calls[0]?.secret("NONE")).toThrow("`probe` has no secret `NONE`");
  });
});

describe("asking for the value", () => {
  test("happens once in a build, only if a command must run, and never for a hit", async () => {
    let asked = 0;
    const counted = secret("TOKEN", { from: async () => (asked++, "some value") });
    const target = (): Handle =>
      all({
        a: made(() => sh({ env: { T: counted } })`echo a`, "a"),
        b: made(() => sh({ env: { T: counted } })`echo b ${counted}`, "b"),
      });
    expect((await run(target())).report.ran.toSorted()).toEqual(["a", "b"]);
    expect(asked).toBe(1);
    expect((await run(target())).report.reused.toSorted()).toEqual(["a", "b"]);
    expect(asked).toBe(1);
  });

  test("a hit needs no secret, and none that is set", async () => {
    process.env["ASHLAR_TEST_TOKEN"] = "from-env";
    const target = (): Handle => made(() => sh`echo ${secret("ASHLAR_TEST_TOKEN")}`);
    expect((await run(target())).report.ran).toEqual(["probe"]);
    delete process.env["ASHLAR_TEST_TOKEN"];
    const { report, seen } = await run(target());
    expect(report.reused).toEqual(["probe"]);
    expect(seen).toContain("***\\n");
  });

  const unset: Readonly<Record<string, [Secret, string]>> = {
    "a variable that is not set": [
      secret("ASHLAR_TEST_TOKEN"),
      "the environment variable is not set",
    ],
    "`from` that gives nothing": [
      secret("T", { from: () => undefined as never }),
      "`from` gave undefined",
    ],
    "`from` that gives a number": [
      secret("T", { from: () => 12345678 as never }),
      "`from` gave something of type number",
    ],
    "`from` that gives an empty text": [
      secret("T", { from: () => "" }),
      "`from` gave an empty text",
    ],
    "`from` that rejects": [
      secret("T", { from: async () => await Promise.reject(new Error("the vault is shut")) }),
      "`from` broke down: the vault is shut",
    ],
  };
  test.each(Object.entries(unset))(
    "of %s is SECRET_UNSET before the command starts",
    async (_, [handle, why]) => {
      const { report, seen } = await run(made(() => sh({ env: { V: handle } })`echo started`));
      expect(codes(report)).toEqual(["SECRET_UNSET"]);
      expect(report.errors[0]?.message).toContain("stage `probe`");
      expect(report.errors[0]?.facts["reason"]).toBe(why);
      expect(report.failed).toEqual(["probe"]);
      expect(seen).not.toContain("stage-started");
    },
  );

  test("of a variable that is empty is SECRET_UNSET, and names it", async () => {
    process.env["ASHLAR_TEST_TOKEN"] = "";
    const { report } = await run(made(() => sh`echo ${secret("ASHLAR_TEST_TOKEN")}`));
    expect(codes(report)).toEqual(["SECRET_UNSET"]);
    expect(renderError(report.errors[0]!)).toContain("`ASHLAR_TEST_TOKEN`");
  });

  test.each([
    ["three bytes", "abc"],
    ["three bytes and white space", " abc\n"],
    ["a NUL", "abc\0def"],
  ])("of %s is SECRET_UNFIT", async (_, unfit) => {
    const { report, seen } = await run(made(() => sh`echo ${secret("T", { from: () => unfit })}`));
    expect(codes(report)).toEqual(["SECRET_UNFIT"]);
    expect(seen).not.toContain("abc");
  });

  test("can be cancelled", async () => {
    const cancel = new AbortController();
    const never = secret("T", {
      from: async () => {
        cancel.abort(new Error("enough"));
        return await new Promise<string>(() => {});
      },
    });
    const report = await tryBuild(
      made(() => sh`echo ${never}`),
      {
        runner: localRunner(),
        store: new MemoryStore(),
        signal: cancel.signal,
      },
    );
    expect(report.outcome).toBe("cancelled");
    expect(report.skipped).toEqual(["probe"]);
  });

  test("takes no slot", async () => {
    let give: (value: string) => void = () => {};
    const waiting = new Promise<string>((resolve) => (give = resolve));
    const runner = mockRunner()
      .on("needy", () => {})
      .on("quick", () => give("the value"));
    const needy = made(() => sh`echo ${secret("T", { from: async () => await waiting })}`, "needy");
    const quick = made(() => sh`echo`, "quick");
    const report = await tryBuild(all({ needy, quick }), {
      runner,
      store: new MemoryStore(),
      slots: 1,
    });
    expect(report.ran).toEqual(["quick", "needy"]);
  });

  test("is not done for a runner that cannot hand it over", async () => {
    const mock = mockRunner({ onUnmatched: "succeed-empty" });
    let asked = 0;
    const { report } = await run(
      made(() => sh`x ${secret("T", { from: () => `${asked++}` })}`),
      unableRunner(mock),
    );
    expect(codes(report)).toEqual(["RUNNER_UNABLE"]);
    expect([asked, mock.calls.length]).toEqual([0, 0]);
  });
});

describe("what a command prints", () => {
  test("has `***` in the store, in events, and in errors", async () => {
    const script = 'printf "%s" "$A"; echo " said $1"; echo "$A" >&2; exit 3';
    const { report, seen } = await run(
      made(() => sh({ env: { A: token() } })`sh -c ${script} sh ${token()}`),
    );
    expect(codes(report)).toEqual(["STAGE_FAILED"]);
    expect(report.errors[0]?.facts["log"]).toContain("*** said ***");
    expect(report.errors[0]?.facts["log"]?.match(/\*\*\*/g)).toHaveLength(3);
    expectHidden(seen);
  });

  test("has it also where a value comes in several writes, and where it never ends", async () => {
    const script = 'printf "%.7s" "$A"; printf "%s" "${A#???????}"; printf "%.9s" "$A"';
    const short = secret("TOKEN", { from: () => "0123456789abcdef" });
    const { report } = await run(made(() => sh({ env: { A: short } })`sh -c ${script}`));
    expect(await report.log(report.stages[0]!)).toBe("***012345678");
  });

  test("has it in the errors of programs that cannot be started", async () => {
    const long = "x".repeat(3 * 1024 * 1024);
    const { seen } = await run(made(() => sh`true ${secret("T", { from: () => long })}`));
    expect(seen).not.toContain("xxxxxxxx");
  });

  test("is covered up in what a runner rejects with, and its causes", async () => {
    const breaking: Runner = {
      name: "breaking",
      platform: [],
      hermeticity: "mock",
      abilities: ["secrets"],
      run: async (action, { secrets }) => {
        const argv = secrets!.fill(action).argv.join(" ");
        const cause = Object.assign(new Error(`spawn ${argv}`), { spawnargs: argv });
        throw new Error(`cannot start ${argv}`, { cause });
      },
      async [Symbol.asyncDispose]() {},
    };
    const target = made(() => sh`run ${secret("T", { from: () => "0123456789" })}`);
    const error: unknown = await run(target, breaking).then(
      ({ report }) => report.errors[0],
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).code).toBe("RUNNER_FAILED");
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect(shown).toContain("cannot start run ***");
    expect(shown).not.toContain("0123456789");
  });
});

describe("an output", () => {
  const leaks: Readonly<Record<string, [() => Command, string]>> = {
    "a file": [
      () => sh({ env: { A: token() } })`sh -c ${'printf "<%s>" "$A" > out/f'} ${out.file("f")}`,
      "out/f",
    ],
    "a file in a tree": [
      () =>
        sh({
          env: { A: token() },
        })`sh -c ${'mkdir -p out/t/d; echo a > out/t/a; printf "%s" "$A" > out/t/d/f'} ${out.tree("t")}`,
      "out/t/d/f",
    ],
    "the name of a file": [
      () =>
        sh({
          env: { A: secret("TOKEN", { from: () => "s3cret-name" }) },
        })`sh -c ${'mkdir out/t; echo a > "out/t/a-$A"'} ${out.tree("t")}`,
      "out/t",
    ],
    "the name of a folder": [
      () =>
        sh({
          env: { A: secret("TOKEN", { from: () => "s3cret-name" }) },
        })`sh -c ${'mkdir -p "out/t/x/a-$A"'} ${out.tree("t")}`,
      "out/t",
    ],
    "the target of a link": [
      () =>
        sh({
          env: { A: secret("TOKEN", { from: () => "s3cret-name" }) },
        })`sh -c ${'mkdir out/t; ln -s "a-$A" out/t/l'} ${out.tree("t")}`,
      "out/t",
    ],
    "base 64": [
      () =>
        sh({
          env: { A: secret("TOKEN", { from: () => "s3cret-and-long-value" }) },
        })`sh -c ${'printf "user:%s" "$A" | base64 > out/f'} ${out.file("f")}`,
      "out/f",
    ],
    "a large file": [
      () =>
        sh({
          env: { A: token() },
        })`sh -c ${'head -c 3145725 /dev/zero > out/f; printf "%s" "$A" >> out/f'} ${out.file("f")}`,
      "out/f",
    ],
  };
  test.each(Object.entries(leaks))(
    "with the value in %s is refused, and nothing of it is stored",
    async (_, [command, path]) => {
      const { report, seen } = await run(made(command));
      expect(codes(report)).toEqual(["SECRET_IN_OUTPUT"]);
      const [error] = report.errors;
      expect(error?.message).toContain("stage `probe`");
      expect(error?.facts).toMatchObject({ output: path, secret: "TOKEN" });
      expectHidden(seen);
      expect(seen).not.toContain("s3cret");
      expect(holds(join(folder, "store"), "s3cret")).toEqual([]);
    },
  );

  test("without it is kept, and runs nothing again", async () => {
    const target = made(
      () => sh({ env: { A: token() } })`sh -c ${'echo "${#A}" > out/f'} ${out.file("f")}`,
    );
    const { report } = await run(target);
    expect(await report.text(target)).toBe(`${value.length}\n`);
  });

  test("that is missing is told of without the value", async () => {
    const named = secret("TOKEN", { from: () => "s3cret-name" });
    const { report, seen } = await run(
      made(() => sh({ env: { A: named } })`sh -c ${'echo > "out/$A"'} ${out.file("f")}`),
    );
    expect(codes(report)).toEqual(["OUTPUT_MISSING"]);
    expect(report.errors[0]?.facts["produced"]).toBe("out/***");
    expect(seen).not.toContain("s3cret");
  });

  test("of a mock runner is refused, too, and its log covered up", async () => {
    const runner = mockRunner().on("probe", ({ secret: find }) => ({
      outputs: { f: `holds ${find("TOKEN")}` },
      stdout: find("TOKEN"),
    }));
    const { report } = await run(
      made(() => sh({ env: { A: token() } })`x ${out.file("f")}`),
      runner,
    );
    expect(codes(report)).toEqual(["SECRET_IN_OUTPUT"]);
    expect(report.errors[0]?.facts["output"]).toBe("out/f");
    const quiet = mockRunner().on("probe", ({ secret: find }) => ({
      outputs: { f: "fine" },
      stdout: find("TOKEN"),
    }));
    const second = await run(
      made(() => sh({ env: { A: token() } })`x ${out.file("f")}`),
      quiet,
    );
    expect(await second.report.log(second.report.stages[0]!)).toBe("***");
    expectHidden(second.seen);
  });

  test("may be what an input was: inputs are not looked through", async () => {
    const input = text(value).as("input");
    const { report } = await run(
      made(() => sh({ env: { A: token() } })`cp ${input} ${out.file("f")}`),
    );
    expect(codes(report)).toEqual(["SECRET_IN_OUTPUT"]);
    const free = await run(
      made(() => sh({ env: { A: token() } })`sh -c ${"wc -c < in/input"} ${input}`),
    );
    expect(codes(free.report)).toEqual([]);
  });
});

describe("what makes no sense is said at once", () => {
  const at = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return error instanceof BuildError ? error.code : error;
    }
  };
  test.each([
    ["an empty name", () => secret(""), "INVALID_OPTION"],
    ["a name with spaces", () => secret("A B"), "INVALID_OPTION"],
    ["a name with brackets", () => secret("A>"), "INVALID_OPTION"],
    ["a name that is none", () => secret(undefined as never), "INVALID_OPTION"],
    ["`from` that is no function", () => secret("A", { from: "value" as never }), "INVALID_OPTION"],
    [
      "a secret in a text of JavaScript",
      () => `Bearer ${secret("A") as never as string}`,
      "NOT_INTERPOLABLE",
    ],
    ["a secret as a program", () => sh`${secret("A")} x`, "TEMPLATE_SYNTAX"],
    ["a secret in a program", () => sh`x${secret("A")}`, "TEMPLATE_SYNTAX"],
    ["a secret as an input", () => sh({ root: { a: secret("A") as never } })`x`, "NOT_A_HANDLE"],
  ])("%s", (_, make, code) => {
    expect(at(make)).toBe(code);
  });
});
