/**
 * One stage after another in a warm container. Its arguments: the engine, an image, how often, and a folder.
 * Prints the milliseconds of each, the first of which started the container.
 *
 * @module
 */
import { join } from "node:path";

import { build, MemoryStore, sh, stage } from "./api.mjs";

/** @type {typeof import("../../packages/runners/container/dist/index.js")} */
const { containerRunner } = await import(
  new URL("../../packages/runners/container/dist/index.js", import.meta.url).href
);
const [engine = "", image = "", times = "", folder = ""] = process.argv.slice(2);

const runner = await containerRunner({ engine, image, lockFile: join(folder, "lock") });
const nothing = stage("nothing", (/** @type {number} */ n) => sh({ env: { N: n } })`true`);
/** @type {number[]} */
const tookMs = [];
for (let n = 0; n <= Number(times); n++) {
  const startedAt = performance.now();
  await build(nothing(n), { runner, store: new MemoryStore() });
  tookMs.push(performance.now() - startedAt);
}
process.stdout.write(JSON.stringify(tookMs));
await runner[Symbol.asyncDispose]();
