/**
 * The great property: whatever the graph and whatever the edits, an incremental build gives what a clean
 * one gives, and runs nothing that it need not (after the "Random" test of Shake).
 *
 * A graph is a list of nodes, each with a few inputs among the sources and the nodes before it, and a
 * function of their texts. Functions lose information on purpose, so that early cutoff happens.
 *
 * @module
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  DiskStore,
  MemoryStore,
  out,
  seq,
  sh,
  source,
  stage,
  tryBuild,
  type Artifact,
  type BuildEvent,
  type File,
  type Store,
} from "@ashlar/core";
import { mockRunner, type MockResult } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { checkEvents } from "./rig/check-events.ts";

const sourceCount = 3;

/** What a node does with the texts of its inputs. */
const operations = {
  join: (texts: readonly string[]) => `(${texts.join("+")})`,
  parity: (texts: readonly string[]) => String(texts.join("").length % 2),
  first: (texts: readonly string[]) => texts[0] ?? "nothing",
  constant: () => "constant",
};
type Operation = keyof typeof operations;

interface Node {
  readonly operation: Operation;
  readonly salt: number;
  /** Sources first, then nodes: resolved modulo what there is before this node. */
  readonly inputs: readonly number[];
}

/** One state of a project, and how it is built. */
interface Project {
  readonly sources: readonly string[];
  readonly nodes: readonly Node[];
  readonly targets: readonly number[];
  readonly isSequential: boolean;
  readonly slots: number;
}

const node: fc.Arbitrary<Node> = fc.record({
  operation: fc.constantFrom<Operation[]>("join", "parity", "first", "constant"),
  salt: fc.nat(1),
  inputs: fc.array(fc.nat(20), { maxLength: 3 }),
});

const project: fc.Arbitrary<Project> = fc.record({
  sources: fc.array(fc.constantFrom("", "a", "b", "cc"), {
    minLength: sourceCount,
    maxLength: sourceCount,
  }),
  nodes: fc.array(node, { minLength: 1, maxLength: 8, size: "max" }),
  targets: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
  isSequential: fc.boolean(),
  slots: fc.integer({ min: 1, max: 4 }),
});

/** Changes to a project: any of them may be a return to what was before. */
const edit: fc.Arbitrary<(before: Project) => Project> = fc.oneof(
  fc
    .tuple(fc.nat(sourceCount - 1), fc.constantFrom("", "a", "b", "cc"))
    .map(([at, text]) => (before: Project) => ({
      ...before,
      sources: before.sources.with(at, text),
    })),
  fc.tuple(fc.nat(20), node).map(([at, changed]) => (before: Project) => ({
    ...before,
    nodes: before.nodes.with(at % before.nodes.length, changed),
  })),
  fc
    .tuple(fc.boolean(), fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }))
    .map(([isSequential, targets]) => (before: Project) => ({ ...before, isSequential, targets })),
);

/** The inputs of a node: numbers below `sourceCount` are sources, the others nodes. */
function inputsOf({ inputs }: Node, at: number): number[] {
  return [...new Set(inputs.map((input) => input % (sourceCount + at)))];
}

/** The pure evaluator: texts of the targets, and the actions that they need, by a name for each. */
function evaluate({ sources, nodes, targets }: Project): {
  readonly texts: readonly string[];
  readonly actions: ReadonlySet<string>;
} {
  const texts: string[] = [...sources];
  const actionOf: string[] = [];
  for (const [at, each] of nodes.entries()) {
    const inputs = inputsOf(each, at).map((input) => texts[input]!);
    actionOf.push(JSON.stringify([each.operation, each.salt, inputs]));
    texts.push(operations[each.operation](inputs));
  }
  const needed = new Set<number>();
  const need = (at: number): void => {
    if (needed.has(at)) return;
    needed.add(at);
    for (const input of inputsOf(nodes[at]!, at))
      if (input >= sourceCount) need(input - sourceCount);
  };
  const wanted = targets.map((target) => target % nodes.length);
  for (const target of wanted) need(target);
  return {
    texts: wanted.map((target) => texts[sourceCount + target]!),
    actions: new Set([...needed].map((at) => actionOf[at]!)),
  };
}

