/**
 * What a command sees and no key holds: volatile variables. That they are there is part of the command.
 *
 * One list with two readers, the key and the trace, so that they cannot drift.
 *
 * @module
 */
import { compareCodePoints } from "../base/order.ts";
import type { CommandSpec } from "./command.ts";

const none: readonly string[] = [];

/** A line for each: its name and place, never its content. Empty for most commands. */
export function unkeyedLines({ volatile }: CommandSpec): readonly string[] {
  if (volatile === undefined) return none;
  const names = Object.keys(volatile).toSorted(compareCodePoints);
  return names.map((name) => `volatile ${JSON.stringify(name)}`);
}
