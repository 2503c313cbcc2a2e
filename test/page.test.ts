/**
 * Pages: what they say of a stage is what `why` says of it, and what they show is what the plan and the build say.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { graphPage, lastBuildOf } from "@ashlar/cli";
import {
  all,
  build,
  dynamic,
  foldReport,
  out,
  plan,
  reportFold,
  sh,
  source,
  stage,
  text,
  tryBuild,
  type BuildEvent,
  type File,
  type Handle,
  type Tree,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { whyText } from "../packages/cli/page/panel/why.ts";
import { pageData } from "../packages/cli/src/page/graph-page.ts";
import type { PageData, PageStage } from "../packages/cli/src/page/page-data.ts";
import { BuildRig } from "./rig/build-rig.ts";
import { renderPage } from "./rig/snippets.ts";

const template = fileURLToPath(new URL("../packages/cli/dist/page.html", import.meta.url));

function stageOf({ nodes }: PageData, label: string): PageStage {
  return nodes.find((node) => node.label === label)?.stage as PageStage;
}

/** What the page says of every stage, and what `why` says of it. */
async function bothWhys(
  rig: BuildRig,
  handles: Readonly<Record<string, Handle>>,
): Promise<[string[], string[]]> {
  const coming = await rig.plan(Object.values(handles));
  const page = await pageData(coming, { title: "t", store: rig.store });
  const labels = page.nodes.map(({ label }) => label);
  const names = Object.keys(handles);
  const shown = names.map((name) => whyText(page.nodes, labels.indexOf(name)));
  const said = await Promise.all(
    names.map(async (name) => String(await coming.why(handles[name]!))),
  );
  return [shown, said];
}

test("a page explains each stage as `why` does, whatever was edited", async () => {
  const edit = fc.tuple(fc.nat(5), fc.nat(2));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 3, maxLength: 26 }),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      async (rows, edits) => {
        await using rig = await BuildRig.create();
        rig.write(Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`s${at}`, "0"])));
        const files: File[] = [];
        for (const [at, picks] of rows.entries()) {
          const needs = at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))];
          const inputs = Object.fromEntries(needs.map((need) => [`i${need}`, files[need]!]));
          const own = source.file(`s${at % 6}`);
          const [file, command] = rig.stage(`step${at}`, { ...inputs, own }, "made");
          command.always({ made: String(at) });
          files.push(file);
        }
        const handles = Object.fromEntries(files.map((file, at) => [`step${at}`, file]));
        const first = await bothWhys(rig, handles);
        expect(first[0]).toEqual(first[1]);
        await rig.build(files);
        for (const [at, content] of edits) rig.write({ [`s${at}`]: String(content) });
        const second = await bothWhys(rig, handles);
        expect(second[0]).toEqual(second[1]);
        // Reused, but made from something else than before that.
        await rig.build(files);
        const third = await bothWhys(rig, handles);
        expect(third[0]).toEqual(third[1]);
      },
    ),
    { numRuns: 15 },
  );
});

test("a page of a plan without a build says what would happen", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/main.c": "int main;" });
  const compile = stage("compile", (inputs: { src: Tree; flags: File }) => {
    return sh({ cwd: "in" })`cc ${inputs.src} ${inputs.flags} -o ${out.file("app")}`;
  });
  const check = stage("check", (app: File) => sh`test ${app}`);
  const { app } = compile({ src: source("src"), flags: text("-O2").as("flags") });
  const page = await pageData(await rig.plan(check(app)), { title: "t", store: rig.store });
  expect(page.build).toBeUndefined();
  expect(page.nodes.map(({ kind, label }) => `${kind} ${label}`)).toEqual([
    "source src",
    "text flags",
    "stage compile",
    "stage check",
  ]);
  expect(stageOf(page, "compile")).toMatchObject({
    state: "run",
    cwd: "in",
    outputs: [{ name: "app", kind: "file" }],
  });
  expect(stageOf(page, "check").state).toBe("unknown");
  expect(page.nodes[3]).toMatchObject({ isTarget: true, needs: [{ node: 2, output: "app" }] });
});

