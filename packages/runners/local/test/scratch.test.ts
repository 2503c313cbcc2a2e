import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";

import { out, sh, stage, type Handle } from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { describe, expect, test } from "vitest";

import { Scratch } from "../src/scratch.ts";
import { runChild, startChild, whyNotNobody } from "./child.ts";
import { below, codes, folder, leftBy, run, script, until } from "./rig.ts";

const endless = new URL("children/endless.ts", import.meta.url);
const oneStage = new URL("children/one-stage.ts", import.meta.url);

const failing = (kind: "file" | "tree", text: string): Handle =>
  stage("failing", () => sh({ outputs: { o: out[kind]("o") } })`sh -c ${text}`)();

describe("nothing is left of an action", () => {
  const litter = `echo > file; mkdir -p deep/er; echo > "$HOME/x"; echo > "$TMPDIR/y"`;
  const ends: readonly (readonly [end: string, targets: Handle, codes: readonly string[]])[] = [
    ["success", script(litter), []],
    ["failure", script(`${litter}; exit 1`), ["STAGE_FAILED"]],
    ["its time", script(`${litter}; sleep 1000`, { timeoutMs: 200 }), ["STAGE_TIMED_OUT"]],
    ["a missing output", failing("file", litter), ["OUTPUT_MISSING"]],
    ["an output of the wrong kind", failing("tree", `${litter}; echo > o`), ["OUTPUT_WRONG_KIND"]],
    ["a missing tool", stage("x", () => sh({ tools: [] })`nothing`)(), ["COMMAND_NOT_FOUND"]],
    ["a stable place", script(litter, { stablePath: true }), []],
  ];

  test.each(ends)("after %s", async (_, targets, expected) => {
    const scratch = folder();
    await using runner = localRunner({ sandbox: "none", scratch, graceMs: 50 });
    expect(codes(await run(runner, targets))).toEqual(expected);
    expect(leftBy(scratch)).toEqual([]);
  });

  test("after a cancellation", async () => {
    const scratch = folder();
    await using runner = localRunner({ sandbox: "none", scratch, graceMs: 50 });
    const cancel = new AbortController();
    const report = await run(runner, script(`${litter}; echo on; sleep 1000`), {
      signal: cancel.signal,
      onEvent: ({ type }) => {
        if (type === "stage-output") cancel.abort(new Error("enough"));
      },
    });
    expect(report.outcome).toBe("cancelled");
    expect(leftBy(scratch)).toEqual([]);
  });

  test("and nothing at all once the runner is disposed of", async () => {
    const scratch = folder();
    const runner = localRunner({ sandbox: "none", scratch });
    await run(runner, [script(litter), script(`${litter}; exit 1`)], { keepGoing: true });
    await runner[Symbol.asyncDispose]();
    expect(below(scratch)).toEqual([]);
  });

  test("a runner that was disposed of can be used again", async () => {
    const scratch = folder();
    const runner = localRunner({ sandbox: "none", scratch });
    for (let round = 0; round < 2; round++) {
      expect(codes(await run(runner, script(litter)))).toEqual([]);
      await runner[Symbol.asyncDispose]();
      expect(below(scratch)).toEqual([]);
    }
  });

  test("not even of a runner that nobody disposes of, once none of its actions runs", async () => {
    const scratch = folder();
    const runner = localRunner({ sandbox: "none", scratch });
    for (let round = 0; round < 2; round++) {
      expect(codes(await run(runner, [script(litter), script("echo")], { slots: 2 }))).toEqual([]);
      expect(below(scratch)).toEqual([]);
    }
    await runner[Symbol.asyncDispose]();
  });

  test.skipIf(process.platform !== "linux")(
    "and no file of its log is held open (seen in /proc, so on Linux only)",
    async () => {
      const scratch = folder();
      await using runner = localRunner({ sandbox: "none", scratch });
      const long = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; echo > o";
      expect(codes(await run(runner, failing("tree", long)))).toEqual(["OUTPUT_WRONG_KIND"]);
      expect(openFiles().filter((path) => path.startsWith(scratch))).toEqual([]);
    },
  );
});

test("actions that come and go at the same time all have their directories", async () => {
  const base = folder();
  const scratch = new Scratch(base);
  const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
  const worker = async (n: number): Promise<void> => {
    for (let round = 0; round < 50; round++) {
      await scratch.use(async ({ folder: path }) => {
        if ((n + round) % 3 === 0) await moment();
        mkdirSync(join(path, "made"));
      });
      if ((n + round) % 4 === 0) await moment();
    }
  };
  await Promise.all([1, 2, 3].map(worker));
  expect(below(base)).toEqual([]);
});

test("the folder for scratch is made, and may be relative", async () => {
  const scratch = join(folder(), "not", "yet", "there");
  await using runner = localRunner({ sandbox: "none", scratch: relative(process.cwd(), scratch) });
  const report = await run(runner, [script("pwd > x"), script("pwd > y", { stablePath: true })]);
  expect(codes(report)).toEqual([]);
  expect(existsSync(scratch)).toBe(true);
});

test.skipIf(whyNotNobody !== undefined)(
  `folders that nobody may write to are removed, too${whyNotNobody ? ` (not here: ${whyNotNobody})` : ""}`,
  () => {
    const scratch = folder();
    chmodSync(scratch, 0o777);
    const folders =
      "for n in 1 2 3 4 5 6 7 8 9; do mkdir -p $n/b; touch $n/b/c; chmod 555 $n/b; done";
    const text = `id -u; ${folders}; mkdir -p a/b; chmod 0 a`;
    const { stdout, stderr } = runChild(oneStage, [scratch, text], { unprivileged: true });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ codes: [], log: expect.not.stringMatching(/^0\n/) });
    expect(leftBy(scratch)).toEqual([]);
  },
);

test("what a killed process has left is swept, and nothing else", async () => {
  const scratch = folder();
  writeFileSync(join(scratch, "file"), "");
  const killed = startChild(endless, [scratch]);
  const running = startChild(endless, [scratch]);
  const directoryOf = (pid: number | undefined): string | undefined =>
    readdirSync(scratch).find((name) => name.includes(`-${pid}-`));
  try {
    for (const child of [killed, running]) {
      await until("a child has a directory", () => directoryOf(child.pid) !== undefined);
    }
    killed.kill("SIGKILL");
    await until("it is gone", () => killed.signalCode !== null);
    expect(directoryOf(killed.pid)).toBeDefined();
    const other = join(scratch, `ashlar-run-ffffffff-${killed.pid}-other`);
    mkdirSync(other);

    await using runner = localRunner({ sandbox: "none", scratch });
    expect(codes(await run(runner, script("echo")))).toEqual([]);
    // A process that is alive needs its own; so may one on another machine that shares the disk.
    expect(directoryOf(killed.pid)).toBe(basename(other));
    expect(directoryOf(running.pid)).toBeDefined();
    expect(existsSync(join(scratch, "file"))).toBe(true);
  } finally {
    running.kill("SIGKILL");
  }
});

function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
