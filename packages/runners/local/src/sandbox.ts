/**
 * The sandbox: a place in which a command sees its own directory, its tools, and little else.
 *
 *     /tmp/ashlar-root/{root,home,tmp,bin}   the action's directory: the path of the stable place
 *     /usr, /bin, /lib…                      the system's programs, read-only
 *     /etc                                   ours: users, names, where libraries are
 *     <prefix of a tool>                     where it lies elsewhere, read-only
 *     /proc, /dev                            its own processes; devices that hold nothing
 *
 * The command has its own numbers of processes, so all that it starts ends with it, daemons too; and no network,
 * unless it says so.
 *
 * @module
 */
import { existsSync, rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

import { sandboxUnavailable, type Action, type ArtifactPath, type RunContext } from "@ashlar/core";

import { bubblewrapWords, findBubblewrap, type Bind, type Bubblewrap } from "./bubblewrap.ts";
import { hasOnlyPlainNames } from "./command-script.ts";
import { isShellText } from "./native.ts";
import type { Place, ProcessEnd } from "./place.ts";
import type { SharedFolder } from "./shared-folder.ts";
import { boundPath } from "./stable-place.ts";
import { systemBinds } from "./system-files.ts";
import { placesOf } from "./tool-places.ts";

/** Whether commands run in a sandbox. */
export type SandboxChoice = "auto" | "none" | "required";

/** The program that makes sandboxes here; `undefined` when there are to be none. Throws `SANDBOX_UNAVAILABLE`. */
export function chooseSandbox(choice: SandboxChoice, found?: Bubblewrap): string | undefined {
  if (choice === "none") return undefined;
  const { path, ...why } = found ?? findBubblewrap();
  if (choice === "required" && "reason" in why) throw sandboxUnavailable(why.reason, why.hint);
  return path;
}

/**
 * The first process of a command in its sandbox: waits for it, and notes if a signal has ended it, for
 * bubblewrap tells nobody. Says so in a file beside the input root. Of the two signals that shells keep quiet
 * about, `SIGINT` and `SIGPIPE`, nobody hears: they are exit codes, 130 and 141.
 *
 * In brackets, because a shell says what has ended a process on the standard error that the process had.
 * When it is asked to end, the command is to end, and not its only witness.
 */
const witness = `unset PWD OLDPWD
trap : TERM
exec 9>&2 2>/.ended
(exec "$@" 2>&9 9>&-)
status=$?
[ $status -le 128 ] || ! [ -s /.ended ] || : > ${boundPath}/ended
exit $status`;

/** Starts a program with an environment that no shell has touched. */
const envProgram = "/usr/bin/env";

/** Names of signals by their numbers. */
const signalNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
);

/** What a sandbox shows of trees that lie elsewhere. */
export interface ShownTree {
  readonly path: ArtifactPath;
  /** Absolute directory of this machine that holds it. */
  readonly from: string;
}

/** Makes the place of one action. */
export async function sandboxPlace(
  folder: string,
  action: Action,
  context: RunContext,
  how: {
    readonly bwrap: string;
    readonly shared: SharedFolder;
    readonly trees: readonly ShownTree[];
    readonly visible: readonly string[];
  },
): Promise<Place> {
  const { bwrap, shared, trees, visible } = how;
  const etc = await shared.etc(visible);
  const fixed: Bind[] = [
    ...systemBinds(etc, action.network),
    ...visible.filter((path) => existsSync(path)).map((path) => ({ from: path })),
  ];
  const own: Bind[] = [
    { from: folder, to: boundPath, isWritable: true },
    ...trees.map(({ path, from }) => ({ from, to: join(boundPath, "root", path) })),
    ...action.caches.map(({ name }) => ({ from: directoryOf(name, context), isWritable: true })),
  ];
  const inRoot = (path: string): string => {
    const tree = trees.find((each) => `${path}/`.startsWith(`${each.path}/`));
    return tree === undefined
      ? join(folder, "root", path)
      : join(tree.from, path.slice(tree.path.length));
  };
  return {
    folder,
    seenAs: boundPath,
    inRoot,
    sparesLeader: true,
    wrap: (program, cwd) => {
      const { argv, env, reads = [] } = program;
      const [file = ""] = argv;
      // The system would refuse it, and a shell would not. So the system is asked.
      const outside = file.startsWith(`${boundPath}/`)
        ? folder + file.slice(boundPath.length)
        : file;
      if (isShellText(outside)) return { argv: [outside, ...argv.slice(1)], env };
      const { places, links } = placesOf(reads, visible);
      const binds = [...fixed, ...places.map((from) => ({ from })), ...own];
      const words = bubblewrapWords(bwrap, { binds, links, hasNetwork: action.network, cwd });
      const started = [...words, "/bin/sh", "-c", witness, "sh"];
      if (hasOnlyPlainNames(env)) return { argv: [...started, ...argv], env };
      const variables = Object.entries(env).map((pair) => pair.join("="));
      return { argv: [...started, envProgram, "-i", "--", ...variables, ...argv], env: {} };
    },
    end: (end) => readEnd(end, join(folder, "ended")),
  };
}

function directoryOf(cache: string, { caches }: RunContext): string {
  const directory = caches?.get(cache);
  if (directory === undefined) throw new Error(`bug: no directory for the cache \`${cache}\``);
  return directory;
}

/** How the command ended, where its witness has said more than an exit code. */
function readEnd(end: ProcessEnd, path: string): ProcessEnd {
  if (end.exitCode === undefined || end.exitCode <= 128 || !existsSync(path)) return end;
  rmSync(path, { force: true });
  const number = end.exitCode - 128;
  return { exitCode: undefined, endedBy: signalNames.get(number) ?? `SIG${number}` };
}
