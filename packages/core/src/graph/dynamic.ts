/**
 * Dynamic stages: graph that depends on content.
 *
 *     list ──▶ dynamic ──body(list)──▶ more handles ──▶ their value is the value of the dynamic stage
 *
 * The body runs in the process that builds, in every build, as soon as its inputs are there; and in plans, if all of
 * them are known. It only describes: what it returns hangs in the same graph, and is reused or run as everything else.
 *
 * @module
 */
import { makeArtifact } from "../artifact/artifact.ts";
import {
  isArtifact,
  isHandle,
  state,
  type Artifact,
  type Check,
  type File,
  type Handle,
  type Kind,
  type Tree,
} from "../artifact/handle.ts";
import type { Json } from "../base/canonical-json.ts";
import { describe } from "../base/describe.ts";
import type { Digest } from "../digest/digest.ts";
import { scriptLocation } from "../errors/caller.ts";
import { invalidOption, notAHandle } from "../errors/catalogue.ts";
import { stageName } from "../errors/command-errors.ts";
import { dynamicResult } from "../errors/dynamic-errors.ts";
import { CommandBuilder } from "./command-builder.ts";
import { commandState } from "./command.ts";
import { out } from "./out.ts";
import { resultOf, StageCall } from "./stage.ts";

/** A file that the body of a dynamic stage can read. */
export interface ReadableFile {
  readonly digest: Digest;
  readonly bytes: () => Promise<Buffer>;
  /** As UTF-8. */
  readonly text: () => Promise<string>;
  /** Rejects with a `SyntaxError` when the text is not JSON. */
  readonly json: () => Promise<Json>;
}

/** A tree that the body of a dynamic stage can read. */
export interface ReadableTree {
  readonly digest: Digest;
  /** Paths of all files and links, sorted; with globs, of those that match one. */
  readonly list: (...globs: string[]) => Promise<string[]>;
  /** The file at a path. Its readers reject with `VIEW_MISSING` or `VIEW_WRONG_KIND` if it is none. */
  readonly file: (path: string) => Pick<ReadableFile, "bytes" | "json" | "text">;
}

/** What a body gets: its inputs, to be read. */
export type Readable<I> = {
  readonly [N in keyof I]: I[N] extends Tree ? ReadableTree : ReadableFile;
};

/** Inputs of a dynamic stage, by names of the script's choice. */
export type DynamicInputs = Readonly<Record<string, File | Tree>>;

/** Gives a graph in exchange for content. */
export type DynamicBody<I, R> = (inputs: Readable<I>) => R | Promise<R>;

/** Makes dynamic stages. */
export interface MakeDynamic {
  /**
   * Reads artifacts, and returns more graph: the check succeeds when all of it has.
   *
   * The body runs in each build and in each plan that knows its inputs, and should read nothing but its inputs, and return the same for the
   * same; it takes no slot. What fails in it is `DYNAMIC_FAILED`; returning what rests on the stage itself
   * is `DYNAMIC_CYCLE`.
   *
   * @throws {@link BuildError} `STAGE_NAME` for an empty name, `NOT_A_HANDLE` for an input that is none.
   * @example
   * ```ts
   * const tests = dynamic("tests", { list }, async ({ list }) => {
   *   const names = (await list.text()).trim().split("\n");
   *   return all(Object.fromEntries(names.map((name) => [name, test({ src, name })])));
   * });
   * ```
   */
  <const I extends DynamicInputs>(name: string, inputs: I, body: DynamicBody<I, Handle>): Check;
  /** The same, for a body that returns a file: the result is that file. */
  file<const I extends DynamicInputs>(name: string, inputs: I, body: DynamicBody<I, File>): File;
  /** The same, for a body that returns a tree: the result is that tree. */
  tree<const I extends DynamicInputs>(name: string, inputs: I, body: DynamicBody<I, Tree>): Tree;
}

/** Name of the only output of a dynamic stage that has one. */
export const dynamicOutput = "result";

/** Makes stages that decide about the graph by what they read. */
export const dynamic: MakeDynamic = Object.assign(
  <I extends DynamicInputs>(name: string, inputs: I, body: DynamicBody<I, Handle>): Check =>
    resultOf(makeCall(name, inputs, body, undefined)) as Check,
  {
    file: <I extends DynamicInputs>(name: string, inputs: I, body: DynamicBody<I, File>): File =>
      outputOf(makeCall(name, inputs, body, "file")) as File,
    tree: <I extends DynamicInputs>(name: string, inputs: I, body: DynamicBody<I, Tree>): Tree =>
      outputOf(makeCall(name, inputs, body, "tree")) as Tree,
  },
);

function makeCall<I extends DynamicInputs>(
  name: string,
  inputs: I,
  body: DynamicBody<I, Handle>,
  kind: Kind | undefined,
): StageCall {
  if (typeof name !== "string" || name.trim() === "") throw stageName(describe(name));
  if (typeof inputs !== "object" || (inputs as unknown) === null) {
    throw invalidOption("inputs", describe(inputs), "an object with artifacts by name");
  }
  if (typeof body !== "function") {
    throw invalidOption("body", describe(body), "a function that returns a handle");
  }
  const entries = Object.entries(inputs);
  for (const [each, input] of entries) {
    if (!isArtifact(input)) throw notAHandle(input, `input \`${each}\` of \`${name}\``);
  }
  // A command that no runner ever sees: it holds the inputs in the place where all calls have them.
  const root = Object.fromEntries(entries.map(([, input], at) => [`in/${at}`, input]));
  const outputs = kind && { [dynamicOutput]: out[kind](dynamicOutput) };
  const command = new CommandBuilder({ root, tools: [], ...(outputs && { outputs }) }).build([]);
  return new StageCall({
    stage: Object.freeze({ stageName: name }),
    command: command[commandState],
    args: [inputs],
    gates: [],
    declaredAt: scriptLocation(kind === undefined ? dynamic : dynamic[kind]),
    expand: async (contents) => {
      const readable = Object.fromEntries(entries.map(([each], at) => [each, contents[at]]));
      const handle: unknown = await body(readable as Readable<I>);
      const isFit =
        isHandle(handle) &&
        (kind === undefined || (handle[state] as { kind?: Kind }).kind === kind);
      if (!isFit) throw dynamicResult(name, describe(handle), kind ?? "handle");
      return handle;
    },
  });
}

function outputOf(call: StageCall): Artifact {
  const [{ name: output, kind, path } = { name: "", kind: "file", path: "" } as const] =
    call.command.outputs;
  // A name that can stand in a path; what is not plain gets a plain one.
  const label = /^[\w.-]+$/.test(call.name) ? call.name : path;
  return makeArtifact(kind, Object.freeze({ type: "output", producer: call, output, label }));
}
