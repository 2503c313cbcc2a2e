/**
 * What TypeScript's compiler prints, for people and for programs.
 *
 *     src/a.ts(4,7): error TS2322: Type 'string' is not assignable to type 'number'.
 *     src/a.ts:4:7 - error TS2322: Type 'string' is not assignable to type 'number'.
 *
 * @module
 */
import type { Annotation, Parser } from "./annotation.ts";

const form =
  /^(?<file>.+?)(?:\((?<l>\d+),(?<c>\d+)\):|:(?<line>\d+):(?<column>\d+) -) (?<level>error|warning) (?<code>TS\d+): (?<message>.+)$/;

/** Finds what tsc says. */
export const tsc: Parser = (lines) =>
  lines.flatMap((text): readonly Annotation[] => {
    const groups = form.exec(text)?.groups;
    if (groups === undefined) return [];
    const { file = "", l, c, line, column, level, code = "", message = "" } = groups;
    const place = { line: Number(l ?? line), column: Number(c ?? column) };
    return [{ level: level as "error" | "warning", file, ...place, code, message }];
  });