/** Handles on the targets of a project. */
function declare({ nodes, targets }: Project): File[] {
  const artifacts: Artifact[] = Array.from({ length: sourceCount }, (_, at) =>
    source.file(`s${at}`),
  );
  for (const [at, each] of nodes.entries()) {
    const root = Object.fromEntries(
      inputsOf(each, at).map((input, place) => [`in-${place}`, artifacts[input]!]),
    );
    const made = stage(
      `node-${at}`,
      () => sh({ root, outputs: { text: out.file("text") } })`${[each.operation, each.salt]}`,
    );
    artifacts.push(made());
  }
  return targets.map((target) => artifacts[sourceCount + (target % nodes.length)] as File);
}

/** A runner that does what the operations say, and keeps the names of the actions it ran. */
function runnerOf(
  ran: string[],
  end: (result: MockResult) => Promise<MockResult> = (result) => Promise.resolve(result),
): ReturnType<typeof mockRunner> {
  const runner = mockRunner();
  for (let at = 0; at < 8; at++) {
    runner.on(`node-${at}`, async (call) => {
      const paths = await call.list();
      const texts = await Promise.all(paths.map((path) => call.text(path)));
      const [operation, salt] = call.argv as [Operation, string];
      ran.push(JSON.stringify([operation, Number(salt), texts]));
      return await end({ outputs: { text: operations[operation](texts) } });
    });
  }
  return runner;
}

const stores: Readonly<Record<string, (folder: string) => Store>> = {
  memory: () => new MemoryStore(),
  // Remembers fingerprints of sources, and what the last build found out.
  "a disk": (folder) => new DiskStore(mkdtempSync(join(folder, "store"))),
};

