/**
 * Cells: the parts of a matrix, as targets.
 *
 *     tests = matrix({ node: [20, 22], os: ["linux", "mac"] }, f)
 *
 *     tests.node=20,os=linux      one cell
 *     tests.node=20               all cells with that value
 *     tests[node=20]              the same, for those who think of it so; some shells want it in quotes
 *
 * @module
 */
import type { Handle } from "@ashlar/core";

/** The value of a cell on each axis, as text. */
export type CellValues = Readonly<Record<string, string>>;

/** What is below a handle, by name: the cells of a matrix, the members of a group, the outputs of a stage. */
export function membersOf(handle: Handle): readonly (readonly [name: string, member: unknown])[] {
  const { cells, get } = handle as { readonly cells?: unknown; readonly get?: unknown };
  if (Array.isArray(cells) && typeof get === "function") {
    return cells.map((at: object) => {
      return [cellName(Object.entries(at)), (get as (at: object) => unknown)(at)] as const;
    });
  }
  return Object.entries(handle).map(([name, member]) => {
    // A matrix in a sequence is a group, whose members have the names of its cells.
    const values = valuesOf(name);
    return [values === undefined ? name : cellName(Object.entries(values)), member] as const;
  });
}

function cellName(values: readonly (readonly [axis: string, value: unknown])[]): string {
  return values.map(([axis, value]) => `${axis}=${quoted(String(value))}`).join(",");
}

/** Quoted where it could be mistaken for several values. */
function quoted(value: string): string {
  return /[",]/.test(value) ? JSON.stringify(value) : value;
}

/** One value on an axis, and what ends it: `node=20`, `title="a, b"`. */
const assignment = /(?<axis>[^=,\s][^=,]*)=(?<value>"(?:[^"\\]|\\.)*"|[^",]*)(?:, *(?!$)|$)/y;

/** The values that a name says; `undefined` when it is not the name of a cell, or of several. */
export function valuesOf(name: string): CellValues | undefined {
  const values: Record<string, string> = {};
  for (assignment.lastIndex = 0; assignment.lastIndex < name.length;) {
    const { axis, value = "" } = assignment.exec(name)?.groups ?? {};
    if (axis === undefined) return undefined;
    values[axis] = value.startsWith('"') ? String(JSON.parse(value)) : value;
  }
  return name === "" ? undefined : values;
}

/** Whether a name means a cell of a matrix, among others: whether the cell has the values that the name says. */
export function isInSlice(cell: CellValues, matrix: string, name: string): boolean {
  if (!name.startsWith(`${matrix}.`)) return false;
  const wanted = valuesOf(name.slice(matrix.length + 1));
  if (wanted === undefined) return false;
  return Object.entries(wanted).every(([axis, value]) => cell[axis] === value);
}

/** `tests[node=20, os=linux]` as `tests.node=20,os=linux`; any other name as it is. */
export function plainName(name: string): string {
  return name.replaceAll(/\[([^\]]*)\]/g, (_, values: string) => {
    return `.${values.trim().replaceAll(/\s*,\s*/g, ",")}`;
  });
}
