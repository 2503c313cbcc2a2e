/**
 * Plans: what a build would do is what it does, and nothing is done meanwhile.
 *
 * @module
 */
import {
  MemoryStore,
  all,
  build,
  dynamic,
  out,
  plan,
  planGraph,
  seq,
  sh,
  source,
  stage,
  text,
  type File,
  type Handle,
} from "@ashlar/core";
import { mockRunner, virtualClock } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { BuildRig } from "./rig/build-rig.ts";

// main.c ──▶ compile ──▶ main.o ──▶ link ──▶ app,  notes ──▶ docs
async function project() {
  const rig = await BuildRig.create();
  rig.write({ "main.c": "int main() { return 0; }", notes: "n" });
  const [object, compile] = rig.stage("compile", { "main.c": source.file("main.c") }, "main.o");
  const [app, link] = rig.stage("link", { "main.o": object }, "app");
  const [docs, write] = rig.stage("docs", { notes: source.file("notes") }, "docs");
  compile.always({ "main.o": "0" });
  link.always({ app: "0" });
  write.always({ docs: "0" });
  return { rig, object, app, docs, everything: all({ app, docs }), compile };
}

test("the first plan knows nothing of earlier runs", async () => {
  const { rig, everything } = await project();
  await using _ = rig;
  const coming = await rig.plan(everything);
  expect(String(coming)).toMatchInlineSnapshot(`
    "0 reused, 2 to run, 1 unknown
      run      compile  first time
      unknown  link     first time, after \`compile\`
      run      docs     first time"
  `);
  expect(coming.named("unknown")).toEqual(["link"]);
});

test("inputs that lie in another one are not missed there", async () => {
  await using rig = await BuildRig.create();
  rig.write({ "src/a": "1", inner: "i", in: "0" });
  const [made, make] = rig.stage("make", { in: source.file("in") }, "made");
  const inputs = {
    made,
    src: source("src"),
    "src/deep/inner": source.file("inner"),
    "src/near": text("n"),
  };
  const [used, use] = rig.stage("use", inputs, "used");
  make.always({ made: "" });
  use.always({ used: "" });
  await rig.build(used);

  rig.write({ "src/a": "2", in: "1" });
  expect(String(await rig.plan(used))).toMatchInlineSnapshot(`
    "0 reused, 1 to run, 1 unknown
      run      make  in differs
      unknown  use   src/a differs; after \`make\`"
  `);
});

test("a plan says what would run, why, and what that depends on", async () => {
  const { rig, everything, compile } = await project();
  await using _ = rig;
  await rig.build(everything);
  expect(String(await rig.plan(everything))).toMatchInlineSnapshot(`
    "3 reused, 0 to run, 0 unknown
      hit      compile
      hit      link
      hit      docs"
  `);

  rig.write({ "main.c": "int main() { return 1; }" });
  expect(String(await rig.plan(everything))).toMatchInlineSnapshot(`
    "1 reused, 1 to run, 1 unknown
      run      compile  main.c differs
      unknown  link     runs unless \`compile\` comes out unchanged
      hit      docs"
  `);
  // It comes out unchanged, and the unknown is a hit.
  expect(await rig.build(everything)).toMatchObject({ ran: ["compile"] });

  rig.write({ "main.c": "int main() { return 2; }", notes: "m" });
  compile.always({ "main.o": "2" });
  expect((await rig.plan(everything)).named("run")).toEqual(["compile", "docs"]);
});

test("a plan runs nothing, and changes nothing for the build that follows", async () => {
  const { rig, everything, compile } = await project();
  await using _ = rig;
  await rig.plan(everything);
  expect(compile.runs).toBe(0);
  const cold = await rig.build(everything);
  expect(cold.ran.toSorted()).toEqual(["compile", "docs", "link"]);
  rig.write({ "main.c": "changed" });
  await rig.plan(everything);
  await rig.plan(everything);
  const warm = await rig.build(everything);
  expect(warm.ran).toEqual(["compile"]);
  expect(warm.reused.toSorted()).toEqual(["docs", "link"]);
});

