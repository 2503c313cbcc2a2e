/**
 * Commands through the real program, on a small project.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";

import { foldReport, readEvents } from "@ashlar/core";
import { describe, expect, test } from "vitest";

import { Project, small, whyNot } from "./rig.ts";

const files = { "ashlar.build.ts": small, "src/a.txt": "hello\n" };

describe.skipIf(whyNot !== undefined)("ashlar", () => {
  test("builds everything, and the second time nothing", async () => {
    using project = new Project(files);
    const first = await project.run("build");
    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(first.stderr).toMatch(/^\[1\/3\] ran {5}copy {2}/);
    expect(first.stderr).toMatch(/\nsucceeded in .*: 3 ran\n$/);
    const second = await project.run("build");
    expect(second.stderr).toMatch(/^succeeded in .*: 3 reused\n$/);
  });

  test("finds in a remote cache what another machine has built, and says so", async () => {
    using project = new Project({
      ...files,
      "ashlar.build.ts": `${small}
import { sharedFolder, withRemote } from "@ashlar/runner-remote";
export const settings = {
  remote: (store) => withRemote(store, sharedFolder(new URL("shared", import.meta.url).pathname)),
};`,
    });
    project.install("runner-remote", "runners/remote");
    const here = await project.run("build", { CI: "1" });
    expect(here.stderr).toMatch(/\ncache \S+shared: 0 hits, 3 misses; 3 results sent, .* KiB\n/);
    expect(here.stderr).toMatch(/\nsucceeded in .*: 3 ran\n$/);
    const there = await project.run("build --store .other --json");
    expect(there.stderr).toMatch(/^cache \S+shared: 3 hits, 0 misses, \d+ bytes fetched\n/);
    expect(there.stderr).toMatch(/\nsucceeded in .*: 3 reused\n$/);
    expect(JSON.parse(there.stdout)).toMatchObject({ remoteCache: { hits: 3, failures: 0 } });
    const alone = await project.run("build --store .third --no-remote");
    expect(alone.stderr).toMatch(/\nsucceeded in .*: 3 ran\n$/);
    expect(alone.stderr).not.toContain("cache");
  });

  test("says what failed, why, and what it printed", async () => {
    using project = new Project({ ...files, "src/a.txt": "hello bad\n" });
    const built = await project.run("build --keep-going --json");
    expect(built.code).toBe(1);
    expect(built.stderr).toContain("error[STAGE_FAILED]: stage `lint` exited with 3");
    expect(built.stderr).toContain("found bad words");
    expect(built.stderr).toContain("`ashlar logs lint` has all of it");
    expect(built.stderr).toMatch(/\nfailed in .*: 1 failed, 2 ran\n$/);
    expect(built.stdout).toContain("`ashlar logs lint` has all of it");
    const report = JSON.parse(built.stdout) as { errors: { code: string }[]; outcome: string };
    expect(report).toMatchObject({ outcome: "failed", errors: [{ code: "STAGE_FAILED" }] });

    const logs = await project.run("logs checks");
    expect(logs).toMatchObject({
      code: 0,
      stdout: "── copy (reused)\ncopying\n── lint (failed)\nfound bad words\n",
    });
    const data = await project.run("logs checks.lint --json");
    expect(JSON.parse(data.stdout)).toEqual({
      stages: [
        { stage: "copy", outcome: "reused", text: "copying\n" },
        { stage: "lint", outcome: "failed", text: "found bad words\n" },
      ],
    });
  });

  test("prints the log of a stage, and says when there is none", async () => {
    using project = new Project(files);
    expect((await project.run("logs copy")).stderr).toContain("no log is known; build it first");
    await project.run("build --reporter none");
    expect((await project.run("logs copy")).stdout).toBe("── copy (reused)\ncopying\n");
    expect((await project.run("logs both.copied")).stdout).toBe("── copy (reused)\ncopying\n");
    expect(await project.run("logs lint")).toMatchObject({
      ...{ code: 0, stdout: "", stderr: "lint: 1 stage printed nothing\n" },
    });
    expect((await project.run("logs lnit")).code).toBe(2);
  });

  test("places stages of installed packages where the build file has called them", async () => {
    using project = new Project({
      ...files,
      "node_modules/kit/package.json": `{ "type": "module", "exports": "./index.js" }`,
      "node_modules/kit/index.js": `import { all, dynamic, sh, source, stage } from "@ashlar/core";
const inputs = { src: source("src") };
const fail = stage("fail", (code) => sh\`sh -c \${"exit " + code}\`);
export const lint = () => fail(1);
export const late = () => dynamic("late", inputs, async () => all([fail(2)]));
export const broken = () => dynamic("broken", inputs, async () => { throw new Error("no"); });
`,
      "ashlar.build.ts": `import { broken, late, lint } from "kit";

export const one = lint();
export const two = late();
export const three = broken();
`,
    });
    const { stderr } = await project.run("build --keep-going");
    const places = [...stderr.matchAll(/declared at +\S+?\/(node_modules\S+|[^/]+:\d+):\d+\n/g)];
    expect(places).toHaveLength(3);
    expect(new Set(places.map(([, place]) => place))).toEqual(
      new Set(["ashlar.build.ts:3", "ashlar.build.ts:4", "ashlar.build.ts:5"]),
    );
  });

  test("tells two calls of one stage apart", async () => {
    using project = new Project({
      ...files,
      "ashlar.build.ts": `import { sh, stage } from "@ashlar/core";
const say = stage("say", (word: string) => sh.bash\`echo \${word}; test \${word} != two\`);
export const all = { one: say("one"), two: say("two") };`,
    });
    const { stderr, stdout } = await project.run("build -k -j 1 --json --junit j.xml");
    expect(stderr).toMatch(/ ran +say {2}/);
    expect(stderr).toMatch(/ failed +say#2 {2}/);
    expect(stderr).toContain("`ashlar logs 'say#2'` has all of it");
    expect((await project.run("logs say#2")).stdout).toBe("── say#2 (failed)\ntwo\n");
    expect((await project.run("logs all.two")).stdout).toContain("(failed)\ntwo\n");
    // Its number is another one without the other call, and what it printed is not known any more.
    const source = readFileSync(project.path("ashlar.build.ts"), "utf8");
    project.write({ "ashlar.build.ts": source.replace("echo", "echo -n") });
    expect((await project.run("logs all.two")).stderr).toContain("no log is known");
    const { stages } = JSON.parse(stdout) as { stages: { name: string }[] };
    expect(stages.map(({ name }) => name)).toEqual(["say", "say#2"]);
    const junit = readFileSync(project.path("j.xml"), "utf8");
    expect(junit).toContain(`<testcase name="say#2"`);
    expect(junit).not.toContain("report.log");
  });

  test("plans, and names what nobody asked for", async () => {
    using project = new Project(files);
    const { stdout, code } = await project.run("plan checks.unit");
    expect(code).toBe(0);
    expect(stdout).toBe(`0 reused, 1 to run, 1 unknown
  run      copy  first time
  unknown  test  first time, after \`copy\`
not requested: both, checks.lint, copied
`);
    const data = JSON.parse((await project.run("plan checks.unit --json")).stdout) as object;
    expect(data).toMatchObject({
      targets: ["checks.unit"],
      notRequested: ["both", "checks.lint", "copied"],
      stages: [{ stage: "copy", status: "run" }, { stage: "test" }],
    });
  });

  test("plans what dynamic stages describe", async () => {
    using project = new Project({
      list: "a b\n",
      "ashlar.build.ts": `import { all, dynamic, sh, source, stage } from "@ashlar/core";
const say = stage("say", (word: string) => sh\`echo \${word}\`);
export const each = dynamic("each", { list: source.file("list") }, async ({ list }) => {
  const words = (await list.text()).trim().split(" ");
  return all(Object.fromEntries(words.map((word) => [word, say(word)])));
});
`,
    });
    await project.run("build");
    const reused = await project.run("plan");
    expect(reused.stdout).toMatch(/^3 reused, 0 to run, 0 unknown\n/);
    project.write({ list: "a c\n" });
    const { stdout } = await project.run("plan");
    expect(stdout).toMatch(/^1 reused, 1 to run, 1 unknown\n/);
    expect(stdout).toMatch(/ run +say#2 +argument 1: `b` is now `c`/);
    expect((await project.run("why each")).stdout).toContain("`say#2` would run");
  });

  test("says why, down to the line that changed", async () => {
    using project = new Project(files);
    await project.run("build");
    project.write({ "src/a.txt": "hello again\n" });
    const { stdout } = await project.run("why copied");
    expect(stdout).toContain("`copy` would run");
    expect(stdout).toContain("src/a.txt differs");
    const data = JSON.parse((await project.run("why copied --json")).stdout) as object;
    expect(data).toMatchObject({ stages: [{ stage: "copy", status: "run" }] });
  });

  test("ends with what the logs of stages warn of, and says more when asked why", async () => {
    using project = new Project({
      ...files,
      "ashlar.build.ts": `import { sh, source, stage } from "@ashlar/core";
const remarks = (log: string) =>
  [...log.matchAll(/^(old|new): (.*)$/gm)].map(([text, kind = "", subject = ""]) => {
    return { kind, subject, text, severity: kind === "old" ? "warning" as const : "note" as const };
  });
export const count = stage("count", () => sh({ root: { src: source("src") }, remarks })\`sh -c \${"echo new: b; echo old: a >&2"}\`)();
`,
    });
    const first = await project.run("build --json");
    expect(first.stderr).toMatch(/\nwarning: count: old: a\nsucceeded in .*: 1 ran\n$/);
    const old = { kind: "old", subject: "a", text: "old: a", severity: "warning" };
    const young = { kind: "new", subject: "b", text: "new: b", severity: "note" };
    expect(JSON.parse(first.stdout)).toMatchObject({ stages: [{ remarks: [young, old] }] });
    const second = await project.run("build");
    expect(second.stderr).toMatch(/^warning: count: old: a\nsucceeded in .*: 1 reused\n$/);
    const why = await project.run("why count");
    expect(why.stdout).toContain("  from its log:\n    warning: old: a\n    new: b\n");
    const data = JSON.parse((await project.run("why count --json")).stdout) as unknown;
    expect(data).toMatchObject({ stages: [{ remarks: [young, old] }] });
  });

  test("prints the graph in three languages", async () => {
    using project = new Project(files);
    expect((await project.run("graph")).stdout).toMatch(/^digraph plan \{[^]*\}\n$/);
    expect((await project.run("graph --format mermaid")).stdout).toMatch(/^flowchart /);
    const { nodes } = JSON.parse((await project.run("graph --json checks")).stdout) as {
      nodes: { key: string }[];
    };
    expect(nodes.map(({ key }) => key)).toEqual(["source:src", "copy", "test", "lint"]);
    expect(await project.run("graph --format svg")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("one of: dot, mermaid, json") as string,
    });
  });

  test("exports one artifact, and nothing else", async () => {
    using project = new Project(files);
    expect((await project.run("export copied out/a.txt")).code).toBe(0);
    expect(readFileSync(project.path("out/a.txt"), "utf8")).toBe("hello\n");
    const group = await project.run("export both out/b");
    expect(group.code).toBe(2);
    expect(group.stderr).toContain("hint: one of its members is: both.copied");
    expect(existsSync(project.path("out/b"))).toBe(false);
  });

  test("records events that give the same summary again", async () => {
    using project = new Project(files);
    await project.run("build --events events.jsonl --reporter none");
    const summary = await foldReport(readEvents(project.path("events.jsonl")));
    expect(summary).toMatchObject({ outcome: "succeeded", totals: { ran: 3 } });
  });

  test.skipIf(!existsSync("/dev/full"))("says when a disk is full, and has built", async () => {
    using project = new Project(files);
    const { code, stderr } = await project.run("build --events /dev/full");
    expect(code).toBe(3);
    expect(stderr).toContain("succeeded in");
    expect(stderr).toContain("error[REPORT_UNWRITABLE]: `/dev/full` cannot be written");
    const both = await project.run("build --events events.jsonl --junit /dev/full");
    expect(both).toMatchObject({ code: 3 });
    const last = readFileSync(project.path("events.jsonl"), "utf8").trim().split("\n").at(-1);
    expect(last).toContain("build-settled");
  });

  test("verifies, and finds a command that gives something else each time", async () => {
    using project = new Project({
      ...files,
      "other.ts": `import { out, sh, stage } from "@ashlar/core";
export const now = stage("now", () => sh.bash\`date +%s%N > \${out.file("time")}\`)();`,
    });
    expect(await project.run("verify checks.unit")).toMatchObject({
      code: 0,
      stdout: "copy  same\ntest  same\n",
    });
    const differs = await project.run("verify -f other.ts --json");
    expect(differs.code).toBe(1);
    expect(JSON.parse(differs.stdout)).toMatchObject({ ok: false, stages: [{ name: "now" }] });
  });

  test("checks types and names, and runs nothing", async () => {
    using project = new Project({
      ...files,
      "twice.ts": `import { sh, stage } from "@ashlar/core";
const a = stage("test", () => sh\`a\`);
const b = stage("test", () => sh\`b\`);
export const tests = { a: a(), again: a(), b: b() };`,
    });
    expect(await project.run("check")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("ashlar.build.ts: 6 targets") as string,
    });
    const twice = await project.run("check -f twice.ts");
    expect(twice.code).toBe(1);
    expect(twice.stderr).toContain("error[STAGE_NAME_TWICE]: 2 stages are called `test`");
    expect(existsSync(project.path(".store"))).toBe(false);
  });

  test("checks types with what the project names in its configuration", async () => {
    using project = new Project({
      ...files,
      "tsconfig.json": `{ "compilerOptions": { "types": ["node"] } }`,
    });
    mkdirSync(project.path("node_modules/@types"));
    for (const name of ["typescript", "@types/node"]) {
      const installed = new URL(`../../../node_modules/${name}`, import.meta.url);
      symlinkSync(installed, project.path(`node_modules/${name}`));
    }
    expect(await project.run("check")).toMatchObject({
      code: 0,
      stdout: "ashlar.build.ts: 6 targets, types fit\n",
    });
    project.write({ "tsconfig.json": `{ "compilerOptions": { "types": ["nothing"] } }` });
    const ended = await project.run("check");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("error[BUILD_FILE_TYPES]");
    expect(ended.stderr).toContain("TS2688: Cannot find type definition file for 'nothing'");
  });

  test("looks after the store", async () => {
    using project = new Project(files);
    await project.run("build --reporter none");
    const store = await project.run("store");
    expect(store.stdout).toMatch(/\n {2}results +3 files /);
    expect(await project.run("store --check")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^3 results, \d+ blobs whole, 0 problems\n$/) as string,
    });
    const gone = await project.run("gc --max-bytes 1 --json");
    expect(JSON.parse(gone.stdout)).toMatchObject({ removed: { results: { count: 3 } } });
    expect((await project.run("build")).stderr).toMatch(/\n?.* ran {5}copy /);
  });

  test("keeps large inputs laid out beside what is stored, and collects them with it", async () => {
    const many = Array.from({ length: 600 }, (_, n) => [`big/${n}`, `${n}`] as const);
    using project = new Project({
      ...Object.fromEntries(many),
      "ashlar.build.ts": `import { sh, source, stage } from "@ashlar/core";
export const count = stage("count", () => sh\`ls \${source("big")}\`)();`,
    });
    await project.run("build --reporter none");
    const isSandboxed = existsSync(project.path(".store/trees"));
    const { stdout } = await project.run("gc --max-bytes 1 --json");
    const none = { count: 0, bytes: 0 };
    expect(JSON.parse(stdout)).toMatchObject({
      trees: { removed: isSandboxed ? { count: 1, bytes: 1690 } : none, kept: none },
    });
  });

  test("looks after the store of the build file", async () => {
    using project = new Project({
      ...files,
      "ashlar.build.ts": `${small}\nexport const settings = { store: "mine" };`,
    });
    await project.run("build --reporter none");
    expect((await project.run("store", {}, "src")).stdout).toContain(project.path("mine"));
    expect((await project.run("gc --max-bytes 1")).stdout).toMatch(/\/mine\nremoved 3 results/);
    project.write({
      "ashlar.build.ts": `import { MemoryStore } from "@ashlar/core";
${small}\nexport const settings = { store: new MemoryStore() };`,
    });
    expect(await project.run("gc")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is no directory of this machine") as string,
    });
  });

  test("keeps what a build file prints out of what was asked for", async () => {
    using project = new Project({
      ...files,
      "ashlar.build.ts": `${small}\nconsole.log("loading");`,
    });
    const { stdout, stderr } = await project.run("graph --json");
    expect(stderr).toBe("loading\n");
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  });

  test("explains errors, by names that are nearly right", async () => {
    using project = new Project({});
    expect((await project.run("explain stage-failed")).stdout).toMatch(/^# STAGE_FAILED\n/);
    const wrong = await project.run("explain STAGE_FALED");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("did you mean `STAGE_FAILED`");
  });

  test.each([
    ["biuld", "Did you mean build?"],
    ["build --keep-gonig", "Did you mean --keep-going?"],
    ["build -j many", "is no whole number"],
    ["why", "missing required argument"],
    ["build --reporter loud", "one of: auto, live, plain, github, none"],
    ["gc --max-age soon", "is no span of time"],
    ["store more", "too many arguments"],
  ])("`%s` is told what is wrong with it", async (words, said) => {
    using project = new Project(files);
    const { code, stderr } = await project.run(words);
    expect(stderr).toContain(said);
    expect(code).toBe(2);
  });

  test("tells the reporters of the build file", async () => {
    using project = new Project({
      ...files,
      "ashlar.build.ts": `${small}
import { writeFileSync } from "node:fs";
const types: string[] = [];
export const settings = {
  reporters: [
    {
      onEvent: ({ type }: { type: string }) => types.push(type),
      end: () => writeFileSync("told.txt", types.join("\\n")),
    },
  ],
};`,
    });
    await project.run("build copied");
    expect(readFileSync(project.path("told.txt"), "utf8")).toMatch(
      /^build-started\n[^]*build-settled$/,
    );
  });

  test("does not load the build file for its help", async () => {
    using project = new Project({ "ashlar.build.ts": `throw new Error("loaded");` });
    for (const words of ["--help", "help build", "build --help", "--version"]) {
      expect(await project.run(words)).toMatchObject({ code: 0, stderr: "" });
    }
    expect((await project.run("build")).code).toBe(2);
  });

  test("has the version of its package", async () => {
    using project = new Project({});
    const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect((await project.run("--version")).stdout).toBe(`${version}\n`);
  });

  test("ends quietly when nobody reads on", async () => {
    using project = new Project(files);
    const { execa } = await import("execa");
    const { program } = await import("./rig.ts");
    const shell = `"${process.execPath}" "${program}" graph | head -c 1`;
    const ended = await execa("bash", ["-c", shell], {
      ...{ cwd: project.folder, env: project.env, reject: false },
    });
    expect(ended).toMatchObject({ stdout: "d", stderr: "" });
  });
});
