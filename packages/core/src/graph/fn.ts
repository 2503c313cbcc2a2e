/**
 * `fn`: commands that are JavaScript functions.
 *
 *     .fn/start.mjs    the program that Node is started with
 *        /call.json    what the function is given: captures, and paths of inputs and outputs
 *        /run.mjs      the function, evaluated again without anything of its surroundings
 *
 * All of it lies in the input root, so the key covers it, and every runner that has a Node can run it.
 *
 * @module
 */
import type { Artifact } from "../artifact/handle.ts";
import { parsePath, relativeTo } from "../artifact/path.ts";
import { moduleSource } from "../artifact/source.ts";
import { text } from "../artifact/text.ts";
import { canonicalJson, NotJson, type Json } from "../base/canonical-json.ts";
import { describe } from "../base/describe.ts";
import { invalidOption, notJson } from "../errors/catalogue.ts";
import { CommandBuilder } from "./command-builder.ts";
import type { Command, CommandOptions } from "./command.ts";
import { pathsOfCall, type FnInputs, type FnPaths } from "./fn-paths.ts";
import { fnProgram } from "./fn-program.ts";
import { functionText, preludeOf, type FnSpec } from "./function-text.ts";
import { fnOpaque, type OpaqueOptions } from "./opaque.ts";
import type { Out } from "./out.ts";
import type { OutputsOf } from "./sh.ts";
import { tool } from "./tool.ts";

/** What a function is called with. All paths are relative to the directory that it starts in. */
export interface FnCall<I, S, C> {
  /** Values from the script, as they are after a way through JSON. */
  readonly captures: C;
  /** Paths of the inputs. */
  readonly inputs: FnPaths<I>;
  /** Paths to write the outputs to. Their parents are there; they are not. */
  readonly out: { readonly [N in keyof S]: string };
}

/** A function, and what it works on. */
export interface FnOptions<
  S extends Readonly<Record<string, Out>> = {},
  I extends FnInputs = {},
  C extends Readonly<Record<string, Json>> = {},
> extends CommandOptions<S> {
  /** What it reads, laid read-only into the input root. */
  readonly inputs?: I;
  /** All that it uses of the script around it. Only what JSON can say. */
  readonly captures?: C;
  /**
   * The function. It runs in a Node of its own, from its source text: what is declared around it is not
   * there, and `import` finds Node's own modules only. What it prints is the log; what it throws fails
   * the stage; what it returns is waited for, and dropped.
   */
  readonly run: (call: FnCall<I, S, C>) => unknown;
}

const program = text(fnProgram);

/**
 * Makes a command from a function of JavaScript.
 *
 * The key covers its source text and captures, besides what it covers for any command; so an undeclared
 * capture, which would be missing there, is an error. `PATH` leads to `node` and to the declared tools.
 *
 * @throws {@link BuildError} `FN_FUNCTION` for a function without a text that can run alone, `NOT_JSON`
 *   for a capture that is no data. When it is to run: `FN_CAPTURE`, `FN_IMPORT`.
 * @example
 * ```ts
 * const shout = stage("shout", ({ src }: { src: File }) =>
 *   fn({
 *     inputs: { src },
 *     captures: { mark: "!" },
 *     outputs: { loud: out.file("loud.txt") },
 *     run: async ({ inputs, captures, out }) => {
 *       const { readFile, writeFile } = await import("node:fs/promises");
 *       const words = await readFile(inputs.src, "utf8");
 *       await writeFile(out.loud, words.toUpperCase() + captures.mark);
 *     },
 *   }));
 * ```
 */
function fnInline<
  const S extends Readonly<Record<string, Out>> = {},
  const I extends FnInputs = {},
  const C extends Readonly<Record<string, Json>> = {},
>(options: FnOptions<S, I, C>): Command<OutputsOf<S>> {
  if (typeof options !== "object" || (options as unknown) === null) {
    throw invalidOption("fn", describe(options), "an object with a function `run`");
  }
  const source = functionText(options.run);
  const builder = new CommandBuilder(options);
  builder.lay(".fn/run.mjs", text(`${preludeOf(source)}export default (\n${source}\n);\n`));
  const given = { captures: options.captures ?? {} };
  return fnCommand(
    builder,
    options,
    { module: "run.mjs", name: "default", given },
    { fn: { text: source } },
  );
}

