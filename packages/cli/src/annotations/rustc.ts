/**
 * What rustc and clippy print: a headline, and an arrow to its place below.
 *
 *     error[E0308]: mismatched types
 *      --> src/main.rs:4:18
 *
 * @module
 */
import type { Annotation, Parser } from "./annotation.ts";

const headline = /^(error|warning)(?:\[([\w:]+)\])?: (.+)$/;
const arrow = /^ *--> (.+?):(\d+):(\d+)$/;

/** Lines between a headline and its arrow, at most. */
const reach = 3;

/** Finds what rustc and clippy say. */
export const rustc: Parser = (lines) => {
  const found: Annotation[] = [];
  for (const [at, text] of lines.entries()) {
    const [, level, code, message = ""] = headline.exec(text) ?? [];
    if (level === undefined) continue;
    const place = lines
      .slice(at + 1, at + 1 + reach)
      .map((line) => arrow.exec(line))
      .find(Boolean);
    const [, file = "", line, column] = place ?? [];
    if (line === undefined) continue;
    found.push({
      ...{ level: level as "error" | "warning", file, line: Number(line), column: Number(column) },
      ...(code !== undefined && { code }),
      message,
    });
  }
  return found;
};