test("a page of a build says what ran when, what was reused, what failed, and what it printed", async () => {
  // a ─▶ b ─▶ c,  a ─▶ d
  await using rig = await BuildRig.create();
  rig.write({ s: "1" });
  const [a, first] = rig.stage("a", { s: source.file("s") }, "a");
  const [b, second] = rig.stage("b", { a }, "b");
  const [c] = rig.stage("c", { b });
  const [d, fourth] = rig.stage("d", { a });
  first.always({ a: "1" });
  await rig.build(a);
  const building = rig.tryBuild([c, d], { keepGoing: true });
  const failing = await second.next();
  const printing = await fourth.next();
  rig.clock.advance(42);
  failing.fail(3, "no\u001b[31m such thing\n");
  printing.exit({}, { stdout: "done\n" });
  const report = await building;
  const last = lastBuildOf(foldReport(rig.events), { report, slots: 4 });
  const page = await pageData(await rig.plan([c, d]), {
    title: "t",
    store: rig.store,
    build: last,
  });
  expect(["a", "b", "c", "d"].map((name) => stageOf(page, name).state)).toEqual([
    "reused",
    "failed",
    "skipped",
    "ran",
  ]);
  expect(page.build).toMatchObject({ outcome: "failed", slots: 4, durationMs: 42 });
  expect(stageOf(page, "b")).toMatchObject({
    run: { from: 0, to: 42, row: 1 },
    log: { text: "no such thing\n" },
  });
  expect(stageOf(page, "d")).toMatchObject({
    run: { from: 0, to: 42, row: 2 },
    log: { text: "done\n" },
  });
  expect(stageOf(page, "a").reusedAt).toBe(0);
  expect(stageOf(page, "a").run).toBeUndefined();
  expect(page.criticalPath.map((at) => page.nodes[at]?.label)).toEqual(["b"]);
  expect(page.criticalMs).toBe(42);
});

test("stages that a dynamic stage has described are in the page of their build", async () => {
  await using rig = await BuildRig.create();
  rig.write({ list: "one two" });
  const use = stage("use", (word: string) => sh`use ${word} ${out.file("used")}`);
  const many = dynamic("many", { list: source.file("list") }, async ({ list }) => {
    const words = (await list.text()).split(" ");
    if (words.includes("")) throw new Error("no words");
    return all(Object.fromEntries(words.map((word) => [word, use(word)])));
  });
  const events: BuildEvent[] = [];
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  const options = { runner, store: rig.store, cwd: rig.project };
  const report = await build(many, { ...options, onEvent: (event) => events.push(event) });
  const last = lastBuildOf(foldReport(events), { report });
  const pageOf = async (): Promise<PageData> =>
    await pageData(await rig.plan(many), { title: "t", store: rig.store, build: last });
  const planned = await pageOf();
  expect(planned.nodes.map(({ label, stage: one }) => [label, one?.state])).toEqual([
    ["use", "ran"],
    ["use#2", "ran"],
    ["list", undefined],
    ["many", "expanded"],
  ]);
  expect(planned.nodes[1]?.stage?.argv).toEqual(["use", "two", "out/used"]);
  expect(planned.nodes[3]?.needs?.map(({ node }) => node)).toEqual([2, 0, 1]);

  // Now the plan does not come to know of them.
  rig.write({ list: "" });
  const page = await pageOf();
  expect(page.nodes.map(({ label, stage: one }) => [label, one?.state])).toEqual([
    ["list", undefined],
    ["many", "expanded"],
    ["use", "ran"],
    ["use#2", "ran"],
  ]);
  expect(page.nodes[3]?.stage?.argv).toBeUndefined();
  expect(page.nodes[1]?.needs?.map(({ node }) => node)).toEqual([0, 2, 3]);
});

test("the page of the documentation says how a program writes one", async () => {
  // `npm test` builds first.
  if (!existsSync(template)) return;
  await using rig = await BuildRig.create();
  rig.write({ "src/main.c": "int main;" });
  const compile = stage("compile", (src: Tree) => sh`cc ${src} -o ${out.file("app")}`);
  const app = compile(source("src"));
  const { store } = rig;
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  const cwd = rig.project;
  const path = join(rig.folder, "graph.html");

  // docs: program
  const fold = reportFold();
  const report = await tryBuild(app, { runner, store, cwd, onEvent: fold.onEvent });
  const last = lastBuildOf(fold.summary(), { report });

  const coming = await plan(app, { runner, store, cwd });
  await writeFile(path, await graphPage(coming, { title: "my build", store, build: last }));
  // docs end

  const page = readFileSync(path, "utf8");
  expect(page).toMatch(/^<!doctype html>[^]*<title>my build<\/title>/);
  const [, json = ""] =
    /<script type="application\/json" id="data">(.*)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(json)).toMatchObject({ version: 1, build: { outcome: "succeeded" } });
  // Whoever is in the bundle is named, with a licence.
  for (const name of ["sigma", "graphology", "@sigma/node-border", "events"]) {
    expect(page).toMatch(new RegExp(`== ${name} \\S+ \\(MIT\\)\\n`));
  }
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)[^ ]*["'](?: |>)/);
});

test("the snippets of docs/pictures.md are those of this file", async () => {
  await expect(renderPage("pictures.md")).toMatchFileSnapshot("../docs/pictures.md");
});