test.each(Object.entries(stores))(
  "on a store in %s, an incremental build equals a clean one, and runs nothing that it need not",
  async (_, makeStore) => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-random-"));
    const cwd = join(folder, "project");
    mkdirSync(cwd);
    try {
      await fc.assert(
        fc.asyncProperty(
          project,
          fc.array(edit, { minLength: 1, maxLength: 6, size: "max" }),
          async (start, edits) => {
            const store = makeStore(folder);
            const known = new Set<string>();
            let current = start;
            for (const change of [(same: Project) => same, ...edits]) {
              current = change(current);
              for (const [at, text] of current.sources.entries()) {
                writeFileSync(join(cwd, `s${at}`), text);
              }
              const expected = evaluate(current);
              const ran: string[] = [];
              const handles = declare(current);
              const members = Object.fromEntries(handles.map((handle, at) => [`m${at}`, handle]));
              const group = current.isSequential ? seq(members) : all(members);
              const report = await tryBuild(group, {
                ...{ store, cwd, slots: current.slots },
                runner: runnerOf(ran),
              });
              expect(report.errors).toEqual([]);
              const texts = await Promise.all(handles.map((handle) => report.text(handle)));
              expect(texts).toEqual(expected.texts);
              // Each action at most once, each that is new, and none that is known.
              expect(ran.toSorted()).toEqual(
                [...expected.actions].filter((action) => !known.has(action)).toSorted(),
              );
              for (const action of expected.actions) known.add(action);
            }
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("whatever is lost between builds, the next one gives what a clean one gives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-random-"));
  const cwd = join(folder, "project");
  mkdirSync(cwd);
  const damage = fc.constantFrom("gone", "cut short", "altered");
  const losses = fc.array(fc.tuple(fc.nat(), damage), { maxLength: 6 });
  try {
    await fc.assert(
      fc.asyncProperty(
        project,
        fc.array(fc.tuple(edit, losses), { minLength: 1, maxLength: 5 }),
        async (start, rounds) => {
          const directory = mkdtempSync(join(folder, "store"));
          const store = new DiskStore(directory);
          let current = start;
          const first = [(same: Project) => same, []] as const;
          for (const [change, lost] of [first, ...rounds]) {
            current = change(current);
            for (const [at, text] of current.sources.entries()) {
              writeFileSync(join(cwd, `s${at}`), text);
            }
            for (const [pick, how] of lost) harm(directory, pick, how);
            const handles = declare(current);
            const members = Object.fromEntries(handles.map((handle, at) => [`m${at}`, handle]));
            const report = await tryBuild(current.isSequential ? seq(members) : all(members), {
              ...{ store, cwd, slots: current.slots },
              runner: runnerOf([]),
            });
            expect(report.errors).toEqual([]);
            const texts = await Promise.all(handles.map((handle) => report.text(handle)));
            expect(texts).toEqual(evaluate(current).texts);
          }
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What goes wrong while a build runs: at its n-th command, or never. */
const fault = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ at: Infinity, how: "nothing" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      at: fc.nat(5),
      how: fc.constantFrom("fails", "breaks the runner", "is cancelled", "loses blobs" as const),
    }),
  },
);

test("in whatever order commands end and whatever goes wrong meanwhile, what was made is right", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-random-"));
  const cwd = join(folder, "project");
  mkdirSync(cwd);
  const round = fc.record({ change: edit, fault, keepGoing: fc.boolean(), pick: fc.nat() });
  try {
    await fc.assert(
      fc.asyncProperty(
        project,
        fc.array(round, { minLength: 1, maxLength: 4 }),
        fc.scheduler(),
        async (start, rounds, scheduler) => {
          const directory = mkdtempSync(join(folder, "store"));
          const store = new DiskStore(directory);
          let current = start;
          for (const { change, fault: wrong, keepGoing, pick } of rounds) {
            current = change(current);
            for (const [at, text] of current.sources.entries()) {
              writeFileSync(join(cwd, `s${at}`), text);
            }
            const controller = new AbortController();
            const goWrong = (): MockResult | undefined => {
              if (wrong.how === "is cancelled") controller.abort(new Error("enough"));
              if (wrong.how === "loses blobs") harm(directory, pick, "gone");
              if (wrong.how === "breaks the runner") throw new Error("broken");
              return wrong.how === "fails" ? { exitCode: 1 } : undefined;
            };
            let count = 0;
            let isOver = false;
            const runner = runnerOf([], async (result) => {
              // To read what was lost meanwhile, a report has it made again.
              if (isOver) return result;
              const isHere = count++ === wrong.at;
              await scheduler.schedule(Promise.resolve(), String(count));
              return (isHere ? goWrong() : undefined) ?? result;
            });
            const handles = declare(current);
            const members = Object.fromEntries(handles.map((handle, at) => [`m${at}`, handle]));
            const targets = current.isSequential ? seq(members) : all(members);
            const events: BuildEvent[] = [];
            const options = { runner, store, cwd, slots: current.slots };
            const report = await scheduler.waitFor(
              tryBuild(targets, {
                ...{ ...options, keepGoing, signal: controller.signal },
                onEvent: (event) => events.push(event),
              }),
            );
            isOver = true;
            checkEvents(events);
            const expected = evaluate(current).texts;
            if (count <= wrong.at || wrong.how === "loses blobs") expect(report.ok).toBe(true);
            if (report.ok) expect(report.errors).toEqual([]);
            else expect(report.errors.length).toBeGreaterThan(0);
            // Whatever it made is right, also when the whole came to nothing.
            for (const [at, handle] of handles.entries()) {
              const made = await report.text(handle).catch((error: unknown) => error);
              if (typeof made === "string") expect(made).toBe(expected[at]);
              else expect([report.ok, made]).toMatchObject([false, { code: expect.any(String) }]);
            }
            // And the next build, in which nothing goes wrong, is as one from scratch.
            const again = await tryBuild(targets, { ...options, runner: runnerOf([]) });
            const texts = await Promise.all(handles.map((handle) => again.text(handle)));
            expect(texts).toEqual(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Does something to one of the files of a store. */
function harm(directory: string, pick: number, how: string): void {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const path = files[pick % files.length];
  if (path === undefined) return;
  const bytes = readFileSync(path);
  chmodSync(path, 0o600);
  if (how === "gone") rmSync(path);
  else if (how === "cut short") writeFileSync(path, bytes.subarray(0, bytes.byteLength / 2));
  else {
    bytes[bytes.byteLength >> 1]! ^= 1;
    writeFileSync(path, bytes);
  }
}
