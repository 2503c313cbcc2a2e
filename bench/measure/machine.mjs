/**
 * The machine and the versions that a result belongs to.
 *
 * @module
 */
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

import { firstLine } from "./child.mjs";

/** @typedef {Readonly<Record<string, string | number>>} Machine */

/**
 * What a reader of a result has to know.
 *
 * @returns {Machine}
 */
export function describeMachine() {
  const git = ["git", "-C", import.meta.dirname];
  const changes = firstLine([...git, "status", "--porcelain", "--", "../../packages"]);
  return {
    date: new Date().toISOString(),
    cpu: `${availableParallelism()} x ${cpus()[0]?.model ?? "?"} (${arch()})`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load: loadavg()
      .map((value) => value.toFixed(1))
      .join(" "),
    node: process.version,
    commit: `${firstLine([...git, "rev-parse", "--short", "HEAD"]) ?? "?"}${changes ? ", with changes" : ""}`,
  };
}
