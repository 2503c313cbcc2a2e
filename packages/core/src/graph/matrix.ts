/**
 * Matrices: one part of a pipeline for each combination of some values.
 *
 * @module
 */
import { state, type Group, type Handle } from "../artifact/handle.ts";
import { closest } from "../base/closest.ts";
import { describe } from "../base/describe.ts";
import { invalidOption, matrixCellUnknown } from "../errors/catalogue.ts";
import type { Scalar } from "./command.ts";
import { all } from "./group.ts";

/** The values of each axis. */
export type Axes = Readonly<Record<string, readonly Scalar[]>>;

/** One combination. */
export type Cell<X extends Axes> = { readonly [K in keyof X]: X[K][number] };

/** The parts of a matrix, by their combination. As a gate or a target it stands for all of them. */
export interface Matrix<X extends Axes, R> extends Group<Readonly<Record<string, R>>> {
  /** Every combination, the last axis turning fastest. */
  readonly cells: readonly Cell<X>[];
  /**
   * The part for one combination.
   *
   * @throws {@link BuildError} `MATRIX_CELL_UNKNOWN` when there is no such combination.
   */
  get(at: Cell<X>): R;
}

/**
 * Calls `cell` once for each combination of the axes' values, and gathers what it returns.
 *
 * @throws {@link BuildError} `INVALID_OPTION` for an axis without values, or with a value twice.
 * @example
 * ```ts
 * const tests = matrix({ node: [20, 22], os: ["linux", "mac"] }, ({ node, os }) =>
 *   runTests({ src }, node, os));
 * tests.get({ node: 22, os: "linux" });
 * ```
 */
export function matrix<const X extends Axes, R extends Handle>(
  axes: X,
  cell: (at: Cell<X>) => R,
): Matrix<X, R> {
  if (typeof axes !== "object" || (axes as unknown) === null) {
    throw invalidOption("axes", describe(axes), "an object with a list of values for each axis");
  }
  const parts = new Map<string, R>();
  const cells = combine(axes);
  for (const at of cells) parts.set(nameOf(axes, at), cell(at as Cell<X>));
  const group = all(Object.fromEntries(parts));
  const get = (at: Cell<X>): R => {
    if (typeof at !== "object" || (at as unknown) === null) {
      throw matrixCellUnknown(describe(at), undefined);
    }
    const name = nameOf(axes, at);
    const part = parts.get(name);
    if (part === undefined) throw matrixCellUnknown(name, closest(name, parts.keys()));
    return part;
  };
  const whole = { cells: Object.freeze(cells), get };
  return Object.freeze(Object.defineProperty(whole, state, { value: group[state] })) as Matrix<
    X,
    R
  >;
}

function combine(axes: Axes): Readonly<Record<string, Scalar>>[] {
  let cells: Readonly<Record<string, Scalar>>[] = [{}];
  for (const [axis, values] of Object.entries(axes)) {
    if (!Array.isArray(values)) {
      throw invalidOption(`axis ${axis}`, describe(values), "a list of values");
    }
    if (values.length === 0) throw invalidOption(`axis ${axis}`, "empty", "a list of values");
    if (new Set(values.map(String)).size < values.length) {
      throw invalidOption(
        `axis ${axis}`,
        "a list with a value twice",
        "a list of different values",
      );
    }
    const longer = [];
    for (const at of cells) for (const value of values) longer.push({ ...at, [axis]: value });
    cells = longer;
  }
  return cells;
}

/** `node=20, os=linux`: the axes in their order. */
function nameOf(axes: Axes, at: Readonly<Record<string, Scalar>>): string {
  return Object.keys(axes)
    .map((axis) => `${axis}=${shown(String(at[axis]))}`)
    .join(", ");
}

/** Quoted where it could be mistaken for several values: no two cells may have one name. */
function shown(value: string): string {
  return /[",]/.test(value) ? JSON.stringify(value) : value;
}
