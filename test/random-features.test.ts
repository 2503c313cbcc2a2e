/**
 * The great property once more, with all that a pipeline can be made of: notes of earlier builds change
 * nothing but time. A build with them gives what one gives without them, and what one gives from scratch;
 * it runs what the one without them runs, and nothing when it is repeated.
 *
 * Beside the edits, every build has other values of volatile variables and of secrets.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  all,
  attempt,
  BuildError,
  cache,
  DiskStore,
  dynamic,
  exec,
  fn,
  foldReport,
  json,
  matrix,
  MemoryStore,
  merge,
  out,
  secret,
  seq,
  sh,
  source,
  stage,
  text,
  tryBuild,
  validate,
  volatile,
  writable,
  type Artifact,
  type BuildEvent,
  type CommandOptions,
  type File,
  type Report,
  type Store,
} from "@ashlar/core";
import { mockRunner } from "@ashlar/runner-mock";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { checkEvents } from "./rig/check-events.ts";

const sourceCount = 3;
const contents = ["", "a", "b", "cc", "ü🧱"];

/** What a command does with the texts of its inputs. Some lose much, so that early cutoff happens. */
const operations = {
  join: (texts: readonly string[]) => `(${texts.join("+")})`,
  parity: (texts: readonly string[]) => String(texts.join("").length % 2),
  constant: () => "constant",
  // For a command: exits with 1 when the texts are long.
  fussy: (texts: readonly string[]) => (texts.join("").length > 7 ? undefined : "short"),
};
type Operation = keyof typeof operations;

const kinds = [
  "attempt",
  "dynamic",
  "exec",
  "fn",
  "gated",
  "json",
  "matrix",
  "merge",
  "opaque",
  "sh",
  "text",
  "unversioned",
  "validated",
  "view",
] as const;

interface Node {
  readonly kind: (typeof kinds)[number];
  readonly operation: Operation;
  readonly salt: number;
  /** Among the sources and the nodes before this one. */
  readonly inputs: readonly [number, number];
  readonly options: {
    readonly cache: boolean;
    readonly env: boolean;
    readonly limits: boolean;
    readonly secret: boolean;
    readonly sideEffects: boolean;
    readonly stablePath: boolean;
    readonly volatile: boolean;
    readonly writable: boolean;
  };
}

interface Project {
  readonly sources: readonly string[];
  readonly nodes: readonly Node[];
  readonly targets: readonly number[];
  readonly isSequential: boolean;
  readonly slots: number;
}

const rarely = fc.nat(3).map((n) => n === 0);
const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom(...kinds),
  operation: fc.constantFrom<Operation[]>("join", "parity", "constant", "fussy"),
  salt: fc.nat(1),
  inputs: fc.tuple(fc.nat(20), fc.nat(20)),
  options: fc.record({
    cache: rarely,
    env: rarely,
    limits: rarely,
    secret: rarely,
    sideEffects: fc.nat(15).map((n) => n === 0),
    stablePath: rarely,
    volatile: rarely,
    writable: rarely,
  }),
});

const targets = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 });
const content = fc.constantFrom(...contents);
const project: fc.Arbitrary<Project> = fc.record({
  sources: fc.array(content, { minLength: sourceCount, maxLength: sourceCount }),
  nodes: fc.array(node, { minLength: 1, maxLength: 10, size: "max" }),
  targets,
  isSequential: fc.boolean(),
  slots: fc.integer({ min: 1, max: 4 }),
});

const edit: fc.Arbitrary<(before: Project) => Project> = fc.oneof(
  fc.tuple(fc.nat(sourceCount - 1), content).map(([at, changed]) => (before: Project) => ({
    ...before,
    sources: before.sources.with(at, changed),
  })),
  fc.tuple(fc.nat(20), node).map(([at, changed]) => (before: Project) => ({
    ...before,
    nodes: before.nodes.with(at % before.nodes.length, changed),
  })),
  // The same command, of which one option is otherwise.
  fc
    .tuple(fc.nat(20), fc.constantFrom<(keyof Node["options"])[]>("cache", "env", "limits"))
    .map(([pick, option]) => (before: Project) => {
      const at = pick % before.nodes.length;
      const changed = before.nodes[at]!;
      const options = { ...changed.options, [option]: !changed.options[option] };
      return { ...before, nodes: before.nodes.with(at, { ...changed, options }) };
    }),
  fc.tuple(fc.boolean(), targets).map(([isSequential, others]) => (before: Project) => ({
    ...before,
    isSequential,
    targets: others,
  })),
);

