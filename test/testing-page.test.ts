/**
 * How pipelines are tested, shown on tests. The pieces marked `docs` are the snippets of
 * `docs/testing-pipelines.md`, which `-u` writes anew.
 *
 * @module
 */
/* oxlint-disable no-shadow -- a page shows names as users give them, in each piece anew */
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  build,
  fn,
  matrix,
  MemoryStore,
  out,
  renderError,
  seq,
  sh,
  simulate,
  source,
  stage,
  tool,
  type BuildError,
  type File,
  type Tree,
} from "@ashlar/core";
import { localRunner } from "@ashlar/runner-local";
import { explore, pipelineText, recordingRunner, replayRunner, Rig } from "@ashlar/runner-mock";
import { assertRan, assertRanBefore, assertReused } from "@ashlar/runner-mock/assert";
import { matchers } from "@ashlar/runner-mock/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { renderPage } from "./rig/snippets.ts";

// docs: pipeline
const compile = stage(
  "compile",
  ({ src, level }: { src: Tree; level: number }) =>
    sh({ retries: 1, timeoutMs: 60_000 })`cc -O${level} ${src}/main.c -o ${out.file("app")}`,
);
const check = stage("check", ({ app }: { app: File }) => sh`${app} --self-test`);
const pack = stage("pack", ({ app }: { app: File }) => sh`pack ${app} ${out.tree("dist")}`);

const src = source("src");
const app = compile({ src, level: 2 });
const pipeline = seq({ checked: check({ app }), dist: pack({ app }) });
// docs end

/** What the first test of the page does, for those that follow. */
function scripted(): Rig {
  const rig = new Rig({ files: { "src/main.c": "int main;" } });
  rig.mock
    .on(compile, async ({ inputs, out }) => {
      const code = await inputs.src.text("main.c");
      out.app.write(code.replace(/ *\/\/.*/, ""));
    })
    .on(check, {})
    .on(pack, { outputs: { dist: { "bin/app": "packed" } } });
  return rig;
}

const folder = mkdtempSync(join(tmpdir(), "ashlar-testing-page-"));
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

