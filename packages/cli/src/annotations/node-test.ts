/**
 * What Node's test runner prints of tests that failed, in both of its forms.
 *
 *     test at test/a.test.js:4:1             not ok 2 - adds
 *     ✖ adds (1.2ms)                           ---
 *       AssertionError …                       location: '/work/test/a.test.js:4:1'
 *                                              error: 'Expected values to be equal'
 *
 * @module
 */
import type { Annotation, Parser } from "./annotation.ts";

const testAt = /^test at (.+?):(\d+):(\d+)$/;
const cross = /^\s*✖ (.+?)(?: \([\d.]+ms\))?$/;
const notOk = /^\s*not ok \d+ - (.+?)(?: # .*)?$/;
const location = /^\s+location: ['"](.+?):(\d+):(\d+)['"]$/;
const tapError = /^\s+error: (?:['"](.*)['"]|\|-?)$/;
/** Of a suite, which fails because a test in it does. */
const inherited = /subtests? failed/;

/** Lines that belong to one failure, at most. */
const reach = 12;

/** Finds what `node --test` says. */
export const nodeTest: Parser = (lines) => [...spec(lines), ...tap(lines)];

function spec(lines: readonly string[]): readonly Annotation[] {
  return lines.flatMap((text, at): readonly Annotation[] => {
    const [, file = "", line, column] = testAt.exec(text) ?? [];
    const name = cross.exec(lines[at + 1] ?? "")?.[1];
    if (line === undefined || name === undefined) return [];
    const reason = lines[at + 2]?.trim().replace(/^\[?(.*?)\]?$/, "$1") ?? "";
    if (inherited.test(reason)) return [];
    const message = reason === "" ? name : `${name}: ${reason}`;
    return [{ level: "error", file, line: Number(line), column: Number(column), message }];
  });
}

function tap(lines: readonly string[]): readonly Annotation[] {
  return lines.flatMap((text, at): readonly Annotation[] => {
    const name = notOk.exec(text)?.[1];
    if (name === undefined) return [];
    const below = lines.slice(at + 1, at + 1 + reach);
    const end = below.findIndex((line) => /^\s+\.\.\.$/.test(line));
    const block = end === -1 ? below : below.slice(0, end);
    const [, file = "", line, column] =
      block.map((each) => location.exec(each)).find(Boolean) ?? [];
    if (line === undefined) return [];
    const errorAt = block.findIndex((each) => tapError.test(each));
    const quoted = tapError.exec(block[errorAt] ?? "")?.[1];
    const reason = quoted ?? block[errorAt + 1]?.trim() ?? "";
    if (inherited.test(reason)) return [];
    const message = errorAt === -1 ? name : `${name}: ${reason}`;
    return [{ level: "error", file, line: Number(line), column: Number(column), message }];
  });
}
