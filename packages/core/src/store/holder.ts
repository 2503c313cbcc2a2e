/**
 * Holders: processes, by names that other processes can check.
 *
 *     4711-8273645-3fa9c1d2
 *     pid  birth   place
 *
 * What a process holds in a store (a lease, a file on its way, the collectors' lock) carries its
 * holder's name, so that whoever finds it later can tell whether anybody still needs it. A pid alone
 * would not do: it is used again, and it means something else in another container or on another host.
 * So the name says when the process was born, and where its pid counts.
 *
 * @module
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

import { digestBytes } from "../digest/digest.ts";

/**
 * What can be said of a holder. `elsewhere`: its pid does not count here, so its signs of life must
 * decide.
 */
export type HolderState = "alive" | "dead" | "elsewhere";

/** The name of this process. Made once. */
export function ownHolder(): string {
  return (own ??= `${process.pid}-${findProcess(process.pid)?.birth ?? unknownBirth}-${ownPlace()}`);
}

/** The holder's name that a file name starts with; `undefined` when it starts otherwise. */
export function holderIn(fileName: string): string | undefined {
  return /^\d+-\d+-[0-9a-f]{8}(?=-|$)/.exec(fileName)?.[0];
}

/** Looks for a process by its holder's name. */
export function stateOf(holder: string): HolderState {
  const [pid = "", birth, place] = holder.split("-");
  if (place !== ownPlace()) return "elsewhere";
  if (birth === unknownBirth) return answers(Number(pid)) ? "alive" : "dead";
  const found = findProcess(Number(pid));
  return found !== undefined && found.birth === birth && !found.isOver ? "alive" : "dead";
}

let own: string | undefined;
let place: string | undefined;

/** On systems that do not tell when a process was born. */
const unknownBirth = "0";

/** Where pids count: one boot of one machine, and on Linux one pid namespace. */
function ownPlace(): string {
  if (place !== undefined) return place;
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  const namespace = attempt(() => readlinkSync("/proc/self/ns/pid"));
  const told = [hostname(), boot, namespace].join("\n");
  return (place = digestBytes(Buffer.from(told)).slice(0, 8));
}

/** A process as Linux shows it. `isOver`: it has ended, and its parent has not taken note of it. */
function findProcess(
  pid: number,
): { readonly birth: string; readonly isOver: boolean } | undefined {
  const line = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (line === undefined) return undefined;
  // Fields from the third on (proc_pid_stat(5)); the second is a name, which may hold anything.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return { birth: fields[19] ?? unknownBirth, isOver: /^[ZXx]$/.test(fields[0] ?? "") };
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // There may be such a process, of somebody else.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
