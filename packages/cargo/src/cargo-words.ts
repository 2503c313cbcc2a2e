/**
 * Command lines of cargo: always in one order, and never with a network.
 *
 * @module
 */
import type { Project } from "./project.ts";

/** Never from the network, never another version than the one in the lock file. */
const isolated = ["--locked", "--offline", "--config", "../vendor/config.toml"];

/**
 * The arguments of cargo for a command.
 *
 * @param command - As `["test", "--doc"]`.
 * @param flags - Of the selection.
 */
export function cargoWords(
  { place }: Project,
  command: readonly string[],
  flags: readonly string[],
  args: readonly string[],
): readonly string[] {
  return [...command, ...isolated, ...place, ...flagsOf(command, flags), ...args];
}

/** The `--profile` of nextest is one of its own. */
function flagsOf([command]: readonly string[], flags: readonly string[]): readonly string[] {
  if (command !== "nextest") return flags;
  return flags.map((flag) => (flag === "--profile" ? "--cargo-profile" : flag));
}
