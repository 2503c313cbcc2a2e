/**
 * `fn.opaque`: commands that are closures, with all that is around them.
 *
 * What a closure leans on cannot be read off, so nothing can say that it would do the same again. It runs
 * in the process that builds, in every build, unless somebody vouches for it with a version.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import { fnFunction } from "../errors/fn-errors.ts";
import { CommandBuilder } from "./command-builder.ts";
import { commandState, type Command } from "./command.ts";
import { pathsOfCall, type FnInputs, type FnPaths } from "./fn-paths.ts";
import type { OpaqueSpec } from "./opaque-spec.ts";
import type { Out } from "./out.ts";
import type { RunOptions } from "./run-options.ts";
import type { OutputsOf } from "./sh.ts";

/** What a closure is called with. All paths are absolute: they lead into a folder of its own. */
export interface OpaqueCall<I, S> {
  /** Paths of the inputs: copies, that may be changed without harm. */
  readonly inputs: FnPaths<I>;
  /** Paths to write the outputs to. Their parents are there; they are not. */
  readonly out: { readonly [N in keyof S]: string };
  /**
   * Aborted when the closure should stop: cancelled or out of time. Nothing can stop it by force: the
   * build ends when it does.
   */
  readonly signal: AbortSignal;
  /** Adds a line to the log of the stage. What the closure prints otherwise is printed by the process. */
  readonly log: (line: string) => void;
}

/** A closure, and what it works on. */
export interface OpaqueOptions<
  S extends Readonly<Record<string, Out>> = {},
  I extends FnInputs = {},
> extends Omit<RunOptions, "sideEffects"> {
  /** What it reads. */
  readonly inputs?: I;
  /** What it writes. */
  readonly outputs?: S;
  /**
   * Vouches for the closure: as long as version, name and inputs are the same, it would do the same.
   * Change it whenever the closure changes, or anything that it leans on.
   *
   * @defaultValue none: it runs in every build, and its result is not kept
   */
  readonly version?: string;
  /** The closure. What it throws fails the stage; what it returns is waited for, and dropped. */
  readonly run: (call: OpaqueCall<I, S>) => unknown;
}

/** Closures without a version, in the order of their making: none is equal to any other. */
let unversioned = 0;

/** See `Fn.opaque`. */
export function fnOpaque<
  const S extends Readonly<Record<string, Out>> = {},
  const I extends FnInputs = {},
>(name: string, options: OpaqueOptions<S, I>): Command<OutputsOf<S>> {
  if (typeof options !== "object" || (options as unknown) === null) {
    throw invalidOption("options", describe(options), "an object with a function `run`");
  }
  const { version, run } = options;
  if (typeof name !== "string" || name === "") {
    throw invalidOption("name of a closure", describe(name), "a name that no other closure has");
  }
  if (version !== undefined && (typeof version !== "string" || version === "")) {
    throw invalidOption("version", describe(version), "a text that changes with the closure");
  }
  if (typeof run !== "function") throw fnFunction(describe(run), "it is no function");
  const { run: _, inputs: __, version: ___, ...others } = options;
  const builder = new CommandBuilder(others);
  const identity = version === undefined ? `unversioned ${++unversioned}` : `version ${version}`;
  const { inputs, out } = pathsOfCall(builder, options);
  const command = builder.build(["fn.opaque", name, identity], []);
  const spec = command[commandState];
  const opaque: OpaqueSpec = { run: run as OpaqueSpec["run"], inputs, out };
  // Kept nowhere, as what is there for its effect.
  const runSpec = version === undefined ? { ...spec.run, hasSideEffects: true } : spec.run;
  return { [commandState]: { ...spec, run: runSpec, opaque } };
}
