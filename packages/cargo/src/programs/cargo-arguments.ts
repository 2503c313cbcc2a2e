/**
 * Cargo's command line, as far as programs must look into it.
 *
 * @module
 */
import { Failure } from "./failure.ts";

/** Commands that report each unit with `--message-format`. */
const COMPILING = new Set(["build", "check", "clippy", "test", "bench", "doc", "rustc", "run"]);

/** Global options that take the next word. */
const TAKES_VALUE = new Set(["--config", "--color", "-Z", "-C"]);

/** The command (`build`, `clippy`...) in a list of arguments for cargo. */
export function commandIn(args: readonly string[]): string | undefined {
  return args.find((arg, index) => {
    const before = args[index - 1];
    return !/^[-+]/.test(arg) && (before === undefined || !TAKES_VALUE.has(before));
  });
}

/** Whether cargo can report the units of this command. */
export function reportsUnits(args: readonly string[]): boolean {
  return COMPILING.has(commandIn(args) ?? "");
}

/**
 * Adds options in front of a `--`: what comes after it is not for cargo.
 *
 * @throws {@link Failure} when the arguments have a message format of their own.
 */
export function withOptions(args: readonly string[], ...options: string[]): readonly string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const own = args.slice(0, end).find((arg) => arg.startsWith("--message-format"));
  if (own !== undefined) {
    throw new Failure(`the arguments for cargo have \`${own}\`, which this program sets itself`, {
      hint: "leave it out",
    });
  }
  return [...args.slice(0, end), ...options, ...args.slice(end)];
}
