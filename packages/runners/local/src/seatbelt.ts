/**
 * Seatbelt: the sandbox of macOS, as `sandbox-exec` makes it of a profile.
 *
 * Written to what Apple says of it (`man sandbox-exec`, the profiles in `/System/Library/Sandbox/Profiles`), and run by
 * nobody so far. So it is used only where a sandbox is required, and says so once.
 *
 * It refuses what bubblewrap leaves out: files that are not shown cannot be opened, but some can be seen to be there; other
 * processes have numbers, but can be neither looked at nor signalled. Of the rules that match, the last one counts.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { sandboxUnavailable, type Action, type ArtifactPath } from "@ashlar/core";

import { isExecutable } from "./executable.ts";
import type { Place } from "./place.ts";
import { placesOf } from "./tool-places.ts";

/** What a command may do. All paths are absolute, and without links: rules are about where links lead. */
export interface SeatbeltSpec {
  /** Directories that it may change. */
  readonly writable: readonly string[];
  /** Directories and files that it may read, and start programs of. */
  readonly readable: readonly string[];
  /** Parts of those directories that it may not change. */
  readonly fixed: readonly string[];
  readonly hasNetwork: boolean;
}

/** Where macOS keeps programs and libraries. */
const systemPlaces = [
  ...["/bin", "/sbin", "/usr", "/System"],
  ...["/Library/Apple", "/Library/Developer/CommandLineTools", "/Applications/Xcode.app"],
  ...["/private/var/db/dyld", "/private/var/select", "/private/var/db/xcode_select_link"],
];

/** Devices that hold nothing. */
const devices = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/dtracehelper"];

/** What programs want to know of a system that tells no machines apart, and where links to it lie. */
const facts = ["/", "/dev", "/etc", "/tmp", "/var", "/private", "/private/etc", "/private/var"];

/** What a command with network needs besides: where names are looked up, and whom to trust. */
const ofNetwork = ["/private/etc/resolv.conf", "/private/etc/hosts", "/private/etc/ssl"];

/** Writes the profile. */
export function seatbeltProfile({ writable, readable, fixed, hasNetwork }: SeatbeltSpec): string {
  const shown = [...systemPlaces, ...readable, ...(hasNetwork ? ofNetwork : [])];
  return [
    "(version 1)",
    "(deny default)",
    "(allow process-fork)",
    "(allow sysctl-read)",
    "(allow ipc-posix*)",
    "(allow signal (target same-sandbox))",
    "(allow process-info* (target same-sandbox))",
    '(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))',
    rule("allow file-read-metadata", "literal", facts),
    '(allow file-read-data (literal "/"))',
    rule("allow file-read* file-write-data file-ioctl", "literal", devices),
    rule("allow file-read* file-map-executable process-exec*", "subpath", shown),
    rule("allow file* process-exec*", "subpath", writable),
    ...(fixed.length === 0 ? [] : [rule("deny file-write*", "subpath", fixed)]),
    "(deny file-write-setugid)",
    ...(hasNetwork ? ["(allow system-socket)", "(allow network*)"] : []),
    "",
  ].join("\n");
}

function rule(what: string, kind: "literal" | "subpath", paths: readonly string[]): string {
  return `(${[what, ...paths.map((path) => `(${kind} ${quoted(path)})`)].join("\n  ")})`;
}

/** As strings of the profile language are written. */
function quoted(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', String.raw`\"`)}"`;
}

/** A place whose command is kept to it. @param program - Absolute path of `sandbox-exec`. */
export function seatbeltPlace(
  place: Place,
  action: Pick<Action, "caches" | "cwd" | "network" | "wholeTrees">,
  how: {
    readonly program: string;
    readonly visible: readonly string[];
    /** Absolute directories of the action's caches, by name. */
    readonly caches: ReadonlyMap<string, string> | undefined;
  },
): Place {
  const { program, visible, caches = new Map<string, string>() } = how;
  const isFixed = (path: ArtifactPath): boolean => !`${action.cwd}/`.startsWith(`${path}/`);
  return {
    ...place,
    wrap: (started, cwd) => {
      const { argv, env, reads = [] } = place.wrap(started, cwd);
      const profile = seatbeltProfile({
        writable: [place.folder, ...action.caches.flatMap(({ name }) => caches.get(name) ?? [])],
        readable: [...placesOf(reads, visible).places, ...visible],
        fixed: action.wholeTrees.filter(isFixed).map((path) => join(place.folder, "root", path)),
        hasNetwork: action.network,
      });
      return { argv: [program, "-p", profile, ...argv], env };
    },
  };
}

const usual = "/usr/bin/sandbox-exec";

let hasWarned = false;

/** Finds the program, and makes one sandbox to see whether it works. Throws `SANDBOX_UNAVAILABLE`. */
export function findSeatbelt(path: string = usual): string {
  const hint = "build on Linux, or in a container";
  if (!isExecutable(path)) throw sandboxUnavailable(`there is no program \`${path}\``, hint);
  const none = { writable: [], readable: [], fixed: [], hasNetwork: false };
  const words = ["-p", seatbeltProfile(none), "/bin/sh", "-c", "exit 7"];
  const { status, stderr } = spawnSync(path, words, { env: {}, timeout: 10_000, encoding: "utf8" });
  if (status !== 7) {
    const said = stderr.trim().split("\n").at(-1);
    throw sandboxUnavailable(said || `\`${path}\` ended with ${status}`, hint);
  }
  if (!hasWarned) {
    const text =
      "ashlar's sandbox for macOS is written to its documentation, and has not been tested";
    process.emitWarning(text, { code: "ASHLAR_SANDBOX_UNTESTED" });
  }
  hasWarned = true;
  return path;
}