describe("docs/testing-pipelines.md", () => {
  test("begins with a first test", async () => {
    // docs: first
    await using rig = new Rig({ files: { "src/main.c": "int main;" } });
    rig.mock
      .on(compile, async ({ inputs, params, out }) => {
        out.app.write(`O${params.level}: ${await inputs.src.text("main.c")}`);
      })
      .on(check, { stdout: "3 passed\n" })
      .on(pack, { outputs: { dist: { "bin/app": "packed" } } });

    const report = await rig.build(pipeline);
    expect(rig.mock.names).toEqual(["compile", "check", "pack"]);
    expect(await report.text(app)).toBe("O2: int main;");
    // docs end
  });

  test("asks what is executed after an edit", async () => {
    await using rig = scripted();
    // docs: edits
    expect(await rig.executed(pipeline)).toEqual(["compile", "check", "pack"]);
    expect(await rig.executed(pipeline)).toEqual([]);

    await rig.edit(src, { "main.c": "int main; // a comment" });
    expect(await rig.executed(pipeline)).toEqual(["compile"]); // the compiler made the same bytes

    await rig.edit({ "README.md": "not a source" });
    expect(await rig.executed(pipeline)).toEqual([]);
    expect(await rig.executed(all({ app, dist: pack({ app }) }))).toEqual([]); // order is in no key
    // docs end
  });

  test("scripts by stage, name and function", async () => {
    await using rig = new Rig({ files: { "src/main.c": "" }, onUnused: "ignore" });
    const { mock } = rig;
    // docs: scripts
    mock.on(compile, {
      outputs: { app: "machine code" },
      stderr: "1 warning\n",
      durationMs: 40_000,
    });
    mock.on("check", ({ nth }) => ({ exitCode: nth === 1 ? 1 : 0 })); // fails at first
    mock.on(
      ({ argv }) => argv[0] === "pack",
      async ({ inputs, list, sleep, print }) => {
        print(`packing ${(await list()).join(", ")}\n`);
        await sleep(5000); // on the clock of the build
        void inputs;
        return { outputs: { dist: {} } };
      },
    );
    // docs end
    const report = await rig.tryBuild(pipeline, { keepGoing: true });
    expect(report.failed).toEqual(["check"]);
    expect(report.durationMs).toBe(40_000);
    // docs: replace
    mock.replace(compile, { outputs: { app: "other code" } }); // for the next build
    // docs end
    await rig.build(pipeline);
    expect(rig.clock.now()).toBe(45_000);
  });

  test("has time and commands in hand", async () => {
    await using rig = scripted();
    // docs: time
    rig.mock.fault(compile, "hang", { nth: 1 });
    const report = await rig.build(app); // stopped after a minute, and retried: milliseconds for you
    expect(report.stages[0]?.attempts).toBe(2);
    expect(rig.clock.now()).toBeGreaterThanOrEqual(60_000);
    // docs end
    // docs: hold
    const checking = rig.mock.hold(check);
    const building = rig.tryBuild(pipeline);
    const held = await checking.next(); // `check` has been started, and waits
    expect(rig.mock.names).not.toContain("pack");
    held.exit({ exitCode: 1, stderr: "1 of 3 failed\n" });
    expect((await building).skipped).toEqual(["pack"]);
    // docs end
    rig.mock.replace(check, {});
    await rig.build(pipeline);
  });

  test("lets things go wrong", async () => {
    await using rig = scripted();
    // docs: faults
    rig.mock.fault(compile, "fail", { nth: 1, exitCode: 2, stderr: "no space left\n" });
    rig.mock.fault("check", "crash", { nth: 1 });
    expect((await rig.tryBuild(pipeline)).failed).toEqual(["check"]); // `compile` was retried

    const report = await rig.build(pipeline);
    rig.store.evict(await report.digest(app)); // the blob is gone
    rig.store.corrupt(await report.digest(pipeline.dist)); // looks well until it is read
    rig.store.loseActionCache();
    rig.store.slowDown(20); // ms for each access
    expect(await rig.executed(pipeline)).toEqual(["compile", "check", "pack"]);

    rig.store.fillUp(); // no room for another byte
    await rig.edit(src, { "main.c": "int other;" });
    await expect(rig.build(app)).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
    // docs end
  });

  test("has matchers", async () => {
    await using rig = scripted();
    // docs: matchers
    expect.extend(matchers); // from "@ashlar/runner-mock/vitest", once

    const report = await rig.build(pipeline);
    expect(report).toHaveRun(compile, "check");
    expect(rig.mock).toRunBefore(check, pack);
    expect(await rig.build(pipeline)).toHaveReused(compile, check, pack);
    // docs end
    // docs: assert
    assertRan(report, compile, "check"); // from "@ashlar/runner-mock/assert"
    assertRanBefore(rig.mock, check, pack);
    assertReused(await rig.build(pipeline), compile);
    // docs end
  });

  test("takes snapshots of pipelines and plans", async () => {
    await using rig = scripted();
    // docs: snapshots
    expect(await pipelineText(pipeline)).toMatchInlineSnapshot(`
      "compile
        runs   cc -O2 in/src/main.c -o out/app
        reads  in/src = source:src
        makes  out/app (file)
      check (target)
        runs   in/app --self-test
        reads  in/app = compile app
      pack (target)
        runs   pack in/app out/dist
        reads  in/app = compile app
        makes  out/dist (tree)
        after  check"
    `);

    await rig.build(app);
    await rig.edit(src, { "main.c": "int other;" });
    expect(String(await rig.plan(pipeline))).toMatchInlineSnapshot(`
      "0 reused, 1 to run, 2 unknown
        run      compile  src/main.c differs
        unknown  check    first time, after \`compile\`
        unknown  pack     first time, after \`compile\`"
    `);
    // docs end
    await rig.build(pipeline);
  });

  test("tries other orders", async () => {
    await using rig = new Rig({ files: { "src/main.c": "" } });
    const cwd = rig.project;
    const order: string[] = [];
    // docs: explore
    const racing = stage("racing", (name: string) =>
      fn.opaque(`racing ${name}`, {
        outputs: { seen: out.file("seen") },
        run: async ({ out: { seen } }) => {
          order.push(name); // shared by both, so what it holds depends on who is first
          await writeFile(seen, order.join());
        },
      }),
    );
    const both = all({ a: racing("a"), b: racing("b") });
    const found = await explore(both, { schedules: 500, seed: 7, reset: () => order.splice(0) });
    expect(found.difference?.stages[0]?.stage).toMatch(/^racing/);

    const fine = await explore(pipeline, { schedules: 50, cwd });
    expect(fine.difference, String(fine)).toBeUndefined();
    // docs end
  });

  test("says how long a build would take", async () => {
    // docs: simulate
    const wide = matrix({ level: [0, 1, 2, 3] }, ({ level }) => compile({ src, level }));
    const durations = { compile: 40_000 }; // or a function; or those on record, of a `runner`
    expect((await simulate(wide, { durations, slots: 1 })).makespanMs).toBe(160_000);
    const { makespanMs, utilisation } = await simulate(wide, { durations, slots: 3 });
    expect({ makespanMs, utilisation }).toEqual({ makespanMs: 80_000, utilisation: 2 / 3 });
    // docs end
  });

  test("shows what is wrong with a script", async () => {
    await using rig = new Rig({ onUnused: "ignore" });
    await rig.edit({ "src/main.c": "" });
    rig.mock.on("complie", {}).on(check, {});
    const report = await rig.tryBuild(app);
    const shown = `${renderError(report.errors[0] as BuildError)}\n`;
    expect(shown).toContain("did you mean `complie`?");
  });

  test("records and replays", async () => {
    await using rig = new Rig({ files: { "words/a.txt": "lime\n" } });
    const cwd = rig.project;
    // docs: record
    const node = [tool.host("node", { version: ["--version"] })];
    const count = stage(
      "count",
      ({ words }: { words: Tree }) => sh({ tools: node })`node -p 1 ${words}`,
    );
    const counted = count({ words: source("words") });

    {
      // Where the tools are: by hand, or every night.
      await using runner = recordingRunner(localRunner(), "recording");
      await build(counted, { runner, store: new MemoryStore(), cwd });
    }
    // In every test, without any tool:
    const runner = replayRunner("recording");
    const report = await build(counted, { runner, store: new MemoryStore(), cwd });
    expect(report.ran).toEqual(["count"]);
    // docs end
    await rig.edit({ "words/b.txt": "sand\n" });
    const failing = build(counted, { runner, store: new MemoryStore(), cwd });
    const miss = await failing.then(
      () => "",
      (error: BuildError) => `${renderError(error)}\n`,
    );
    expect(miss).toContain("words/b.txt is new");
    blocks["text"] = miss;
  });

  test("is as its snippets are", async () => {
    const page = renderPage("testing-pipelines.md", blocks);
    await expect(page).toMatchFileSnapshot("../docs/testing-pipelines.md");
  });
});

/** What of the page is printed. */
const blocks: Record<string, string> = {};
