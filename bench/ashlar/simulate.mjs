/**
 * How long a build would take: simulated, or really built in virtual time with scripted commands.
 *
 *     node simulate.mjs simulation|build STAGES SLOTS
 *
 * Each stage reads outputs of two of the 4,000 before it, and takes a second to a minute: both follow from its
 * number. Prints one line of JSON.
 *
 * @module
 */
import { MemoryStore, build, out, sh, simulate, stage } from "./api.mjs";

/** @typedef {import("./api.mjs").File} File */

const [mode, stages = "100000", workers = "1000"] = process.argv.slice(2);
const count = Number(stages);
const slots = Number(workers);

const head = stage(
  "head",
  (/** @type {number} */ at, /** @type {readonly File[]} */ below) =>
    sh`head ${at} ${below} ${out.file("out.txt")}`,
);

/** @type {File[]} */
const files = [];
for (let at = 0; at < count; at++) {
  const below = [7919, 104_729].map((prime) => at - 1 - ((at * prime) % 4000));
  const inputs = below.filter((input) => input >= 0).map((input, n) => fileAt(input).as(`${n}`));
  files.push(head(at, inputs));
}
const targets = files;

const began = performance.now();
const { makespanMs, utilisation } = await (mode === "build" ? built() : simulated());
const tookMs = performance.now() - began;
const maxRssMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ makespanMs, utilisation, tookMs, maxRssMb })}\n`);

async function simulated() {
  const numbers = new Map();
  return await simulate(targets, {
    slots,
    // Calls are numbered in the order of the plan, and so are they made here, in layers.
    durations: (_, label) => {
      numbers.set(label, numbers.size);
      return durationOf(numbers.size);
    },
  });
}

async function built() {
  const { mockRunner, virtualClock } = await import(
    new URL("../../packages/runners/mock/dist/index.js", import.meta.url).href
  );
  let at = 0;
  const runner = mockRunner().on(head, () => ({
    outputs: { "out.txt": String(at) },
    durationMs: durationOf(++at),
  }));
  const options = { runner, store: new MemoryStore(), clock: virtualClock(), slots };
  return (await build(targets, options)).timing();
}

/**
 * @param {number} at
 * @returns {number} milliseconds
 */
function durationOf(at) {
  return 1000 + ((at * 7919) % 60_000);
}

/**
 * @param {number} at
 * @returns {File}
 */
function fileAt(at) {
  const file = files[at];
  if (file === undefined) throw new RangeError(`there is no stage ${at}`);
  return file;
}
