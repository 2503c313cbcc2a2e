import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  build,
  MemoryStore,
  out,
  sh,
  source,
  stage,
  tool,
  tryBuild,
  type File,
  type Runner,
  type Targets,
  type Tree,
} from "@ashlar/core";
import { mockRunner, recordingRunner, replayRunner, Rig, virtualClock } from "@ashlar/runner-mock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { localRunner } from "../../local/src/index.ts";

const node = [tool.host("node", { version: ["--version"] })];
const count = stage(
  "count",
  ({ words, flags }: { words: Tree; flags: readonly string[] }) =>
    sh.bash({ tools: [...node, tool.host("cat"), tool.host("mkdir")] })`
      mkdir -p ${out.tree("sums")}/deep
      cat ${words}/lists/a.txt > ${out.tree("sums")}/deep/a
      echo counted ${flags}`,
);
const check = stage(
  "check",
  ({ sums }: { sums: Tree }) => sh({ tools: node })`node -e ${"process.exit(3)"} ${sums}`,
);
const copy = stage("copy", ({ a }: { a: File }) => sh`cp ${a} ${out.file("copied")}`);

const words = source("words");
const sums = count({ words, flags: ["-v"] });
const copied = copy({ a: sums.file("deep/a") });

const folder = mkdtempSync(join(tmpdir(), "ashlar-replay-"));
const recorded = join(folder, "recording");
const rig = new Rig({ files: { "words/lists/a.txt": "lime\n", "words/lists/b.txt": "sand\n" } });

async function run(runner: Runner, targets: Targets) {
  const options = { runner, store: new MemoryStore(), cwd: rig.project, keepGoing: true };
  return await tryBuild(targets, options);
}

const failing = all({ copied, checked: check({ sums }) });

beforeAll(async () => {
  await using runner = recordingRunner(localRunner(), recorded);
  await run(runner, failing);
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await rig[Symbol.asyncDispose]();
});

describe("a recording", () => {
  test("is replayed without any program: outputs, logs, failures and keys", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = "/nowhere";
    try {
      const replayed = await run(replayRunner(recorded), failing);
      expect(replayed.ran).toEqual(["count", "copy"]);
      expect(await replayed.text(copied)).toBe("lime\n");
      expect(await replayed.list(sums)).toEqual(["deep/a"]);
      expect(await replayed.log(replayed.stages[0]!)).toBe("counted -v\n");
      expect(replayed.errors[0]?.message).toBe("stage `check` exited with 3");
      expect(replayed.stages[0]?.ranBy).toMatch(/^replay\//);
    } finally {
      process.env["PATH"] = PATH;
    }
    await using real = localRunner();
    const keys = (await run(real, failing)).stages.map(({ key }) => key);
    const again = await run(replayRunner(recorded), failing);
    expect(new Set(again.stages.map(({ key }) => key))).toEqual(new Set(keys));
  });

  test("takes the time that it took, on a virtual clock", async () => {
    const clock = virtualClock();
    const lines = readFileSync(join(recorded, "recording.jsonl"), "utf8").split("\n");
    const slow = lines.map((line) => line.replace(/"durationMs":\d+/, '"durationMs":60000'));
    const other = join(folder, "slow");
    cpSync(recorded, other, { recursive: true });
    writeFileSync(join(other, "recording.jsonl"), slow.join("\n"));
    const options = { runner: replayRunner(other), store: new MemoryStore(), clock };
    expect((await build(copied, { ...options, cwd: rig.project })).durationMs).toBe(120_000);
  });

  test("names what differs where it has nothing", async () => {
    await rig.edit(words, { "lists/a.txt": "lime, too\n", "lists/c.txt": "" });
    const changed = count({ words, flags: ["-v", "-x"] });
    const { errors } = await run(replayRunner(recorded), changed);
    await rig.edit(words, { "lists/a.txt": "lime\n", "lists/c.txt": undefined });
    expect(errors[0]).toMatchObject({
      code: "REPLAY_MISS",
      message: "stage `count` was recorded with something else",
    });
    const { differs } = errors[0]!.facts;
    expect(differs).toContain("argument");
    expect(differs).toContain("words/lists/a.txt differs");
    expect(differs).toContain("words/lists/c.txt is new");
  });

  test("names the stage that it has nothing of, and the tool", async () => {
    const other = stage("cuont", () => sh({ tools: [] })`in/x`);
    expect((await run(replayRunner(recorded), other())).errors[0]).toMatchObject({
      code: "REPLAY_MISS",
      hint: "did you mean `count`? Otherwise record the build anew",
    });
    const tooled = stage("tooled", () => sh({ tools: [tool.host("gcc")] })`gcc`);
    expect((await run(replayRunner(recorded), tooled())).errors[0]).toMatchObject({
      code: "REPLAY_MISS",
      message: "tool `gcc` is not in the recording",
    });
  });

  test("is the same whichever command was over first, and replaces an earlier one", async () => {
    const place = join(folder, "twice");
    const record = async (reverse: boolean): Promise<string> => {
      const mock = mockRunner()
        .on(copy, async ({ sleep }) => {
          await sleep(reverse ? 1 : 2);
          return { outputs: { copied: "" }, durationMs: reverse ? 4 : 3 };
        })
        .on(count, { outputs: { sums: { "deep/a": "" } }, durationMs: 5 });
      const clock = virtualClock();
      await using runner = recordingRunner(mock, place);
      const two = all({ a: copy({ a: words.file("lists/a.txt") }), sums });
      await build(two, { runner, clock, store: new MemoryStore(), cwd: rig.project });
      await runner[Symbol.asyncDispose]();
      return readFileSync(join(place, "recording.jsonl"), "utf8");
    };
    expect(await record(true)).toBe(await record(false));
  });
});

describe("a directory that is no recording", () => {
  const damage = (name: string, change: (text: string) => string): string => {
    const place = join(folder, name);
    cpSync(recorded, place, { recursive: true });
    const file = join(place, "recording.jsonl");
    writeFileSync(file, change(readFileSync(file, "utf8")));
    return place;
  };

  test("is refused", () => {
    const unfit = [
      join(folder, "nothing"),
      damage("cut", (text) => text.slice(0, -20)),
      damage("headless", (text) => text.slice(text.indexOf("\n") + 1)),
      damage("layout", (text) => text.replace('"version":1', '"version":2')),
    ];
    for (const directory of unfit) {
      expect(() => replayRunner(directory)).toThrow("cannot be replayed");
    }
  });

  test("or was recorded with keys of another version, and says so", () => {
    const old = damage("old", (text) => text.replace(/"keys":"[^"]*"/, '"keys":"ashlar-0"'));
    expect(() => replayRunner(old)).toThrow("its keys are of version `ashlar-0`, and today's");
  });

  test("or has a blob that was altered, fails there", async () => {
    const place = damage("altered", (text) => text);
    for (const name of readdirSync(join(place, "blobs"))) {
      const blob = join(place, "blobs", name);
      if (readFileSync(blob, "utf8") === "lime\n") writeFileSync(blob, "sand\n");
    }
    const { errors } = await run(replayRunner(place), copied);
    expect(errors[0]).toMatchObject({ code: "REPLAY_UNFIT" });
  });
});
