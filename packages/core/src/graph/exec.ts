/**
 * `exec`: commands from lists of arguments.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { invalidOption } from "../errors/catalogue.ts";
import type { Command, CommandOptions, Hole } from "./command.ts";
import type { Out } from "./out.ts";
import { sh, type OutputsIn, type OutputsOf } from "./sh.ts";

/**
 * Makes a command from its arguments, for programs that put them together. What may stand in a template
 * of `sh` may stand in the list, and means the same.
 *
 * @example
 * ```ts
 * exec(["cc", ...flags, "-o", out.file("app"), ...sources]);
 * ```
 */
export function exec<
  const A extends readonly Exclude<Hole, readonly unknown[]>[],
  const S extends Readonly<Record<string, Out>> = {},
>(argv: A, options?: CommandOptions<S>): Command<OutputsOf<S> & OutputsIn<A>> {
  if (!Array.isArray(argv)) {
    throw invalidOption("argv", describe(argv), 'a list of arguments, such as `["ls", "-l"]`');
  }
  // A template with nothing but holes between spaces: each is one word.
  const spaces = argv.map((_, at) => (at === 0 ? "" : " "));
  const strings = Object.assign([...spaces, ""], { raw: [...spaces, ""] });
  return sh(options ?? {})(strings as unknown as TemplateStringsArray, ...argv) as Command<
    OutputsOf<S> & OutputsIn<A>
  >;
}
