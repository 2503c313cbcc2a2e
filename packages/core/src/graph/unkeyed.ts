/**
 * What a command sees and no key holds: volatile variables, secrets, caches, the network. That they are there is part
 * of the command.
 *
 * One list with two readers, the key and the trace, so that they cannot drift.
 *
 * @module
 */
import { compareCodePoints } from "../base/order.ts";
import type { CommandSpec } from "./command.ts";

const none: readonly string[] = [];

/** A line for each: its name and place, never its content. Empty for most commands. */
export function unkeyedLines({ volatile, secrets, caches, run }: CommandSpec): readonly string[] {
  const hasNone = volatile === undefined && secrets.length === 0 && caches.length === 0;
  if (hasNone && !run.hasNetwork) return none;
  const lines = [
    ...(run.hasNetwork ? ["network"] : []),
    ...Object.keys(volatile ?? {}).map((name) => `volatile ${JSON.stringify(name)}`),
    // A text may look like a placeholder, so it takes the place to tell them apart.
    ...secrets.map(({ name, in: where, at }) => `secret ${JSON.stringify([name, where, at])}`),
    ...caches.map(({ name, path }) => `cache ${JSON.stringify([name, path])}`),
  ];
  return lines.toSorted(compareCodePoints);
}