/** Handles on all files of a project. The noise is different in each build, and is to change nothing. */
function declare({ nodes }: Project, noise: string): File[] {
  const files: File[] = Array.from({ length: sourceCount }, (_, at) => source.file(`s${at}`));
  for (const [at, each] of nodes.entries()) {
    const [first, second] = each.inputs.map((input) => files[input % files.length]!);
    files.push(fileOf(each, `n${at}`, [first!, second!], noise));
  }
  return files;
}

function fileOf(each: Node, name: string, inputs: readonly [File, File], noise: string): File {
  const { kind, operation, salt } = each;
  const [first, second] = inputs;
  const made = out.file("text");
  const run = (label: string, root: readonly Artifact[], how: Operation = operation): File => {
    const options = { ...optionsOf(each, root, noise), outputs: { text: made } };
    return stage(label, () => sh(options)`${[how, salt]}`)();
  };
  const check = (how: Operation): File => run(`${name}-check`, [second], how);
  switch (kind) {
    case "sh":
      return run(name, inputs);
    case "exec": {
      const options = { ...optionsOf(each, inputs, noise), outputs: { text: made } };
      return stage(name, () => exec([operation, salt], options))();
    }
    case "attempt": {
      const options = optionsOf(each, inputs, noise);
      const tried = stage(name, () => attempt(sh(options)`${[operation, salt]}`))();
      return salt === 0 ? tried.exitCode : tried.stdout;
    }
    case "merge":
      return run(name, [merge({ a: first, "b/c": second }), text(noise.slice(0, 0))]);
    case "view":
      return run(name, [
        merge([merge({ a: first }), merge({ a: second })], { onConflict: "last" }).pick("*"),
      ]);
    case "fn": {
      const options = { inputs: { first, second }, captures: { salt }, outputs: { text: made } };
      return stage(name, () => fn({ ...options, run: () => {} }))();
    }
    case "opaque":
    case "unversioned": {
      const version = kind === "opaque" ? { version: `${operation}-${salt}` } : {};
      return stage(name, () =>
        fn.opaque(kind, {
          ...version,
          inputs: { list: [first, second] },
          outputs: { text: made },
          run: ({ inputs: { list }, out: { text: path } }) => {
            const texts = list.map((file) => readFileSync(file, "utf8"));
            writeFileSync(path, operations[operation](texts) ?? "long");
          },
        }),
      )();
    }
    case "matrix": {
      const cells = matrix({ x: [0, 1], y: ["a", "ü"] }, ({ x, y }) =>
        run(`${name}-cell`, [first, text(`${x}${y}`)]),
      );
      return cells.get({ x: salt === 0 ? 0 : 1, y: "ü" });
    }
    case "dynamic":
      return dynamic.file(name, { first }, async (read) => {
        const length = (await read.first.text()).length;
        return length % 2 === 0 ? second : run(`${name}-inner`, inputs);
      });
    case "gated":
      return first.after(all({ check: check("parity"), nothing: all({}) }));
    case "validated":
      return validate(first, check(operation));
    case "text":
      return text(`text ${salt}`);
    case "json":
      return json({ salt, list: ["ü"] });
  }
}

function optionsOf(
  { options, salt }: Node,
  root: readonly Artifact[],
  noise: string,
): CommandOptions {
  const laid = root.map((artifact, at) => [
    `in/${at}`,
    options.writable && at === 0 ? writable(artifact) : artifact,
  ]);
  const value = secret("TOKEN", { from: () => `s3cret-${noise}` });
  return {
    root: { ...Object.fromEntries(laid), ...(options.cache && { kept: cache("kept") }) },
    env: {
      ...(options.env && { SALT: salt }),
      ...(options.volatile && { NOISE: volatile(noise) }),
      ...(options.secret && { TOKEN: value }),
    },
    stablePath: options.stablePath,
    ...(options.limits && { timeoutMs: 60_000, resources: { cpu: 1, db: 1 } }),
    ...(options.limits && !options.sideEffects && { retries: { times: 1 } }),
    sideEffects: options.sideEffects,
  };
}

