/**
 * Colours, where they are wanted.
 *
 * @module
 */
import picocolors from "picocolors";

import type { Output, Surroundings } from "./surroundings.ts";

/** Paints texts, or leaves them as they are. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Whether an output is to have colours. What is typed (`--color`, `--no-color`) counts first, then `NO_COLOR` and
 * `FORCE_COLOR`, then whether it is a terminal that knows colours.
 */
export function wantsColor(
  output: Pick<Output, "isTTY">,
  env: Surroundings["env"],
  typed?: boolean,
): boolean {
  if (typed !== undefined) return typed;
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  if (isSet("NO_COLOR")) return false;
  if (isSet("FORCE_COLOR")) return env["FORCE_COLOR"] !== "0";
  return output.isTTY && env["TERM"] !== "dumb";
}

/** Colours, or texts as they are. */
export function makeColors(isWanted: boolean): Colors {
  return picocolors.createColors(isWanted);
}
