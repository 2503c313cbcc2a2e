/**
 * Outputs: what a script writes in the place of a command.
 *
 * @module
 */
import {
  BuildError,
  bytesOf,
  kindName,
  outputWrongKind,
  secretFoundIn,
  writeTree,
  type Action,
  type ArtifactPath,
  type ContentStore,
  type FileContent,
  type Kind,
  type TreeFiles,
  type Value,
} from "@ashlar/core";

import { mockOutputUndeclared } from "./errors.ts";

/** Content of a scripted output: that of a file, or the files of a tree by their paths. */
export type MockOutput<K extends Kind = Kind> = K extends "file" ? FileContent : TreeFiles;

/** Contents of a stage's outputs, by name. A check has none. */
export type MockOutputs<O> = [keyof O] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [N in keyof O]?: O[N] extends Kind ? MockOutput<O[N]> : MockOutput };

/** Outputs that a script writes one by one, by their names. */
export type MockOut<O> = {
  readonly [N in keyof O]: {
    /** Writes it. Files of a tree are added to those that were written before. */
    readonly write: (content: O[N] extends Kind ? MockOutput<O[N]> : MockOutput) => void;
  };
};

/** Outputs by name, of whatever kind. */
export type AnyOutputs = Readonly<Record<string, MockOutput | undefined>>;

/** What one call has written so far. */
export class Written {
  readonly #outputs = new Map<string, MockOutput>();

  /** What a script writes to. Every name has its writer: one that is not declared is found out later. */
  readonly out: MockOut<Readonly<Record<string, Kind>>> = new Proxy({} as never, {
    get: (_, name) => ({ write: (content: MockOutput) => this.#add(String(name), content) }),
  });

  /** All that was written. What a script returns is written last. */
  with(returned: AnyOutputs): AnyOutputs {
    for (const [name, content] of Object.entries(returned)) {
      if (content !== undefined) this.#add(name, content);
    }
    return Object.fromEntries(this.#outputs);
  }

  #add(name: string, content: MockOutput): void {
    const before = this.#outputs.get(name);
    const isTree = isFiles(before) && isFiles(content);
    this.#outputs.set(name, isTree ? { ...before, ...content } : content);
  }
}

function isFiles(output: MockOutput | undefined): output is TreeFiles {
  const isRecord = typeof output === "object" && !(output instanceof Uint8Array);
  // The files of a tree have contents, and none is `true` or `false`.
  return isRecord && typeof output["executable"] !== "boolean";
}

/**
 * Keeps outputs in the store.
 *
 * @throws {@link BuildError} `MOCK_OUTPUT_UNDECLARED`, `OUTPUT_WRONG_KIND`, `SECRET_IN_OUTPUT`.
 */
export async function writeOutputs(
  action: Action,
  content: ContentStore,
  outputs: AnyOutputs,
): Promise<Map<ArtifactPath, Value>> {
  const values = new Map<ArtifactPath, Value>();
  for (const [name, written] of Object.entries(outputs)) {
    const output = action.outputs.find((declared) => declared.name === name);
    if (output === undefined) {
      const names = action.outputs.map((declared) => declared.name);
      throw mockOutputUndeclared(action.name, name, names);
    }
    if (written === undefined) continue;
    const value = await writeValue(content, written).catch((error: unknown) => {
      const isSecret = error instanceof BuildError && error.code === "SECRET_IN_OUTPUT";
      throw isSecret ? secretFoundIn(error, action, { root: "", output: output.path }) : error;
    });
    if (value.kind !== output.kind) {
      const [declared, found] = [kindName(output.kind), kindName(value.kind)];
      throw outputWrongKind(action.name, output.path, declared, found);
    }
    values.set(output.path, value);
  }
  return values;
}

/** Outputs that have nothing in them. */
export function emptyOutputs(action: Action): AnyOutputs {
  return Object.fromEntries(
    action.outputs.map(({ name, kind }) => [name, kind === "file" ? "" : {}]),
  );
}

async function writeValue(content: ContentStore, written: MockOutput): Promise<Value> {
  if (isFiles(written)) return { kind: "tree", digest: await writeTree(content, written) };
  const { bytes, isExecutable } = bytesOf(written);
  return { kind: "file", digest: await content.write(bytes), isExecutable };
}
