/**
 * Command scripts: what the shell of a container reads to become the parent of a command.
 *
 * The shell waits for the command, says in a file how it ended, and then kills all processes of its user but
 * itself, whatever groups and sessions they have made: in the container, these are what the command left.
 *
 * @module
 */
import type { Program } from "./place.ts";

/** Where a shell says how its command ended, from the action's directory. */
export const endedFile = "ended";

/** Signals of Linux, by number. */
const signals: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  10: "SIGUSR1",
  11: "SIGSEGV",
  12: "SIGUSR2",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  24: "SIGXCPU",
  25: "SIGXFSZ",
  31: "SIGSYS",
};

/**
 * The script of a program. It is read to its end before any of it is run, so its input may close.
 *
 * @param directory - Where the action's directory is in the container.
 * @param envProgram - Where `env` is in it: it starts a command with an environment that no shell has touched.
 */
export function commandScript(
  { argv, env }: Program,
  cwd: string,
  directory: string,
  envProgram: string,
): string {
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const [file = ""] = argv;
  // `env` would take its name for a variable.
  const words = file.includes("=") ? ["/bin/sh", "-c", 'exec "$0" "$@"', ...argv] : argv;
  const start = [envProgram, "-i", ...pairs, ...words].map(quote).join(" ");
  return `{
exec 3>&2 2> ${quote(`${directory}/${endedFile}`)} < /dev/null
trap : HUP INT TERM
cd -- ${quote(cwd)} || exit
${start} 2>&3 3>&-
status=$?
echo "over $status" >&2
kill -s KILL -- -1
exit $status
}
`;
}

/** How a command ended. */
export interface CommandEnd {
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
}

/**
 * Reads how a command ended; `undefined` when the shell was killed itself, and has said nothing.
 *
 * Shells do not tell a command that `SIGKILL` has ended from one that exits with 137, unless they start it in
 * the background, where it would ignore `SIGINT`. So it is taken for what it nearly always is.
 */
export function readEnd(said: string): CommandEnd | undefined {
  const [, code] = /^over (\d+)$/m.exec(said) ?? [];
  if (code === undefined) return undefined;
  const status = Number(code);
  const endedBy = signals[status - 128];
  return endedBy === undefined ? { exitCode: status, endedBy } : { exitCode: undefined, endedBy };
}

/** In single quotes nothing but the quote itself has a meaning. */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