/** Does what the operations say, and writes down what it did. */
function runnerOf(ran: string[]): ReturnType<typeof mockRunner> {
  const runner = mockRunner();
  const suffixes = ["", "-cell", "-check", "-inner"];
  for (let at = 0; at < 10 * suffixes.length; at++) {
    runner.on(`n${Math.floor(at / 4)}${suffixes[at % 4]!}`, async (call) => {
      const paths = (await call.list()).filter((path) => !path.startsWith(".fn/"));
      const texts = await Promise.all(paths.map((path) => call.text(path)));
      const [program = "", salt = ""] = call.argv;
      // Functions are played, too. Those without a version have a new number in each build.
      const operation = program in operations ? (program as Operation) : "join";
      const argv = call.argv.filter((word) => !word.startsWith("unversioned "));
      ran.push(JSON.stringify([argv, Object.keys(call.env), paths, texts]));
      const result = operations[operation](texts);
      const stdout = `${result} of ${salt}\n`;
      return result === undefined ? { exitCode: 1, stdout } : { outputs: { text: result }, stdout };
    });
  }
  return runner;
}

/** What a build has come to, as far as that must not depend on what was there before. */
interface Gist {
  readonly outcome: string;
  readonly texts: readonly string[];
  readonly failed: readonly string[];
}

async function gistOf(report: Report, handles: readonly File[]): Promise<Gist> {
  const texts = await Promise.all(
    handles.map(async (handle) => {
      try {
        return await report.text(handle);
      } catch (error) {
        return error instanceof BuildError ? error.code : String(error);
      }
    }),
  );
  const { outcome, failed } = report;
  return { outcome, texts, failed: failed.toSorted() };
}

/** Whether there may be commands that run in every build. */
function isNeverOver({ nodes }: Project): boolean {
  return nodes.some(({ kind, options }) => kind === "unversioned" || options.sideEffects);
}

test("notes of earlier builds change nothing but time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-features-"));
  const cwd = join(folder, "project");
  mkdirSync(cwd);
  let count = 0;
  const make = async (
    current: Project,
    store: Store,
  ): Promise<{ gist: Gist; ran: readonly string[] }> => {
    const ran: string[] = [];
    const events: BuildEvent[] = [];
    const files = declare(current, `noise ${count++}`);
    const handles = current.targets.map((target) => files[target % files.length]!);
    const members = Object.fromEntries(handles.map((handle, at) => [`m${at}`, handle]));
    const report = await tryBuild(current.isSequential ? seq(members) : all(members), {
      ...{ store, cwd, slots: current.slots, keepGoing: true, resources: { db: 1 } },
      runner: runnerOf(ran),
      onEvent: (event) => void events.push(event),
    });
    checkEvents(events);
    const { stages: _, errors, ...summary } = foldReport(events);
    const { outcome, reused, expanded, failed, skipped, cancelled } = report;
    expect(summary).toMatchObject({ outcome, reused, expanded, failed, skipped, cancelled });
    expect(errors.map(({ code }) => code)).toEqual(report.errors.map(({ code }) => code));
    expect(JSON.stringify(events)).not.toContain("s3cret");
    return { gist: await gistOf(report, handles), ran: ran.toSorted() };
  };
  try {
    await fc.assert(
      fc.asyncProperty(
        project,
        fc.array(edit, { minLength: 1, maxLength: 5, size: "max" }),
        async (start, edits) => {
          const noted = new DiskStore(mkdtempSync(join(folder, "store")));
          const plain = mkdtempSync(join(folder, "store"));
          let current = start;
          for (const change of [(same: Project) => same, ...edits]) {
            current = change(current);
            for (const [at, written] of current.sources.entries()) {
              writeFileSync(join(cwd, `s${at}`), written);
            }
            const withNotes = await make(current, noted);
            rmSync(join(plain, "notes"), { recursive: true, force: true });
            const withoutNotes = await make(current, new DiskStore(plain));
            const fromScratch = await make(current, new MemoryStore());
            expect(withNotes).toEqual(withoutNotes);
            expect(withNotes.gist).toEqual(fromScratch.gist);
            if (withNotes.gist.outcome !== "succeeded" || isNeverOver(current)) continue;
            expect(await make(current, noted)).toEqual({ gist: withNotes.gist, ran: [] });
          }
        },
      ),
      { numRuns: 40 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
