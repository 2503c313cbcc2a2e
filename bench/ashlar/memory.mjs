/**
 * How long starting commands blocks a process that holds much memory.
 *
 *     node memory.mjs FOLDER MEGABYTES STAGES
 *
 * The store is in memory, and holds that much. Prints one line of JSON: milliseconds that the main thread
 * was inside of `spawn`, and that its event loop was busy at all.
 *
 * @module
 */
import { ChildProcess } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { join } from "node:path";

import { MemoryStore, build, localRunner, source } from "./api.mjs";
import { describeGraph } from "./graph.mjs";

/** @typedef {{ spawn: (options: object) => number }} Spawning */

const [folder = ".", megabytes = "500", stages = "100"] = process.argv.slice(2);

let spawnMs = 0;
let spawns = 0;
const prototype = /** @type {Spawning} */ (/** @type {unknown} */ (ChildProcess.prototype));
const plain = { spawn: prototype.spawn };
prototype.spawn = function timed(options) {
  const began = performance.now();
  try {
    return plain.spawn.call(this, options);
  } finally {
    spawnMs += performance.now() - began;
    spawns++;
  }
};

const store = new MemoryStore();
for (let held = 0; held < Number(megabytes); held++) {
  await store.content.write(randomFillSync(Buffer.allocUnsafe(2 ** 20)));
}
const src = source(join(folder, "src"), { gitignore: false });
const targets = describeGraph(Number(stages), (path) => src.file(path.slice("src/".length)));
const runner = localRunner({ sandbox: "none", scratch: join(folder, "scratch") });

const before = performance.eventLoopUtilization();
const report = await build(targets, { runner, store, slots: 2 });
const { active } = performance.eventLoopUtilization(before);
await runner[Symbol.asyncDispose]();

const digests = await Promise.all(targets.map((target) => report.digest(target)));
const result = {
  ran: report.ran.length,
  digests: digests.map((digest) => digest.slice(0, digest.indexOf("/"))),
  spawns,
  spawnMs,
  activeMs: active,
  rssMb: process.memoryUsage.rss() / 2 ** 20,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
