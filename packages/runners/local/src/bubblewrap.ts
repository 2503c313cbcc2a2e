/**
 * Bubblewrap: the program that makes sandboxes, and the words by which it is told to.
 *
 * Costs decide what is there. Each bind makes those after it dearer, for bubblewrap reads the whole list of
 * mounts anew for each; so there are a dozen of them, and never one for each file.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import { isExecutable } from "./executable.ts";

/** A directory or file of this machine, and where the command sees it. */
export interface Bind {
  readonly from: string;
  /** Absolute. @defaultValue the same path */
  readonly to?: string;
  readonly isWritable?: boolean;
}

/** What a sandbox is to be. */
export interface SandboxSpec {
  /** In this order: one that lies in another comes after it. */
  readonly binds: readonly Bind[];
  /** Targets of links by their absolute paths. @defaultValue none */
  readonly links?: ReadonlyMap<string, string>;
  readonly hasNetwork: boolean;
  /** Where the command starts, as it sees it. Absolute. */
  readonly cwd: string;
}

/** Of root's rights, those that programs use on their own files; none that lead out of a sandbox. */
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"];

const devices = ["null", "zero", "full", "random", "urandom"];

/** Where systems keep programs and libraries. Many have links into `/usr` in the place of some. */
const systemPlaces = ["/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr"];

/** Where some systems keep all packages, each under a name that says what it is. */
const packagePlaces = ["/nix/store", "/gnu/store"];

/** Folders that sandboxes show of every system. */
export const visiblePlaces: readonly string[] = [...systemPlaces, ...packagePlaces];

/** Words that start a program in a sandbox, without the program's own. */
export function bubblewrapWords(bwrap: string, spec: SandboxSpec): string[] {
  const { binds, links = new Map<string, string>(), hasNetwork, cwd } = spec;
  return [
    bwrap,
    // As the first process, the program takes the place of one that would wait for it, and would be waited for in vain:
    // bubblewrap ends without it.
    ...["--die-with-parent", "--unshare-pid", "--as-pid-1", "--unshare-ipc"],
    ...["--unshare-uts", "--hostname", "localhost"],
    ...(hasNetwork ? [] : ["--unshare-net"]),
    ...fixedWords(),
    ...binds.flatMap(({ from, to = from, isWritable = false }) => [
      isWritable ? "--bind" : "--ro-bind",
      from,
      to,
    ]),
    ...[...links].flatMap(([path, target]) => ["--symlink", target, path]),
    ...["--chdir", cwd, "--"],
  ];
}

let fixed: readonly string[] | undefined;

/** What is the same for every sandbox on this machine. */
function fixedWords(): readonly string[] {
  return (fixed ??= [
    ...(process.getuid?.() === 0 ? keptRights() : []),
    ...systemPlaces.flatMap(showPlace),
    ...packagePlaces.flatMap(showPlace),
    ...["--proc", "/proc"],
    ...["--perms", "0755", "--dir", "/dev", "--perms", "1777", "--dir", "/dev/shm"],
    ...devices
      .map((name) => `/dev/${name}`)
      .flatMap((path) => (existsSync(path) ? ["--dev-bind", path, path] : [])),
    ...["--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin"],
    ...[
      "--symlink",
      "/proc/self/fd/1",
      "/dev/stdout",
      "--symlink",
      "/proc/self/fd/2",
      "/dev/stderr",
    ],
    ...[
      "--perms",
      "1777",
      "--dir",
      "/tmp",
      "--dir",
      "/var",
      "--perms",
      "1777",
      "--dir",
      "/var/tmp",
    ],
  ]);
}

function keptRights(): string[] {
  return ["--cap-drop", "ALL", ...capabilities.flatMap((name) => ["--cap-add", `CAP_${name}`])];
}

function showPlace(path: string): string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink() === true) return ["--symlink", readlinkSync(path), path];
  return stats === undefined ? [] : readOnly(path);
}

function readOnly(path: string): string[] {
  return ["--ro-bind", path, path];
}

/** Bubblewrap, if it works here; otherwise why it does not, and what to do about it. */
export type Bubblewrap =
  | { readonly path: string }
  | { readonly path: undefined; readonly reason: string; readonly hint: string };

/** Where bubblewrap is looked for. */
const folders = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];

/** How long it may take to show that it works, in milliseconds. */
const probeMs = 10_000;

let known: Bubblewrap | undefined;

/** Finds bubblewrap, and makes one sandbox to see whether it works. Once for this process. */
export function findBubblewrap(): Bubblewrap {
  return (known ??= probe(folders.map((folder) => join(folder, "bwrap")).find(isExecutable)));
}

/** Tries a program that should be bubblewrap. */
export function probe(path: string | undefined, platform: string = process.platform): Bubblewrap {
  if (platform !== "linux") {
    const reason = "sandboxes are made with bubblewrap, which needs Linux";
    return { path: undefined, reason, hint: "build on Linux, or in a container" };
  }
  if (path === undefined) {
    const hint = "install bubblewrap: on Debian and Ubuntu `apt-get install bubblewrap`";
    return { path: undefined, reason: "there is no program `bwrap`", hint };
  }
  const [program = "", ...words] = bubblewrapWords(path, {
    binds: [],
    hasNetwork: false,
    cwd: "/",
  });
  const { status, stderr, error } = spawnSync(program, [...words, "/bin/sh", "-c", "exit 7"], {
    env: {},
    stdio: ["ignore", "ignore", "pipe"],
    timeout: probeMs,
    encoding: "utf8",
  });
  if (status === 7) return { path };
  const said = error?.message ?? stderr.trim().split("\n").at(-1);
  const hint =
    "let users make namespaces: see https://github.com/containers/bubblewrap#limitations, or what your container's engine forbids";
  return { path: undefined, reason: said || `\`${path}\` ended with ${status}`, hint };
}
