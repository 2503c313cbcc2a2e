/**
 * What eslint prints, and others in its `stylish` form: the name of a file, and its findings below.
 *
 *     /work/src/a.js
 *       4:7  error  'x' is not defined  no-undef
 *
 * @module
 */
import type { Annotation, Parser } from "./annotation.ts";

const heading = /^(?!\s)(?:\.{0,2}\/)?[^\s].*\.[A-Za-z0-9]+$/;
const finding = /^ {2,}(\d+):(\d+) {1,}(error|warning) {2,}(.+?)(?: {2,}(\S+))?\s*$/;

/** Finds what eslint says. */
export const eslint: Parser = (lines) => {
  const found: Annotation[] = [];
  let file: string | undefined;
  for (const text of lines) {
    const [, line, column, level, message = "", code] = finding.exec(text) ?? [];
    if (line !== undefined && file !== undefined) {
      found.push({
        ...{ level: level as "error" | "warning", file, line: Number(line) },
        ...{ column: Number(column), ...(code !== undefined && { code }), message },
      });
    } else if (heading.test(text)) file = text;
    else if (text.trim() === "") file = undefined;
  }
  return found;
};
