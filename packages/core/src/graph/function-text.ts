/**
 * Function texts: the source of a function, taken so that it can be evaluated again where nothing of its
 * surroundings is.
 *
 * @module
 */
import { Script } from "node:vm";

import { describe } from "../base/describe.ts";
import { fnFunction } from "../errors/fn-errors.ts";

/** The function of a command, for those who check it. */
export interface FnSpec {
  /** Its source, as an expression. */
  readonly text: string;
}

/** What compilers put into functions, and what it stands for. */
const helpers: Readonly<Record<string, string>> = {
  // esbuild, and with it tsx, when names are to be kept.
  __name: "(made) => made",
  // Vite and Vitest.
  __vite_ssr_dynamic_import__: "(specifier) => import(specifier)",
  // jiti, and with it the command line.
  jitiImport: "(specifier) => import(specifier)",
};

/** Calls that stand for an `import()`. */
export const rewrittenImports: ReadonlySet<string> = new Set([
  "__vite_ssr_dynamic_import__",
  "jitiImport",
]);

/** Names that are there although no function declares them. */
export function isHelper(name: string): boolean {
  return Object.hasOwn(helpers, name);
}

/** Declares the helpers that a text uses. In one line, so that lines can be counted. */
export function preludeOf(text: string): string {
  const used = Object.entries(helpers).filter(([name]) => text.includes(name));
  return used.map(([name, made]) => `const ${name} = ${made}; `).join("");
}

/** Texts that were looked at before: a stage may be called 10,000 times. */
const known = new WeakMap<object, string>();

/**
 * The source of a function, as an expression.
 *
 * @throws {@link BuildError} `FN_FUNCTION` when it has none that could run by itself.
 */
export function functionText(run: unknown): string {
  if (typeof run !== "function") throw fnFunction(describe(run), "it is no function");
  let text = known.get(run);
  if (text === undefined) known.set(run, (text = expressionOf(run)));
  return text;
}

function expressionOf(run: object & { readonly name: string }): string {
  const refuse = (why: string): Error => fnFunction(describe(run), why);
  const text = Function.prototype.toString.call(run);
  if (/^class\b/.test(text)) throw refuse("it is a class");
  if (/^(?:Async)?GeneratorFunction$/.test(run.constructor.name)) {
    throw refuse("it is a generator, whose body does not run when it is called");
  }
  if (/\{\s*\[native code\]\s*\}$/.test(text)) {
    throw refuse("it is bound, or built into JavaScript, and has no source text");
  }
  if (compiles(`(\n${text}\n)`)) return text;
  // A method, such as `run() {}` in an object, is no expression by itself.
  const method = `Object.values({\n${text}\n})[0]`;
  if (compiles(`(${method})`)) return method;
  throw refuse("its text cannot be evaluated by itself, as a script without `import.meta`");
}

function compiles(text: string): boolean {
  try {
    return new Script(`"use strict";${text}`) instanceof Script;
  } catch {
    return false;
  }
}
