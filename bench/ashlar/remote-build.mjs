/**
 * One build with a remote cache, in a new store.
 *
 *     node remote-build.mjs FOLDER DEPTH WIDTH local
 *     node remote-build.mjs FOLDER DEPTH WIDTH fill|cold|dead ADDRESS
 *
 * `fill` writes to the cache; `cold` must not run anything; `dead` must run everything. Prints how long the build took, from
 * the call to the report, how long its targets take to fetch alone, and one look-up alone, in milliseconds, as JSON.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, out, sh, source, stage } from "./api.mjs";
import { bundleOf } from "./bundle-of.mjs";

/** @typedef {import("./api.mjs").File} File */

/** @type {typeof import("../../packages/runners/remote/dist/index.js")} */
const { remoteCache, withRemote } = await import(bundleOf("runners/remote"));
/** @type {typeof import("../../packages/runners/local/dist/index.js")} */
const { localRunner } = await import(bundleOf("runners/local"));

const [folder = ".", deep = "20", wide = "10", mode = "local", address = ""] =
  process.argv.slice(2);
const [depth, width] = [Number(deep), Number(wide)];

// Everywhere the same, so that keys are.
const project = join(folder, "project");
mkdirSync(project, { recursive: true });
for (let at = 0; at < width; at++)
  writeFileSync(join(project, `${at}.txt`), `line ${at}\n`.repeat(2000));

const mix = stage(
  "mix",
  (/** @type {number} */ at, /** @type {readonly File[]} */ below) =>
    sh`awk -v at=${at} -v to=${out.file("mixed")} ${"FNR <= 100 { print at, $2, $3 > to }"} ${below}`,
);
/** @type {File[]} */
let layer = Array.from({ length: width }, (_, at) => source.file(`${at}.txt`));
for (let level = 0; level < depth; level++) {
  const below = layer;
  layer = below.map((file, at) => {
    const beside = below[(at + level + 1) % width] ?? file;
    return mix(level * width + at, [file.as("a"), beside.as("b")]);
  });
}
const runner = localRunner({ sandbox: "none" });
const context = { signal: new AbortController().signal };
const store = join(folder, "store");
const options = { runner, cwd: project, slots: 4 };

let transferMs = 0;
let roundTripMs = 0;
/** @type {import("../../packages/core/dist/index.js").Report} */
let report;
let ms = 0;
if (mode === "local") {
  const began = performance.now();
  report = await build(layer, { ...options, store });
  ms = performance.now() - began;
} else {
  const cache = remoteCache(address);
  const remote = withRemote(store, cache, { write: mode === "fill" });
  const began = performance.now();
  report = await build(layer, { ...options, store: remote });
  ms = performance.now() - began;
  if (mode === "cold") {
    const digests = await Promise.all(layer.map((file) => report.digest(file)));
    const again = performance.now();
    await cache.readAll([...new Set(digests)], context);
    transferMs = performance.now() - again;
    /** @type {number[]} */
    const times = [];
    for (let at = 0; at < 9; at++) {
      const asked = performance.now();
      await cache.getResult(
        /** @type {import("../../packages/core/dist/index.js").ActionKey} */ (
          `${String(at).repeat(64)}/7`
        ),
        context,
      );
      times.push(performance.now() - asked);
    }
    roundTripMs = times.toSorted((a, b) => a - b)[4] ?? NaN;
  }
  await remote[Symbol.asyncDispose]();
}
const ran = report.ran.length;
const expected = mode === "cold" ? 0 : depth * width;
if (ran !== expected) throw new Error(`${ran} commands ran instead of ${expected}`);
await runner[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ms, transferMs, roundTripMs })}\n`);