test("each reason is a few words", async () => {
  const store = new MemoryStore();
  await using rig = await BuildRig.create(store);
  rig.write({ "src/a": "a", "src/b": "b" });
  const src = source("src");
  const gone = stage("gone", () => sh`gone ${out.tree("gone")}`)();
  const calls = (edited: boolean): Handle =>
    all({
      argument: stage("argument", () => sh`x ${edited ? "2" : "1"}`)(),
      source: stage("source", () => sh({ root: { src } })`x`)(),
      gone,
      same: stage("same", () => sh`x ${edited ? "2" : "1"}`)(),
      ...(edited && { added: stage("added", () => sh`added`)() }),
      effect: stage("effect", () => sh({ sideEffects: true })`x`)(),
      longer: stage("longer", () => sh`x ${["a\nb", edited ? "c\nd" : "c"]}`)(),
      inside: dynamic("inside", { gone }, async () => stage("leaf", () => sh`leaf`)()),
    });
  await rig.buildEmpty(calls(false));
  rig.write({ "src/a": "A", "src/b": "B" });
  const made = await rig.buildEmpty(gone);
  store.evict(await made.digest(gone));
  expect(String(await planEmpty(rig, calls(true)))).toMatchInlineSnapshot(`
    "1 reused, 6 to run, 1 unknown
      run      argument  argument 1: \`1\` is now \`2\`
      run      source    src/a differs, and 1 more
      run      gone      its result was lost
      hit      same      it is the same as \`argument\`
      run      added     first time
      run      effect    it has side effects
      run      longer    argument 2 differs
      unknown  inside    it describes its graph in the build"
  `);
});

test("how long it takes is what it took, on the longest way", async () => {
  await using rig = await BuildRig.create();
  const took = { a: 100, b: 30, c: 50, d: 7 };
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  for (const [name, durationMs] of Object.entries(took)) {
    runner.on(name, { outputs: { [name]: "" }, durationMs });
  }
  const step = (name: string, flag: string, ...inputs: readonly File[]): File =>
    stage(name, () => sh`${name} ${[flag]} ${inputs} ${out.file(name)}`)() as never;
  // a ──▶ c ──▶ d, and b ──▶ d
  const all3 = (flag: string): Handle => {
    const a = step("a", flag);
    return step("d", "", step("b", flag), step("c", "", a));
  };
  const options = { runner, store: rig.store, cwd: rig.project, clock: virtualClock(), slots: 1 };
  const cold = await plan(all3("1"), options);
  expect(cold).toMatchObject({ expectedMs: 0, longestMs: 0 });
  expect(cold.stages.every(({ expectedMs }) => expectedMs === undefined)).toBe(true);

  await build(all3("1"), options);
  const coming = await plan(all3("2"), options);
  expect(Object.fromEntries(coming.stages.map((each) => [each.stage, each.expectedMs]))).toEqual(
    took,
  );
  expect(coming).toMatchObject({ expectedMs: 100, longestMs: 157, criticalPath: ["a", "c", "d"] });
});

test("the graph of a plan is that of its targets, with what the plan says", async () => {
  const { rig, everything } = await project();
  await using _ = rig;
  await rig.build(everything);
  rig.write({ "main.c": "changed" });
  const coming = await rig.plan(everything);
  const graph = await coming.graph();
  const pure = await planGraph(everything);
  expect(graph.nodes()).toEqual(pure.nodes());
  expect(graph.edges()).toEqual(pure.edges());
  const statuses = graph.filterNodes(
    (_key, node) => node.type === "stage" && node.status === "run",
  );
  expect(statuses).toEqual(["compile"]);
  expect(graph.getNodeAttributes("compile")).toMatchObject({
    ...pure.getNodeAttributes("compile"),
    reason: "main.c differs",
  });
});

