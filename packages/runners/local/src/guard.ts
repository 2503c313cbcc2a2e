/**
 * The guard: a process that kills what still runs when this one is gone.
 *
 * Every command leads a process group of its own, so a terminal's Ctrl-C does not reach it, and nobody
 * would end it if this process were killed. The guard reads the numbers of those groups from a pipe
 * that only this process holds, and kills the groups when the pipe closes. One guard serves all commands
 * of a runner, and stands beside them: a command that waits for its children must find none but its own.
 *
 * This process may be killed just when it has started a command, and has not said so yet. Where there is
 * a /proc, the guard therefore looks for processes that work in the runner's directory, and that were
 * started with it in their environment: a person who looks around there was not.
 *
 * @module
 */
import { once } from "node:events";

import type { ResultPromise } from "execa";

const script = `
trap '' HUP INT TERM
groups=" "
while read -r verb group; do
  case $verb in
    watch) groups="$groups$group " ;;
    forget)
      case $groups in
        *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;;
      esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
for link in /proc/[0-9]*/cwd; do
  cd -P "$link" && case $PWD in
    "$1"/*)
      process=\${link%/cwd}
      group=\${process#/proc/}
      # While it becomes another program, it has none.
      for look in 1 2 3 4 5 6 7 8 9 10; do
        grep -q . "$process/environ" && break
        sleep 0.05
      done
      grep -q -F "$1" "$process/environ" && kill -s KILL -- "-$group" "$group" ;;
  esac
done
`;

const options = {
  env: { PATH: "/usr/bin:/bin" },
  extendEnv: false,
  cwd: "/",
  detached: true,
  cleanup: false,
  buffer: false,
  reject: false,
  stdio: ["pipe", "ignore", "ignore"],
} as const;

/** Watches over the process groups of a runner. Started when there is the first one. */
export class Guard {
  readonly #directory: string;
  #process: ResultPromise<typeof options> | undefined;

  /** @param directory - Absolute, without links: where all commands of the runner start. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts the guard, unless it is there. */
  async start(): Promise<void> {
    const { execa } = await import("execa");
    if (this.#process !== undefined && isRunning(this.#process)) return;
    const started = execa("/bin/sh", ["-c", script, "guard", this.#directory], options);
    // A guard that is gone guards nothing, and is no reason to stop.
    started.stdin.on("error", () => {});
    // A runner that nobody disposes of must not keep this process alive.
    started.unref();
    (started.stdin as unknown as { unref(): void }).unref();
    this.#process = started;
  }

  /** From now on, the group is killed when this process is gone. */
  watch(group: number): void {
    this.#process?.stdin.write(`watch ${group}\n`);
  }

  /** To be called once the group is over: its number may be given to others. */
  forget(group: number): void {
    this.#process?.stdin.write(`forget ${group}\n`);
  }

  /** Ends the guard, and kills what it still watches. */
  async end(): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    if (ending === undefined || !isRunning(ending)) return;
    ending.ref();
    ending.stdin.end();
    await once(ending, "exit");
  }
}

function isRunning({ exitCode, signalCode }: ResultPromise<typeof options>): boolean {
  return exitCode === null && signalCode === null;
}
