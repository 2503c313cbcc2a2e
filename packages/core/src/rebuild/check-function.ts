/**
 * Checking functions: what will run alone must not lean on anything around it.
 *
 * Done when a function is about to run, and not when it is described: one that has a usable result has
 * been checked, and the parser is not needed.
 *
 * @module
 */
import { builtinModules } from "node:module";

import { fnCapture, fnImport } from "../errors/fn-errors.ts";
import { freeNames } from "../graph/free-names.ts";
import { isHelper, rewrittenImports, type FnSpec } from "../graph/function-text.ts";
import type { StageCall } from "../graph/stage.ts";
import { childrenOf, NotJavaScript, parse, type SyntaxNode } from "../graph/syntax.ts";

/**
 * Checks the function of a call.
 *
 * @throws {@link BuildError} `FN_CAPTURE` for the first name that it neither declares nor finds in every
 *   Node, `FN_IMPORT` for a module that is not Node's own.
 */
export async function checkFunction({ text }: FnSpec, call: StageCall): Promise<void> {
  let program: SyntaxNode;
  try {
    program = await parse(`(${text}\n)`, "script");
  } catch (error) {
    // Newer than the parser. Node has compiled it, and will say what is missing when it runs.
    if (error instanceof NotJavaScript) return;
    throw error;
  }
  const { name: stage, declaredAt } = call;
  for (const { name, at } of freeNames(program)) {
    if (name in globalThis || isHelper(name)) continue;
    const before = text.slice(0, at - 1);
    const line = before.split("\n").length;
    const lineText = text.split("\n")[line - 1] ?? "";
    throw fnCapture({ stage, name, line, text: lineText, declaredAt });
  }
  for (const specifier of importsIn(program)) {
    if (!isBuiltin(specifier)) throw fnImport({ stage, specifier, declaredAt });
  }
}

/** Specifiers of imports that can be read off. */
function* importsIn(node: SyntaxNode): Generator<string, void> {
  const isRewritten = rewrittenImports.has(node.callee?.name ?? "");
  const source = isRewritten ? node.arguments?.[0] : node.source;
  if (source?.type === "Literal" && (isRewritten || node.type === "ImportExpression")) {
    yield String(source.value);
  }
  for (const child of childrenOf(node)) yield* importsIn(child);
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}