/** Completes a command that starts Node with the program. */
export function fnCommand<S extends Readonly<Record<string, Out>>>(
  builder: CommandBuilder,
  options: CommandOptions<S> & { readonly inputs?: FnInputs },
  call: { readonly module: string; readonly name: string; readonly given: object },
  { fn, flags = [] }: { readonly fn?: FnSpec; readonly flags?: readonly string[] },
): Command<OutputsOf<S>> {
  const paths = pathsOfCall(builder, options);
  builder.lay(".fn/start.mjs", program);
  builder.lay(".fn/call.json", jsonFile({ ...call, given: { ...call.given, ...paths } }));
  const start = relativeTo(parsePath(".fn/start.mjs"), parsePath(options.cwd ?? ""));
  return builder.build(
    ["node", ...flags, start],
    [tool.node(), ...(options.tools ?? [])],
    fn,
  ) as Command<OutputsOf<S>>;
}

function jsonFile(value: unknown): Artifact {
  try {
    return text(`${canonicalJson(value)}\n`);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    throw notJson(error.place.replace(/^\$\.given\./, ""), error.found);
  }
}

/** What a function of a module works on. */
export interface FnModuleOptions<
  S extends Readonly<Record<string, Out>> = {},
  I extends FnInputs = {},
> extends CommandOptions<S> {
  /** What it reads, laid read-only into the input root. */
  readonly inputs?: I;
  /** Values for it. Only what JSON can say. */
  readonly params?: Readonly<Record<string, Json>>;
  /**
   * Globs of files that it needs besides what it imports by literal names, relative to the module's
   * folder. Modules among them bring what they import.
   *
   * @defaultValue none
   */
  readonly include?: readonly string[];
}

function fnModule<
  const S extends Readonly<Record<string, Out>> = {},
  const I extends FnInputs = {},
>(module: string | URL, name: string, options: FnModuleOptions<S, I> = {}): Command<OutputsOf<S>> {
  if (typeof name !== "string" || name === "") {
    throw invalidOption("name of an export", describe(name), "what the module exports");
  }
  const builder = new CommandBuilder(options);
  builder.lay(".fn/modules", moduleSource(module, options.include ?? []));
  const given = { params: options.params ?? {} };
  // What Node has to say of the user's manifests and of TypeScript would name places that are gone.
  const muted = ["MODULE_TYPELESS_PACKAGE_JSON", "ExperimentalWarning"];
  const flags = muted.map((warning) => `--disable-warning=${warning}`);
  const call = { module: "modules/start.mjs", name, given };
  return fnCommand(builder, options, call, { flags });
}

/** Makes commands from functions. */
export interface Fn {
  <
    const S extends Readonly<Record<string, Out>> = {},
    const I extends FnInputs = {},
    const C extends Readonly<Record<string, Json>> = {},
  >(
    options: FnOptions<S, I, C>,
  ): Command<OutputsOf<S>>;
  /**
   * Makes a command from a function that a module exports. It runs in a Node of its own, from a copy of
   * the module and all that it imports: the user's files one by one, packages whole. The key covers just
   * these files, wherever they lie. The function is called as that of an inline `fn` is, with `params`
   * in the place of `captures`.
   *
   * When the build starts: `FN_MODULE` for a file that cannot be read as a module, `FN_IMPORT` for an
   * import that leads nowhere.
   *
   * @param module - A `file:` URL, or a path that starts at the root directory of the build.
   * @param name - Of the export: `"default"` for the default.
   * @example
   * ```ts
   * fn.module(new URL("./minify.mjs", import.meta.url), "minify", {
   *   inputs: { src },
   *   params: { level: 3 },
   *   outputs: { app: out.file("app.js") },
   * });
   * ```
   */
  module<const S extends Readonly<Record<string, Out>> = {}, const I extends FnInputs = {}>(
    module: string | URL,
    name: string,
    options?: FnModuleOptions<S, I>,
  ): Command<OutputsOf<S>>;
  /**
   * Makes a command from a closure, with all that is around it. It runs in the process that builds,
   * whatever runner the build has, so it can use what it likes, and nothing is said of how far it keeps to
   * its inputs. Without a `version` it runs in every build.
   *
   * @param name - In the key, if there is a version: no two closures may have the same.
   * @throws {@link BuildError} `FN_FUNCTION`, `INVALID_OPTION`, `NOT_A_HANDLE`.
   * @example
   * ```ts
   * fn.opaque("bundle", {
   *   inputs: { src },
   *   outputs: { app: out.file("app.js") },
   *   run: async ({ inputs, out, signal }) => await bundler.bundle(inputs.src, out.app, signal),
   * });
   * ```
   */
  opaque<const S extends Readonly<Record<string, Out>> = {}, const I extends FnInputs = {}>(
    name: string,
    options: OpaqueOptions<S, I>,
  ): Command<OutputsOf<S>>;
}

/** {@inheritDoc Fn} */
export const fn: Fn = Object.assign(fnInline, { module: fnModule, opaque: fnOpaque });
