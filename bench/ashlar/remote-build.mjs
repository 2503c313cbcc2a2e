/**
 * One build with a remote cache, in a new store.
 *
 *     node remote-build.mjs FOLDER DEPTH WIDTH file|tree local
 *     node remote-build.mjs FOLDER DEPTH WIDTH file|tree fill|cold|dead ADDRESS
 *
 * Each stage makes a file, or a tree with two. `fill` writes to the cache; `cold` must not run anything; `dead` must run everything. Prints how long the build took, from
 * the call to the report, how long its targets take to fetch alone, and one look-up alone, in milliseconds, as JSON.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, out, sh, source, stage } from "./api.mjs";
import { bundleOf } from "./bundle-of.mjs";

/** @typedef {import("./api.mjs").File} File */
/** @typedef {import("./api.mjs").Tree} Tree */

/** @type {typeof import("../../packages/runners/remote/dist/index.js")} */
const { remoteCache, withRemote } = await import(bundleOf("runners/remote"));
/** @type {typeof import("../../packages/runners/local/dist/index.js")} */
const { localRunner } = await import(bundleOf("runners/local"));

const [folder = ".", deep = "20", wide = "10", kind = "file", mode = "local", address = ""] =
  process.argv.slice(2);
const [depth, width] = [Number(deep), Number(wide)];

// Everywhere the same, so that keys are.
const project = join(folder, "project");
for (let at = 0; at < width; at++) {
  mkdirSync(join(project, String(at)), { recursive: true });
  writeFileSync(join(project, String(at), "mixed"), `line ${at}\n`.repeat(2000));
}

const mix = stage(
  "mix",
  (/** @type {number} */ at, /** @type {readonly File[]} */ below) =>
    sh`awk -v at=${at} -v to=${out.file("mixed")} ${"FNR <= 100 { print at, $2, $3 > to }"} ${below}`,
);
const grow = stage(
  "grow",
  (/** @type {number} */ at, /** @type {Tree} */ one, /** @type {Tree} */ other) =>
    sh`awk -v at=${at} -v to=${out.tree("grown")} ${program} ${one}/mixed ${other}/mixed`,
);
const program = `BEGIN { system("mkdir -p " to "/deep"); print at > (to "/deep/at") }
FNR <= 100 { print at, $2, $3 > (to "/mixed") }`;

/**
 * Some layers of stages, each of which takes what two of the layer below have made. Returns the uppermost.
 *
 * @template T
 * @param {readonly T[]} ground
 * @param {(at: number, below: T, beside: T) => T} make
 * @returns {readonly T[]}
 */
function layers(ground, make) {
  let layer = ground;
  for (let level = 0; level < depth; level++) {
    const below = layer;
    const beside = (/** @type {number} */ at) => below[(at + level + 1) % width];
    layer = below.map((each, at) => make(level * width + at, each, beside(at) ?? each));
  }
  return layer;
}

const names = Array.from({ length: width }, (_, at) => String(at));
const files = (/** @type {Tree} */ tree) => [tree.file("mixed"), tree.file("deep/at")];
const mixed = layers(
  names.map((name) => source.file(`${name}/mixed`)),
  (at, below, beside) => mix(at, [below.as("a"), beside.as("b")]),
);
const grown = layers(
  names.map((name) => source(name)),
  (at, below, beside) => grow(at, below.as("a"), beside.as("b")),
);
const trees = kind === "tree" ? grown : [];
const parts = kind === "tree" ? grown.flatMap(files) : mixed;
/** @type {readonly (File | Tree)[]} */
const targets = kind === "tree" ? grown : mixed;
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
  report = await build(targets, { ...options, store });
  ms = performance.now() - began;
} else {
  const cache = remoteCache(address);
  const remote = withRemote(store, cache, { write: mode === "fill" });
  const began = performance.now();
  report = await build(targets, { ...options, store: remote });
  ms = performance.now() - began;
  if (mode === "cold") {
    const roots = await Promise.all(trees.map((tree) => report.digest(tree)));
    const digests = await Promise.all(parts.map((file) => report.digest(file)));
    const again = performance.now();
    // What is in a tree is known when that is there.
    if (roots.length > 0) await cache.readAll([...new Set(roots)], context);
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
