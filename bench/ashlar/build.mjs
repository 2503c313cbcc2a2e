/**
 * One build of the graph, in a process of its own.
 *
 *     node build.mjs FOLDER STAGES SLOTS
 *
 * Prints one line of JSON: what ran, the digests of the last layer, and where the time went.
 *
 * @module
 */
import { join } from "node:path";

import { build, localRunner, source } from "./api.mjs";
import { describeGraph } from "./graph.mjs";

const imported = performance.now();
const [folder = ".", stages = "100", slots = "2"] = process.argv.slice(2);
const src = source(join(folder, "src"), { gitignore: false });
const targets = describeGraph(Number(stages), (path) => src.file(path.slice("src/".length)));
const described = performance.now();

const runner = localRunner({ sandbox: "none", scratch: join(folder, "scratch") });
const report = await build(targets, { runner, store: join(folder, "store"), slots: Number(slots) });
await runner[Symbol.asyncDispose]();
const built = performance.now();

const digests = await Promise.all(targets.map((target) => report.digest(target)));
const result = {
  ran: report.ran.length,
  reused: report.reused.length,
  digests: digests.map((digest) => digest.slice(0, digest.indexOf("/"))),
  steps: {
    boot: performance.nodeTiming.bootstrapComplete,
    import: imported - performance.nodeTiming.bootstrapComplete,
    describe: described - imported,
    build: built - described,
  },
  maxRssMb: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
