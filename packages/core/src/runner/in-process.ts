/**
 * In this process: how closures are run, whatever runner a build has.
 *
 * A closure sees all that this process sees, so results say `none` of how far it was kept to its inputs.
 *
 * @module
 */
import * as fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";

import type { ArtifactPath } from "../artifact/path.ts";
import { systemClock } from "../base/clock.ts";
import { BuildError } from "../errors/build-error.ts";
import { outputUnfit, outputWrongKind } from "../errors/output-errors.ts";
import type { NameValue } from "../graph/action.ts";
import type { OpaqueSpec } from "../graph/opaque-spec.ts";
import type { OutputSpec } from "../graph/out.ts";
import { walkTree } from "../store/directories.ts";
import { materializeTree } from "../store/materialize.ts";
import { snapshot, snapshotFile } from "../store/snapshot.ts";
import type { ContentStore } from "../store/store.ts";
import {
  kindName,
  type Action,
  type Execution,
  type RunContext,
  type Runner,
  type Value,
} from "./runner.ts";

/**
 * What runs the command of an action if that is a closure, in this process; `undefined` for all others. For
 * mocks, which are asked to run closures as well.
 */
export function closureRunner({ call }: Action): Runner | undefined {
  const { opaque } = call.command;
  return opaque && new InProcess(opaque);
}

const platform: readonly NameValue[] = [
  { name: "ISA", value: process.arch === "x64" ? "x86-64" : process.arch },
  { name: "OSFamily", value: process.platform === "darwin" ? "macos" : process.platform },
  { name: "runner", value: "in-process" },
];

/** Paths that an error shows at most. */
const maxShown = 100;

/** Runs one closure. */
export class InProcess implements Runner {
  readonly name = "in-process";
  readonly hermeticity = "none";
  readonly platform: readonly NameValue[] = platform;
  readonly #opaque: OpaqueSpec;

  constructor(opaque: OpaqueSpec) {
    this.#opaque = opaque;
  }

  async run(action: Action, context: RunContext): Promise<Execution> {
    const folder = await mkdtemp(join(tmpdir(), "ashlar-fn-"));
    try {
      const { content, signal } = context;
      await materializeTree(content, action.inputRoot, folder, { writable: true, signal });
      for (const { path } of action.outputs) {
        fs.mkdirSync(dirname(join(folder, path)), { recursive: true });
      }
      return await this.#call(action, context, folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #call(action: Action, context: RunContext, folder: string): Promise<Execution> {
    const { content, signal, onLog, clock = systemClock } = context;
    const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let isOver = false;
    const print = (stream: "stdout" | "stderr", line: string): void => {
      // What it says after its end is nobody's.
      if (isOver) return;
      const chunk = Buffer.from(`${line}\n`);
      printed[stream].push(chunk);
      onLog(stream, chunk);
    };
    const absolute = (path: string): string => join(folder, path);
    const { inputs, out } = this.#opaque;
    const startedAt = clock.now();
    let exitCode = 0;
    try {
      await this.#opaque.run({
        inputs: mapValues(inputs, (path) =>
          typeof path === "string" ? absolute(path) : path.map(absolute),
        ),
        out: mapValues(out, absolute),
        signal,
        log: (line) => print("stdout", line),
      });
    } catch (error) {
      exitCode = 1;
      print("stderr", inspect(error).replaceAll(`${folder}/`, ""));
    }
    isOver = true;
    const finishedAt = clock.now();
    const isSuccess = exitCode === 0 && !signal.aborted;
    return {
      ...{ exitCode, endedBy: undefined },
      ...(isSuccess ? await collect(content, folder, action) : { outputs: new Map(), written: [] }),
      stdout: await content.write(Buffer.concat(printed.stdout)),
      stderr: await content.write(Buffer.concat(printed.stderr)),
      ...{ startedAt, finishedAt },
    };
  }
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** Takes the declared outputs that are there into the store. Stops at the first that cannot be kept. */
async function collect(
  content: ContentStore,
  folder: string,
  action: Action,
): Promise<Pick<Execution, "fault" | "outputs" | "written">> {
  const outputs = new Map<ArtifactPath, Value>();
  for (const output of action.outputs) {
    try {
      const value = await collectOne(content, folder, output, action.name);
      if (value !== undefined) outputs.set(output.path, value);
    } catch (error) {
      if (!(error instanceof BuildError) || error.code === "STORE_UNWRITABLE") throw error;
      const reason = error.message.replaceAll(`${folder}/`, "");
      const isKind = error.code === "OUTPUT_WRONG_KIND";
      const fault = isKind ? error : outputUnfit(action.name, output.path, error, reason);
      return { outputs, fault, written: [] };
    }
  }
  const isWhole = action.outputs.every(({ path, isOptional }) => isOptional || outputs.has(path));
  return { outputs, written: isWhole ? [] : await writtenPaths(content, folder, action) };
}

async function collectOne(
  content: ContentStore,
  folder: string,
  { path, kind }: OutputSpec,
  stage: string,
): Promise<Value | undefined> {
  const place = join(folder, path);
  const stats = fs.lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const isFit = kind === "file" ? stats.isFile() : stats.isDirectory();
  if (!isFit) {
    const other = stats.isDirectory() ? "a directory" : "a file";
    const what = stats.isFile() || stats.isDirectory() ? other : "a link or a special file";
    throw outputWrongKind(stage, path, kindName(kind), what);
  }
  if (kind === "tree") return { kind, digest: await snapshot(content, place) };
  return { kind, ...(await snapshotFile(content, place, path)) };
}

async function writtenPaths(
  content: ContentStore,
  folder: string,
  action: Action,
): Promise<readonly string[]> {
  const inputs = new Set<string>();
  for await (const { path } of walkTree(content, action.inputRoot)) inputs.add(path);
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !inputs.has(path))
    .toSorted()
    .slice(0, maxShown);
}
