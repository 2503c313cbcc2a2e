/**
 * A pipeline for tests of stores: many small stages, run in this process, on a store on a disk.
 *
 *     text ──▶ step 0 ──▶ step 1 ──▶ ... ──▶ joined
 *       └────▶ spread (a tree) ──────────────▶
 *
 * @module
 */
import {
  build,
  entryAt,
  out,
  parsePath,
  sh,
  stage,
  text,
  walkTree,
  writeTree,
  type Action,
  type ArtifactPath,
  type BuildEvent,
  type Execution,
  type File,
  type RunContext,
  type Runner,
  type Store,
  type Tree,
  type Value,
} from "../../src/index.ts";

const steps = 6;

/** Builds the variant in the store, and resolves to what it made. */
export async function buildVariant(
  store: Store,
  variant: number,
  onEvent?: (event: BuildEvent) => void,
): Promise<string> {
  const chain = stage("step", (input: File) => sh`step ${input} ${out.file("made")}`);
  const spread = stage("spread", (input: File) => sh`spread ${input} ${out.tree("files")}`);
  const join = stage(
    "join",
    (file: File, tree: Tree) => sh`join ${file} ${tree} ${out.file("all")}`,
  );
  // Some stages are the same in all variants, some in every third.
  let file: File = chain(text(`start ${variant % 3}`));
  for (let at = 1; at < steps; at++) file = chain(file);
  const joined = join(file, spread(text(`tree ${variant}`)));
  const report = await build(joined, {
    runner: new TextRunner(),
    store,
    slots: 3,
    ...(onEvent && { onEvent }),
  });
  return await report.text(joined);
}

/** What {@link buildVariant} makes when everything is right. */
export function expectedOf(variant: number): string {
  let file = `start ${variant % 3}`;
  for (let at = 0; at < steps; at++) file = stepOf(file);
  const tree = Object.values(filesOf(`tree ${variant}`)).join("");
  return `${file}${tree}`;
}

const stepOf = (input: string): string => `${input}${`+${input.length}`.repeat(100)}`;

const filesOf = (input: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(
      { length: 8 },
      (_, at) => [`f${at % 2}/n${at}`, `${input} ${at}\n`] as const,
    ).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Plays the three commands of the pipeline. */
class TextRunner implements Runner {
  readonly name = "text";
  readonly hermeticity = "mock";
  readonly platform = [{ name: "runner", value: "text" }];

  async run(action: Action, { content }: RunContext): Promise<Execution> {
    const inputs: string[] = [];
    const declared = new Set<string>(action.outputs.map(({ path }) => path));
    for (const path of action.argv.slice(1).filter((word) => !declared.has(word))) {
      const entry = await entryAt(content, action.inputRoot, parsePath(path));
      if (entry?.type === "file") inputs.push(String(await content.read(entry.digest)));
      if (entry?.type !== "directory") continue;
      const files: [string, string][] = [];
      for await (const below of walkTree(content, entry.digest)) {
        if (below.entry.type !== "file") continue;
        files.push([below.path, String(await content.read(below.entry.digest))]);
      }
      inputs.push(...files.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each));
    }
    const input = inputs.join("");
    const outputs = new Map<ArtifactPath, Value>();
    for (const { path, kind } of action.outputs) {
      if (kind === "tree") {
        outputs.set(path, { kind, digest: await writeTree(content, filesOf(input)) });
      } else {
        const made = action.argv[0] === "step" ? stepOf(input) : input;
        const digest = await content.write(Buffer.from(made));
        outputs.set(path, { kind, digest, isExecutable: false });
      }
    }
    const stdout = await content.write(Buffer.from(`${action.name} done\n`));
    const ran = { startedAt: 1, finishedAt: 2, written: [], endedBy: undefined, exitCode: 0 };
    return { ...ran, outputs, stdout, stderr: await content.write(Buffer.alloc(0)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Blobs of one filling. */
export const fillingCount = 40;

/** Many of these do not fit into the memory of an intake. */
export function fatBlob(n: number): Buffer {
  return Buffer.alloc(100_000, `fat blob ${n} `);
}
