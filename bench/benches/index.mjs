/**
 * All benches.
 *
 * @module
 */
import { cargo } from "./cargo.mjs";
import { cold } from "./cold.mjs";
import { container } from "./container.mjs";
import { handing } from "./handing.mjs";
import { memory } from "./memory.mjs";
import { noop } from "./noop.mjs";
import { one } from "./one.mjs";
import { overhead } from "./overhead.mjs";
import { remoteBuild } from "./remote-build.mjs";
import { remoteCache } from "./remote-cache.mjs";
import { remoteRun } from "./remote-run.mjs";
import { restore } from "./restore.mjs";
import { sandbox } from "./sandbox.mjs";
import { simulate } from "./simulate.mjs";
import { snapshot } from "./snapshot.mjs";
import { start } from "./start.mjs";
import { watch } from "./watch.mjs";

/** @type {readonly import("./bench.mjs").Bench[]} */
export const benches = [
  noop,
  one,
  cold,
  overhead,
  snapshot,
  restore,
  memory,
  container,
  sandbox,
  start,
  simulate,
  watch,
  cargo,
  handing,
  remoteCache,
  remoteBuild,
  remoteRun,
];
