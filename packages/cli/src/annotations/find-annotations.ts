/**
 * Finding annotations: what tools say of places in files, in what they print.
 *
 *     text ─▶ without colours ─▶ lines ─▶ each tool's pattern ─▶ annotations
 *
 * Patterns are those of rustc and clippy, tsc, gcc and clang, eslint, and Node's test runner. Text that no
 * pattern fits is no annotation; there is no guessing.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";

import type { Annotation, Parser } from "./annotation.ts";
import { eslint } from "./eslint.ts";
import { gcc } from "./gcc.ts";
import { nodeTest } from "./node-test.ts";
import { rustc } from "./rustc.ts";
import { tsc } from "./tsc.ts";

const parsers: readonly Parser[] = [rustc, tsc, gcc, eslint, nodeTest];

/** All annotations in what a command printed, each once, in the order of tools. */
export function findAnnotations(text: string): readonly Annotation[] {
  const lines = stripVTControlCharacters(text).split(/\r?\n/);
  const found = new Map<string, Annotation>();
  for (const parse of parsers) {
    for (const each of parse(lines)) {
      const place = `${each.file}:${each.line}:${each.column ?? ""}:${each.message}`;
      if (!found.has(place)) found.set(place, each);
    }
  }
  return [...found.values()];
}
