/**
 * Volatile values: what a command sees in its environment, and no key knows.
 *
 * For what is different in every build and should not run anything again: a build number, the name of a
 * branch. A result that is reused has what was seen when it was made.
 *
 * @module
 */
import { describe } from "../base/describe.ts";
import { volatileValue } from "../errors/unkeyed-errors.ts";

/** A value of a variable that is in no key. */
export interface Volatile {
  readonly [volatileState]: string;
}

const volatileState: unique symbol = Symbol("ashlar.volatile");

/**
 * Marks the value of a variable as one that runs nothing again.
 *
 * The command sees the value, and the key holds the variable's name only. So a build in which nothing
 * but the value is new reuses the earlier result, and whatever the command made of the earlier value.
 *
 * @throws {@link BuildError} `INVALID_OPTION` for anything but a string or a number.
 * @example
 * ```ts
 * sh({ env: { BUILD_NUMBER: volatile(process.env.BUILD_NUMBER ?? "") } })`make package`;
 * ```
 */
export function volatile(value: string | number): Volatile {
  if (typeof value !== "string" && typeof value !== "number") throw volatileValue(describe(value));
  return Object.freeze({ [volatileState]: String(value) });
}

/** The value; `undefined` for anything that is not volatile. */
export function volatileText(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && volatileState in value
    ? (value as Volatile)[volatileState]
    : undefined;
}
