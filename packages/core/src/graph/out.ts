/**
 * Output declarations: what a command promises to leave behind.
 *
 * @module
 */
import type { Kind } from "../artifact/handle.ts";
import { parsePath, type ArtifactPath } from "../artifact/path.ts";
import { outputReserved } from "../errors/output-errors.ts";

/** Key of a declaration's inside. */
export const outState: unique symbol = Symbol("ashlar.out");

/** A declared output. In a template it stands for the path to write to. */
export interface Out<N extends string = string, K extends Kind = Kind> {
  readonly [outState]: {
    readonly name: N;
    readonly kind: K;
    readonly isOptional: boolean;
    readonly evenIfFailed: boolean;
    /** The name as a path. */
    readonly path: ArtifactPath;
  };
}

/** How an output may deviate from the usual. */
export interface OutOptions {
  /**
   * Whether the command may succeed without writing it. A missing optional output fails only the
   * stages that want it.
   *
   * @defaultValue false
   */
  readonly optional?: boolean;
  /**
   * Whether it is kept, if it is there, also when the command fails: a report of failed tests. It can be read and
   * exported from the build's report. Nothing else of the failure changes: no stage gets it, and the
   * next build runs the command again. Not in the key.
   *
   * @defaultValue false
   */
  readonly evenIfFailed?: boolean;
}

/** Declares outputs. */
export interface MakeOut {
  /** One file. In a template its path is `out/<name>`; in `outputs` the name is the path. */
  file<const N extends string>(name: N, options?: OutOptions): Out<N, "file">;
  /** A directory and all below it. Its parents exist when the command starts; it does not. */
  tree<const N extends string>(name: N, options?: OutOptions): Out<N, "tree">;
}

/** An output of a command, with the place where it will be looked for. */
export interface OutputSpec {
  /** Property of the stage's result. */
  readonly name: string;
  readonly kind: Kind;
  /** Place in the input root. */
  readonly path: ArtifactPath;
  readonly isOptional: boolean;
  /** Whether it is captured when the command fails. Absent: no. */
  readonly evenIfFailed?: boolean;
}

/** Declares what a command writes: `out.file("app")`, `out.tree("dist")`. */
export const out: MakeOut = {
  file: (name, options) => declare(name, "file", options),
  tree: (name, options) => declare(name, "tree", options),
};

/** True for what `out` makes. */
export function isOut(value: unknown): value is Out {
  return typeof value === "object" && value !== null && outState in value;
}

/** Names that handles already have a meaning for, or that would make a handle a thenable. */
const reserved = new Set([
  ...["as", "after", "file", "dir", "pick", "without", "blank"],
  ...["then", "constructor", "prototype", "__proto__", "toString", "toJSON", "valueOf"],
]);

/** @throws {@link BuildError} `OUTPUT_RESERVED` when a result cannot have a property of that name. */
export function checkOutputName(name: string): void {
  if (reserved.has(name)) throw outputReserved(name);
}

function declare<N extends string, K extends Kind>(
  name: N,
  kind: K,
  { optional = false, evenIfFailed = false }: OutOptions = {},
): Out<N, K> {
  const path = parsePath(name);
  return Object.freeze({ [outState]: { name, kind, isOptional: optional, evenIfFailed, path } });
}
