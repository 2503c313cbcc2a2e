/**
 * Coverage reports: made relative to the source tree, and bare of everything outside.
 *
 * @module
 */
import { relative } from "node:path";

import { asString, asTable, tablesOf, type Table } from "./table.ts";
import { compare, isWithin } from "./tree.ts";

/** Which files a report is about. */
export interface Scope {
  /** Root of the sources. */
  readonly tree: string;
  /** Patterns of relative paths to leave out. */
  readonly ignore: readonly RegExp[];
}

/** A part of the code, and how much of it ran. */
export interface Share {
  readonly count: number;
  readonly covered: number;
  /** Rounded to two digits; 100 where there is nothing to cover. */
  readonly percent: number;
}

/** What is counted. */
export const MEASURES = ["lines", "functions", "regions"] as const;

/** Coverage of one file, or of all. */
export type Coverage = Readonly<Record<(typeof MEASURES)[number], Share>>;

/** The whole, and its files in the order of their paths. */
export interface Summary {
  readonly totals: Coverage;
  readonly files: Readonly<Record<string, Coverage>>;
}

/** Keeps the records of an LCOV report that are in scope, with relative paths. */
export function scopeLcov(report: string, scope: Scope): string {
  const records = report.split(/(?<=^end_of_record\n)/m).filter((record) => record.trim() !== "");
  return records
    .flatMap((record) => {
      const path = scopedPath(/^SF:(.*)$/m.exec(record)?.[1] ?? "", scope);
      return path === undefined ? [] : [record.replace(/^SF:.*$/m, () => `SF:${path}`)];
    })
    .join("");
}

/** Sums up the files in scope of what `llvm-cov export -summary-only` prints. */
export function summarize(json: string, scope: Scope): Summary {
  const [data] = tablesOf(asTable(JSON.parse(json))?.["data"]);
  const files = tablesOf(data?.["files"])
    .map((file) => [scopedPath(asString(file["filename"]) ?? "", scope), coverageOf(file)] as const)
    .filter((entry): entry is [string, Coverage] => entry[0] !== undefined)
    .toSorted(([one], [other]) => compare(one, other));
  return { totals: total(files.map(([, coverage]) => coverage)), files: Object.fromEntries(files) };
}

/** A report in JSON, with paths relative to the tree. */
export function relativePaths(json: string, tree: string): string {
  return JSON.stringify(JSON.parse(json), (_, value: unknown) =>
    typeof value === "string" && value.startsWith(`${tree}/`) ? relative(tree, value) : value,
  );
}

/** The summary as a table for people. */
export function renderSummary({ totals, files }: Summary): string {
  const rows = [...Object.entries(files), ["total", totals] as const];
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(9))].join("  ");
  const lines = rows.map(([name, coverage]) =>
    line(
      name,
      MEASURES.map((measure) => `${coverage[measure].percent.toFixed(2)}%`),
    ),
  );
  return [line("", MEASURES), ...lines].join("\n");
}

function scopedPath(path: string, { tree, ignore }: Scope): string | undefined {
  if (!isWithin(path, tree)) return undefined;
  const inside = relative(tree, path);
  return ignore.some((pattern) => pattern.test(inside)) ? undefined : inside;
}

function coverageOf(file: Table): Coverage {
  const summary = asTable(file["summary"]) ?? {};
  return eachMeasure((measure) => {
    const { count, covered } = asTable(summary[measure]) ?? {};
    return share(Number(count ?? 0), Number(covered ?? 0));
  });
}

function total(files: readonly Coverage[]): Coverage {
  const sum = (measure: keyof Coverage, part: "count" | "covered"): number =>
    files.reduce((so, file) => so + file[measure][part], 0);
  return eachMeasure((measure) => share(sum(measure, "count"), sum(measure, "covered")));
}

function eachMeasure(measured: (measure: keyof Coverage) => Share): Coverage {
  return {
    lines: measured("lines"),
    functions: measured("functions"),
    regions: measured("regions"),
  };
}

function share(count: number, covered: number): Share {
  const percent = count === 0 ? 100 : Math.round((covered / count) * 10_000) / 100;
  return { count, covered, percent };
}
