/**
 * Command lines of cargo: always in one order, and never with a network.
 *
 * @module
 */
import type { Project } from "./project.ts";

/** Never from the network, never another version than the one in the lock file. */
const isolated = ["--locked", "--offline", "--config", "../vendor/config.toml"];

/** Commands of cargo that compile, and so are told what, and how. */
const COMPILING = new Set([
  "bench",
  "build",
  "check",
  "clippy",
  "doc",
  "nextest",
  "run",
  "rustc",
  "rustdoc",
  "test",
]);

/** Other commands of cargo that go by the lock file. */
const RESOLVING = new Set(["fix", "metadata", "package", "pkgid", "tree"]);

/** Whether a command is not cargo's own, as far as we know: an alias, or a program that others have written. */
export function isForeign([name = ""]: readonly string[]): boolean {
  return !COMPILING.has(name) && !RESOLVING.has(name);
}

/**
 * The arguments of cargo for a command of which nobody knows more than its name. One that is not cargo's own (of another
 * program, or an alias of the project) has its own ideas of arguments, and gets none but its own.
 */
export function anyWords(
  project: Project,
  command: readonly string[],
  flags: readonly string[],
  args: readonly string[],
): readonly string[] {
  if (isForeign(command)) return [...command, ...args];
  const [name = ""] = command;
  return cargoWords(project, command, COMPILING.has(name) ? flags : [], args);
}

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

/** The `--profile` of nextest is one of its own, and benchmarks have one that is neither that of builds nor that of tests. */
function flagsOf([command]: readonly string[], flags: readonly string[]): readonly string[] {
  if (command === "bench") return benchFlags(flags);
  if (command !== "nextest") return flags;
  return flags.map((flag) => (flag === "--profile" ? "--cargo-profile" : flag));
}

function benchFlags(flags: readonly string[]): readonly string[] {
  if (flags.includes("--profile")) return flags;
  const profile = flags.includes("--release") ? "release" : "dev";
  return ["--profile", profile, ...flags.filter((flag) => flag !== "--release")];
}