test("two calls of one stage are told apart as in the graph", async () => {
  await using rig = await BuildRig.create();
  const echo = stage("echo", (word: string) => sh`echo ${[word]}`);
  const targets = seq({ a: echo("a"), b: echo("b") });
  const { stages } = await planEmpty(rig, targets);
  expect(stages.map(({ stage: label }) => label)).toEqual(["echo", "echo#2"]);
  expect((await planGraph(targets)).nodes()).toEqual(["echo", "echo#2"]);
});

test("a plan can be stopped, and refuses what a build refuses", async () => {
  const { rig, everything } = await project();
  await using _ = rig;
  const runner = mockRunner();
  const options = { runner, store: rig.store, cwd: rig.project };
  await expect(plan(everything, { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject(
    { code: "BUILD_CANCELLED" },
  );
  await expect(plan(1 as never, options)).rejects.toMatchObject({ code: "NOT_A_HANDLE" });
  await expect(plan(everything, { ...options, runner: {} as never })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
  await expect(plan(source("nowhere"), options)).rejects.toMatchObject({ code: "SOURCE_MISSING" });
});

/** A graph: each stage has a source of its own and takes the outputs of some before it. */
interface Shape {
  readonly inputs: readonly number[];
  /** Whether its output says what it was given, or nothing: then the rebuild ends there. */
  readonly isConstant: boolean;
  /** Whether others get its output through a dynamic stage that reads it, and describes one more for it. */
  readonly isDynamic: boolean;
}

const shapes = fc
  .array(
    fc.record({
      picks: fc.array(fc.nat(), { maxLength: 3 }),
      isConstant: fc.boolean(),
      isDynamic: fc.boolean(),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((rows) =>
    rows.map(({ picks, ...kind }, at): Shape => {
      const inputs = at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))];
      return { inputs, ...kind };
    }),
  );

/** Edits between two builds: new content for the source of some stage, or new words for its command. */
const edits = fc.array(
  fc.record({ at: fc.nat(), what: fc.constantFrom("source", "word"), to: fc.nat({ max: 2 }) }),
  { maxLength: 4 },
);

/** A file by the way of a dynamic stage: what copies it has the length of the text in its command. */
function copied(rig: BuildRig, name: string, file: File): File {
  return dynamic.file(`d${name}`, { file }, async (inputs) => {
    const { length } = await inputs.file.text();
    const spec = { name: `c${name}`, args: [String(length)] };
    const [copy, tool] = rig.stage(spec, { file }, "copy");
    tool.always(async (call) => ({ copy: await call.text("file") }));
    return copy;
  });
}

/** Lays out the graph as it is after some edits. */
function layOut(
  rig: BuildRig,
  graph: readonly Shape[],
  sources: readonly number[],
  words: readonly number[],
): { readonly targets: Handle; readonly handles: readonly File[] } {
  const handles: File[] = [];
  const given: File[] = [];
  for (const [at, { inputs, isConstant, isDynamic }] of graph.entries()) {
    rig.write({ [`s${at}`]: `${sources[at]}` });
    const own = Object.fromEntries(inputs.map((each) => [`i${each}`, given[each]!]));
    const [made, tool] = rig.stage(
      { name: `n${at}`, args: [String(words[at])] },
      { s: source.file(`s${at}`), ...own },
      "o",
    );
    handles.push(made);
    given.push(isDynamic ? copied(rig, `${at}`, made) : made);
    tool.always(async (call) => {
      const parts = await Promise.all((await call.list()).map((path) => call.text(path)));
      return { o: isConstant ? "constant" : `${call.argv.join(" ")} (${parts.join(" ")})` };
    });
  }
  return {
    targets: all(Object.fromEntries(handles.map((handle, at) => [`n${at}`, handle]))),
    handles,
  };
}

test("what a plan says is what the build then does, in any graph after any edits", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, fc.array(edits, { maxLength: 3 }), async (graph, rounds) => {
      await using rig = await BuildRig.create(new MemoryStore());
      const sources = graph.map(() => 0);
      const words = graph.map(() => 0);
      for (const round of [[], ...rounds]) {
        for (const { at, what, to } of round) {
          (what === "source" ? sources : words)[at % graph.length] = to;
        }
        const { targets } = layOut(rig, graph, sources, words);
        const coming = await rig.plan(targets);
        const report = await rig.build(targets);
        expect(report.ran).toEqual(expect.arrayContaining([...coming.named("run")]));
        expect([...report.reused, ...report.expanded]).toEqual(
          expect.arrayContaining([...coming.named("hit")]),
        );
        const known = coming.stages.map(({ stage: name }) => name);
        const built = report.stages.map(({ name }) => name);
        expect(built).toEqual(expect.arrayContaining(known));
        // What dynamic stages describe is left out only if they read what is not known.
        const isOpen = coming.stages.some(
          ({ stage: name, status }) => name.startsWith("d") && status === "unknown",
        );
        if (!isOpen) expect(built).toHaveLength(known.length);
      }
    }),
    { numRuns: 60 },
  );
});

test("why leads to the edit that was made, in any graph", async () => {
  await fc.assert(
    fc.asyncProperty(
      shapes,
      fc.nat(),
      fc.constantFrom("source", "word"),
      async (drawn, pick, what) => {
        // All outputs say what they were given, so that every edit goes all the way.
        const graph = drawn.map((each) => ({ ...each, isConstant: false, isDynamic: false }));
        const edited = pick % graph.length;
        await using rig = await BuildRig.create(new MemoryStore());
        const sources = graph.map(() => 0);
        const words = graph.map(() => 0);
        await rig.build(layOut(rig, graph, sources, words).targets);
        (what === "source" ? sources : words)[edited] = 1;
        const { targets, handles } = layOut(rig, graph, sources, words);
        const report = await rig.build(targets);

        for (const [at, handle] of handles.entries()) {
          if (!report.ran.includes(`n${at}`)) continue;
          const { stages } = await report.why(handle);
          // The one whose change is no other stage's is the one that was edited.
          const ends = stages.filter(({ changes }) =>
            changes.some(({ type, ...change }) => {
              return type !== "input" || ("from" in change && change.from.type !== "output");
            }),
          );
          expect(ends.map((end) => end.stage)).toEqual([`n${edited}`]);
          const [change] = ends[0]!.changes;
          expect(change).toMatchObject(
            what === "source"
              ? { type: "input", from: { type: "source", path: `s${edited}` } }
              : { type: "argument", name: "1", before: "0", after: "1" },
          );
        }
        expect(report.ran).toContain(`n${edited}`);
      },
    ),
    { numRuns: 60 },
  );
});

/** Plans stages that succeed and leave their outputs empty. */
async function planEmpty(rig: BuildRig, targets: Handle) {
  const runner = mockRunner({ onUnmatched: "succeed-empty" });
  return await plan(targets, { runner, store: rig.store, cwd: rig.project });
}

test("what decides about a stage is there by name, as far as it is known", async () => {
  const { rig, everything } = await project();
  await using _ = rig;
  const coming = await rig.plan(everything);
  const contents = await coming.keyOf("compile");
  const forecast = coming.stages.find(({ stage: label }) => label === "compile");
  expect(contents).toMatchObject({
    ...{ stage: "compile", key: forecast?.key },
    inputs: [{ kind: "file", from: { type: "source" }, digest: expect.any(String) as string }],
  });
  const types = contents?.parts.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(["argument", "output", "recipe", "input-root"]));

  // Its input is made by another stage, and that has not run.
  const unknown = await coming.keyOf("link");
  expect(unknown?.key).toBeUndefined();
  expect(unknown?.parts.some(({ type }) => type === "input-root")).toBe(false);
  expect(unknown?.inputs).toEqual([
    {
      ...{ path: expect.any(String) as string, kind: "file" },
      from: { type: "output", stage: "compile", output: "main.o", path: "" },
    },
  ]);
  expect(await coming.keyOf("nobody")).toBeUndefined();
});
