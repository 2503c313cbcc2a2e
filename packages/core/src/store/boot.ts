/**
 * Boots: what a machine wrote before its last start may have been lost with the power.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import { digestBytes } from "../digest/digest.ts";
import { unlessDenied } from "./system-error.ts";

/**
 * A number that stands for this boot of this machine: 32 bits, of Linux's boot id. Zero where a system has
 * none, so that there all boots look the same.
 */
export function ownBoot(): number {
  return (own ??= findBoot());
}

let own: number | undefined;

function findBoot(): number {
  const id = unlessDenied(() => readFileSync("/proc/sys/kernel/random/boot_id"));
  return id === undefined ? 0 : Number.parseInt(digestBytes(id).slice(0, 8), 16);
}
