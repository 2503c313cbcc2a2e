/**
 * Paths that functions are given: of inputs and outputs, by name.
 *
 * @module
 */
import { isArtifact, type Artifact } from "../artifact/handle.ts";
import { parsePath, relativeTo } from "../artifact/path.ts";
import { notAHandle } from "../errors/catalogue.ts";
import type { CommandBuilder } from "./command-builder.ts";
import { isOut, outState, type Out } from "./out.ts";

/** Inputs of a function, by the names that it knows them by. */
export type FnInputs = Readonly<Record<string, Artifact | readonly Artifact[]>>;

/** Paths of a function's inputs: one for an artifact, several for a list. */
export type FnPaths<I> = {
  readonly [N in keyof I]: I[N] extends readonly unknown[] ? readonly string[] : string;
};

/**
 * Lays the inputs, and says where they and the outputs are, from the directory where the command starts.
 *
 * @throws {@link BuildError} `NOT_A_HANDLE`.
 */
export function pathsOfCall(
  builder: CommandBuilder,
  options: {
    readonly inputs?: FnInputs;
    readonly outputs?: Readonly<Record<string, Out>>;
    readonly cwd?: string;
  },
): {
  readonly inputs: Readonly<Record<string, string | readonly string[]>>;
  readonly out: Readonly<Record<string, string>>;
} {
  const cwd = parsePath(options.cwd ?? "");
  const inputs: Record<string, string | readonly string[]> = {};
  for (const [name, input] of Object.entries(options.inputs ?? {})) {
    inputs[name] = pathsOf(builder, name, input);
  }
  const out: Record<string, string> = {};
  for (const [name, output] of Object.entries(options.outputs ?? {})) {
    if (isOut(output)) out[name] = relativeTo(parsePath(output[outState].name), cwd);
  }
  return { inputs, out };
}

function pathsOf(builder: CommandBuilder, name: string, input: unknown): string | string[] {
  const pathOf = (artifact: unknown): string => {
    if (isArtifact(artifact)) return builder.pathOf(artifact);
    throw notAHandle(artifact, `input \`${name}\``);
  };
  return Array.isArray(input) ? input.map(pathOf) : pathOf(input);
}
