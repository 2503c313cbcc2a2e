/** Volatile values: a command sees them, and they run nothing again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import {
  build,
  MemoryStore,
  out,
  sh,
  stage,
  toJson,
  planGraph,
  volatile,
  type Action,
  type Check,
  type CommandOptions,
  type File,
  type Report,
  type Store,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { mockRunner } from "@ashlar/runner-mock";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

/** A package that bears the number of its build. */
function packed(number: string | number): File {
  return stage(
    "pack",
    () => sh({ env: { N: volatile(number), A: "1" } })`pack ${out.file("app")}`,
  )();
}

/** A runner that writes the number down, and a list of the actions that it was given. */
function packer() {
  const actions: Action[] = [];
  const mock = mockRunner().on("pack", ({ env }) => ({ outputs: { app: `built as ${env["N"]}` } }));
  const run: typeof mock.run = async (action, context) => {
    actions.push(action);
    return await mock.run(action, context);
  };
  return {
    actions,
    runner: {
      ...mock,
      name: mock.name,
      platform: mock.platform,
      hermeticity: mock.hermeticity,
      run,
    },
  };
}

test("the command sees the value, and a hit keeps what was made of the value before", async () => {
  const store = new MemoryStore();
  const { actions, runner } = packer();
  const first = await build(packed(1), { store, runner });
  expect(first.ran).toEqual(["pack"]);
  expect(actions[0]?.env).toEqual({ N: "1", A: "1" });
  expect(actions[0]?.volatile).toEqual(["N"]);

  const target = packed(2);
  const second = await build(target, { store, runner });
  expect(second.reused).toEqual(["pack"]);
  expect(await second.text(target)).toBe("built as 1");
  expect(second.stages[0]?.key).toBe(first.stages[0]?.key);
});

test("a null build does not even look for another key", async () => {
  const memory = new MemoryStore();
  let looks = 0;
  const store: Store = {
    content: memory,
    notes: memory.notes,
    actions: {
      get: async (key) => (looks++, await memory.actions.get(key)),
      put: async (key, result) => await memory.actions.put(key, result),
    },
  };
  const { runner } = packer();
  await build(packed(1), { store, runner });
  expect(looks).toBe(1);
  expect((await build(packed(2), { store, runner })).reused).toEqual(["pack"]);
  expect(looks).toBe(1);
});

test("that a variable is there is part of the command, volatile or not", async () => {
  const store = new MemoryStore();
  const made = (env: CommandOptions["env"]): Check =>
    stage("pack", () => sh({ env: env ?? {} })`pack`)();
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  const run = async (check: Check): Promise<Report> => await build(check, { store, runner });
  const before = await run(made({ N: volatile("1") }));
  const others = [
    {},
    { N: "1" },
    { N: "" },
    { M: volatile("1") },
    { N: volatile(1), M: volatile(2) },
  ];
  const keys = [before.stages[0]?.key];
  for (const env of others) {
    const report = await run(made(env));
    expect(report.ran, JSON.stringify(Object.keys(env))).toEqual(["pack"]);
    keys.push(report.stages[0]?.key);
  }
  expect(new Set(keys).size).toBe(keys.length);
  // The order in which variables are mentioned means nothing.
  expect((await run(made({ M: volatile(3), N: volatile(4) }))).reused).toEqual(["pack"]);
});

test("nothing that a store keeps holds the value, unless the command writes it down", async () => {
  await using rig = await BuildRig.create();
  const quiet = stage("quiet", () => sh({ env: { N: volatile("unheard-of") } })`true`)();
  await rig.buildEmpty(quiet);
  const folder = join(rig.folder, "store");
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect(readFileSync(path, "latin1"), path).not.toContain("unheard-of");
  expect(toJson(await planGraph(quiet))).not.toContain("unheard-of");
});

test("a process sees it", async () => {
  const print = stage("print", () => sh({ env: { N: volatile(42) } })`sh -c ${"echo $N"}`)();
  await using runner = localRunner();
  const report = await build(print, { store: new MemoryStore(), runner });
  expect(await report.log(report.stages[0]!)).toBe("42\n");
});

test("only a string or a number can be volatile", () => {
  for (const value of [undefined, null, true, {}, sh`true`]) {
    expect(() => volatile(value as never)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  }
});
