/**
 * What gcc, clang and many others print.
 *
 *     src/main.c:4:18: error: expected ';' before '}' token
 *     src/main.c:9: warning: unused variable 'x' [-Wunused-variable]
 *
 * @module
 */
import type { Annotation, Parser } from "./annotation.ts";

const form =
  /^(?<file>[^\s:][^:]*):(?<line>\d+)(?::(?<column>\d+))?: (?<level>fatal error|error|warning): (?<message>.+?)(?: \[(?<code>-W[^\]]+)\])?$/;

/** Finds what gcc and clang say. */
export const gcc: Parser = (lines) =>
  lines.flatMap((text): readonly Annotation[] => {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) return [];
    const { file = "", line, column, level, code, message = "" } = groups;
    return [
      {
        ...{ level: level === "warning" ? "warning" : "error", file, line: Number(line) },
        ...(column !== undefined && { column: Number(column) }),
        ...(code !== undefined && { code }),
        message,
      },
    ];
  });
