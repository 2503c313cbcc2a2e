/**
 * Limits: how much of the machine a container may use.
 *
 * @module
 */
import type { Limits } from "@ashlar/core";

import type { EngineFacts } from "./engine.ts";

/** What a container may use. What commands take beyond it, they do not get. */
export interface ContainerLimits {
  /** Bytes, at least 6 MiB. A command that needs more is killed, and its error says so. @defaultValue no limit */
  readonly memory?: number;
  /** Processors: `1.5`. @defaultValue no limit */
  readonly cpus?: number;
  /** Processes and threads. @defaultValue no limit */
  readonly processes?: number;
}

/** The narrower of what a stage says that it needs, and what every container may use. */
export function effectiveLimits(
  stage: Limits,
  limits: ContainerLimits,
  facts: Pick<EngineFacts, "cpus">,
): ContainerLimits {
  const memory = Math.min(stage.memory ?? Infinity, limits.memory ?? Infinity);
  const cpus = Math.min(stage.cpu ?? Infinity, limits.cpus ?? Infinity);
  return {
    ...(memory < Infinity && { memory }),
    // All that there are is no limit, and engines refuse to grant more.
    ...(cpus < facts.cpus && { cpus }),
    ...(limits.processes !== undefined && { processes: limits.processes }),
  };
}

/** Why a command was killed when memory had run out. */
export function memoryRemark(stage: Limits, { memory }: ContainerLimits): string {
  const what = "killed for lack of memory: ";
  if (memory === undefined) return `${what}that of the machine, or of the engine, is used up`;
  const who = memory === stage.memory ? "`resources.memory` of the stage" : "the runner's `limits`";
  return `${what}its container may use ${Math.round(memory / 2 ** 20)} MiB, by ${who}`;
}

/** The least that engines accept, in bytes. */
const minMemory = 6 * 2 ** 20;

/** What a container is limited with, as options of `run`. */
export function limitWords({ memory, cpus, processes }: ContainerLimits): string[] {
  const bytes = memory === undefined ? undefined : String(Math.max(memory, minMemory));
  return [
    // What is swapped out is not limited otherwise.
    ...(bytes === undefined ? [] : ["--memory", bytes, "--memory-swap", bytes]),
    ...(cpus === undefined ? [] : ["--cpus", String(cpus)]),
    ...(processes === undefined ? [] : ["--pids-limit", String(processes)]),
  ];
}
