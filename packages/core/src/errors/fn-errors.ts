/**
 * The wording of errors about stages that are JavaScript functions.
 *
 * @module
 */
import { BuildError } from "./build-error.ts";

/** A function uses something that will not be there when it runs alone. */
export function fnCapture(seen: {
  readonly stage: string;
  readonly name: string;
  /** Line of the function, from 1 on, and its text. */
  readonly line: number;
  readonly text: string;
  readonly declaredAt: string | undefined;
}): BuildError {
  const { stage, name, line, text, declaredAt } = seen;
  return new BuildError({
    code: "FN_CAPTURE",
    message: `the function of stage \`${stage}\` uses \`${name}\`, which it does not declare`,
    facts: { "declared at": declaredAt, [`line ${line}`]: text.trim() },
    hint: captureHint(name),
  });
}

function captureHint(name: string): string {
  if (name === "this" || name === "super" || name === "arguments") {
    return "use the function's own parameter: it is called alone, with nothing around it";
  }
  if (/^__(?:vite_ssr|vi)_import_meta/.test(name)) {
    return "`import.meta` is that of another module when the function runs alone; pass what it says in `captures`";
  }
  if (/^__vi(?:te_ssr)?_import_\d+__$/.test(name)) {
    return 'it is an import at the top of the file, as Vite and Vitest rewrite it; import Node\'s own modules inside the function, with `await import("node:...")`, and for others use `fn.module`';
  }
  if (name === "require") {
    return 'use `await import("node:...")` inside the function, and for modules of others `fn.module`';
  }
  return `if it is data, declare it as \`captures: { ${name} }\` and use \`captures.${name}\`; a helper can be defined inside the function, Node's own modules imported there, and for all else there is \`fn.module\``;
}

/** What should be a function that can run alone is something else. */
export function fnFunction(found: string, why: string): BuildError {
  return new BuildError({
    code: "FN_FUNCTION",
    message: `${found} cannot be run alone: ${why}`,
    hint: "give an ordinary function, `async` or not: `run: ({ inputs, out }) => { ... }`",
  });
}

/** A function imports a module that will not be there when it runs alone. */
export function fnImport(seen: {
  readonly stage: string;
  readonly specifier: string;
  readonly declaredAt: string | undefined;
}): BuildError {
  const { stage, specifier, declaredAt } = seen;
  return new BuildError({
    code: "FN_IMPORT",
    message: `the function of stage \`${stage}\` imports \`${specifier}\`, which is not there when it runs alone`,
    facts: { "declared at": declaredAt },
    hint: "only Node's own modules can be imported; put the function into a module of its own, and use `fn.module`",
  });
}

/** A module cannot be loaded without another, and that is not there. */
export function fnUnresolved(module: string, specifier: string, why: string): BuildError {
  return new BuildError({
    code: "FN_IMPORT",
    message: `\`${module}\` imports \`${specifier}\`, which cannot be found`,
    facts: { found: why },
    hint: "check the name; a package must be installed where the module can see it",
  });
}

/** A file that should be a module cannot be read as one. */
export function fnModule(path: string, why: string): BuildError {
  return new BuildError({
    code: "FN_MODULE",
    message: `\`${path}\` cannot be read as a module`,
    facts: { found: why },
    hint: "use plain JavaScript, or on Node 22.18 and newer TypeScript whose types can be taken away",
  });
}
