/**
 * Owners: which process a container belongs to, in the container's name.
 *
 *     ashlar-<machine>-<process>-<start>-<number>
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

import type { Engine } from "./engine.ts";

/** Label of all our containers. */
const label = "ashlar.runner";

/** Tells machines apart that share an engine, and their starts. */
const machine = createHash("sha256")
  .update(`${hostname()} ${tryRead("/proc/sys/kernel/random/boot_id")} ${processNamespace()}`)
  .digest("hex")
  .slice(0, 12);

/** A name for a container of this process. */
export function containerName(): string {
  const start = startOf(process.pid) ?? "0";
  return `ashlar-${machine}-${process.pid}-${start}-${randomUUID().slice(0, 8)}`;
}

/** Removes the containers of processes of this machine that are gone. */
export async function sweep(engine: Engine): Promise<void> {
  const words = ["ps", "--all", "--filter", `label=${label}=${machine}`, "--format", "{{.Names}}"];
  const { exitCode, stdout } = await engine.ask(words);
  if (exitCode !== 0) return;
  const dead = stdout.split("\n").filter(isOrphan);
  if (dead.length > 0) await engine.ask(["rm", "--force", "--volumes", ...dead]);
}

/** What marks a container as one of this machine. */
export function ownLabel(): string {
  return `${label}=${machine}`;
}

function isOrphan(name: string): boolean {
  const [, from, pid, start] = /^ashlar-([0-9a-f]+)-(\d+)-(\d+)-/.exec(name) ?? [];
  return from === machine && (startOf(Number(pid)) ?? (isThere(Number(pid)) ? "0" : "")) !== start;
}

/** When a process was started, in ticks since the machine was; `undefined` where the system does not tell. */
function startOf(pid: number): string | undefined {
  const stat = tryRead(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
